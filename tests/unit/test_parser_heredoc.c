#include "tests/lib/dockerfile_text.h"

#include "parser/dockerfile.h"
#include "parser/heredoc.h"

static void
bodies_follow_the_line_of_their_operators(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "52", IN_STAGE("RUN <<EOF\na\n b\nEOF\nUSER x\n"),
		  STAGE("2-5 RUN \"<<EOF\" <<EOF(expand)\"a\\n b\\n\"\n6-6 USER "
		        "\"x\"\n") },
		{ "52 empty", IN_STAGE("RUN <<EOF\nEOF\n"),
		  STAGE("2-3 RUN \"<<EOF\" <<EOF(expand)\"\"\n") },
		{ "53", IN_STAGE("RUN <<-EOF\n\ta\n\t\tEOF\n"),
		  STAGE("2-4 RUN \"<<-EOF\" <<EOF(expand)(chomp)\"\\ta\\n\"\n") },
		{ "53 blanks are no TABs", IN_STAGE("RUN <<-EOF\n EOF\nEOF\n"),
		  STAGE("2-4 RUN \"<<-EOF\" <<EOF(expand)(chomp)\" EOF\\n\"\n") },
		{ "54", IN_STAGE("RUN <<EOF\nEOF \n\tEOF\nEOF\n"),
		  STAGE("2-5 RUN \"<<EOF\" <<EOF(expand)\"EOF \\n\\tEOF\\n\"\n") },
		{ "55", IN_STAGE("RUN <<EOF\n#!/bin/x\nEOF\n"),
		  STAGE("2-4 RUN \"<<EOF\" <<EOF(expand)\"#!/bin/x\\n\"\n") },
		{ "57", IN_STAGE("RUN cat <<A | x; cat <<B\n1\nA\n2\nB\n"),
		  STAGE("2-6 RUN \"cat <<A | x; cat <<B\" <<A(expand)\"1\\n\" "
		        "<<B(expand)\"2\\n\"\n") },
		{ "58", IN_STAGE("RUN 3<<EOF cmd\nx\nEOF\n"),
		  STAGE("2-4 RUN \"3<<EOF cmd\" <<EOF(expand)\"x\\n\"\n") },
		{ "62", IN_STAGE("RUN << EOF\nx\nEOF\n"),
		  STAGE("2-4 RUN \"<< EOF\" <<EOF(expand)\"x\\n\"\n") },
		{ "62 -", IN_STAGE("RUN <<- EOF\nx\n\tEOF\n"),
		  STAGE("2-4 RUN \"<<- EOF\" <<EOF(expand)(chomp)\"x\\n\"\n") },
		{ "62 name with -", IN_STAGE("RUN << -EOF\nx\n-EOF\n"),
		  STAGE("2-4 RUN \"<< -EOF\" <<-EOF(expand)\"x\\n\"\n") },
		{ "72", IN_STAGE("RUN <<EOF\n# a\n\nb \\\nEOF\n"),
		  STAGE("2-6 RUN \"<<EOF\" <<EOF(expand)\"# a\\n\\nb \\\\\\n\"\n") },
		{ "continued line", IN_STAGE("RUN a \\\n <<EOF\nx\nEOF\n"),
		  STAGE("2-5 RUN \"a  <<EOF\" <<EOF(expand)\"x\\n\"\n") },
		{ "last line without end", IN_STAGE("RUN <<EOF\nEOF"),
		  STAGE("2-3 RUN \"<<EOF\" <<EOF(expand)\"\"\n") },
		{ "behind flags", IN_STAGE("RUN --network=none <<EOF\nEOF\n"),
		  STAGE("2-3 RUN \"<<EOF\" --network=\"none\" <<EOF(expand)\"\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
only_words_that_begin_with_the_operator_are_one(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "59", IN_STAGE("RUN \"<<EOF\"\n"),
		  STAGE("2-2 RUN \"\\\"<<EOF\\\"\"\n") },
		{ "60", IN_STAGE("RUN <<EOF it's\n"), STAGE("2-2 RUN \"<<EOF it's\"\n") },
		{ "60 other end", IN_STAGE("RUN echo \" <<EOF\n"),
		  STAGE("2-2 RUN \"echo \\\" <<EOF\"\n") },
		{ "60 braces", IN_STAGE("RUN ${x <<EOF\n"),
		  STAGE("2-2 RUN \"${x <<EOF\"\n") },
		{ "61", IN_STAGE("RUN cat <<<x\n"), STAGE("2-2 RUN \"cat <<<x\"\n") },
		{ "61 blank", IN_STAGE("RUN cat <<< x\n"),
		  STAGE("2-2 RUN \"cat <<< x\"\n") },
		{ "61 inside", IN_STAGE("RUN foo<<X\n"), STAGE("2-2 RUN \"foo<<X\"\n") },
		{ "no name", IN_STAGE("RUN a <<\n"), STAGE("2-2 RUN \"a <<\"\n") },
		{ "shift", IN_STAGE("RUN echo $((1<<2))\n"),
		  STAGE("2-2 RUN \"echo $((1<<2))\"\n") },
		{ "escaped", IN_STAGE("RUN \\<<EOF\n"),
		  STAGE("2-2 RUN \"\\\\<<EOF\"\n") },
		{ "74 ENV", IN_STAGE("ENV a=<<EOF\n"),
		  STAGE("2-2 ENV \"a\"=\"<<EOF\"\n") },
		{ "74 USER", IN_STAGE("USER <<EOF\n"), STAGE("2-2 USER \"<<EOF\"\n") },
		{ "JSON", IN_STAGE("RUN [\"<<EOF\"]\n"),
		  STAGE("2-2 RUN json \"<<EOF\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
quotes_in_the_name_switch_expansion_off(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "63", IN_STAGE("RUN <<\"EOF\"\nEOF\n"),
		  STAGE("2-3 RUN \"<<\\\"EOF\\\"\" <<EOF\"\"\n") },
		{ "63 part", IN_STAGE("RUN <<E\"O\"F\nEOF\n"),
		  STAGE("2-3 RUN \"<<E\\\"O\\\"F\" <<EOF\"\"\n") },
		{ "63 single", IN_STAGE("RUN <<eo'f'\neof\n"),
		  STAGE("2-3 RUN \"<<eo'f'\" <<eof\"\"\n") },
		{ "63 escaped", IN_STAGE("RUN <<eo\\'f\neo'f\n"),
		  STAGE("2-3 RUN \"<<eo\\\\'f\" <<eo'f(expand)\"\"\n") },
		{ "63 variable", IN_STAGE("RUN <<$X\n$X\n"),
		  STAGE("2-3 RUN \"<<$X\" <<$X(expand)\"\"\n") },
		{ "63 blank in quotes", IN_STAGE("RUN <<\"a b\"\na b\n"),
		  STAGE("2-3 RUN \"<<\\\"a b\\\"\" <<a b\"\"\n") },
		{ "-", IN_STAGE("RUN <<-'E'\n\tE\n"),
		  STAGE("2-3 RUN \"<<-'E'\" <<E(chomp)\"\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
copy_and_onbuild_take_bodies_too(void **state)
{
	static const struct dockerfile_row rows[] = {
		{ "64", IN_STAGE("COPY <<EOF /f\n$x\nEOF\n"),
		  STAGE("2-4 COPY \"<<EOF\" \"/f\" <<EOF(expand)\"$x\\n\"\n") },
		{ "65", IN_STAGE("COPY <<\"EOF\" /f\nx\nEOF\n"),
		  STAGE("2-4 COPY \"<<\\\"EOF\\\"\" \"/f\" <<EOF\"x\\n\"\n") },
		{ "68", IN_STAGE("ADD a <<A <<B /d/\n1\nA\n2\nB\n"),
		  STAGE("2-6 ADD \"a\" \"<<A\" \"<<B\" \"/d/\" <<A(expand)\"1\\n\" "
		        "<<B(expand)\"2\\n\"\n") },
		{ "69", IN_STAGE("COPY a <<B\nB\n"),
		  "error 2-3: dockerfile parse error on line 2: COPY cannot accept a "
		  "heredoc "
		  "as a destination\n" },
		{ "69 ADD", IN_STAGE("ADD a <<B\nB\n"),
		  "error 2-3: dockerfile parse error on line 2: ADD cannot accept a "
		  "heredoc "
		  "as a destination\n" },
		{ "70", IN_STAGE("COPY --chmod=1 --chown=2 <<E /f\nE\n"),
		  STAGE("2-3 COPY \"<<E\" \"/f\" --chown=\"2\" --chmod=\"1\" "
		        "<<E(expand)\"\"\n") },
		{ "71", IN_STAGE("RUN <<EOF\na\nb\n"),
		  "error 2-4: unterminated heredoc\n" },
		{ "71 second", IN_STAGE("RUN <<A <<B\na\nA\nb"),
		  "error 2-5: unterminated heredoc\n" },
		{ "73", IN_STAGE("ONBUILD RUN <<A <<-B\n1\nA\n\t2\n\tB\n"),
		  STAGE("2-6 ONBUILD \"RUN\" <<A(expand)\"1\\n\" "
		        "<<B(expand)(chomp)\"\\t2\\n\" "
		        "trigger=\"RUN <<A <<-B\\n1\\nA\\n\\t2\\nB\"\n") },
		{ "73 JSON", IN_STAGE("ONBUILD RUN [\"<<A\"]\n"),
		  STAGE("2-2 ONBUILD \"RUN\" trigger=\"RUN [\\\"<<A\\\"]\"\n") },
		{ "74 ONBUILD ENV", IN_STAGE("ONBUILD ENV a=<<A\n"),
		  STAGE("2-2 ONBUILD \"ENV\" trigger=\"ENV a=<<A\"\n") },
	};

	(void)state;
	CHECK_DOCKERFILES(rows);
}

static void
an_argument_alone_can_be_asked_whether_it_is_an_operator(void **state)
{
	static const struct {
		const char *word, *name;
		bool expand, chomp;
	} rows[] = {
		{ "<<EOF", "EOF", true, false },      { "12<<-EOF", "EOF", true, true },
		{ "<<\"EOF\"", "EOF", false, false }, { "<<", NULL, false, false },
		{ "<<-", NULL, false, false },        { "EOF", NULL, false, false },
		{ "<<a<b", NULL, false, false },      { "<<<a", NULL, false, false },
		{ "x<<a", NULL, false, false },       { "<<a b", NULL, false, false },
		{ "<<'a", NULL, false, false },       { "<< a", "a", true, false },
	};
	auto_arena struct arena *arena = arena_new();
	struct heredoc h;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool is_one = heredoc_parse(arena, text_of(rows[i].word), &h);

		assert_int_equal(is_one, rows[i].name != NULL);
		if (!is_one)
			continue;
		assert_true(text_is(h.name, rows[i].name));
		assert_int_equal(h.expand, rows[i].expand);
		assert_int_equal(h.chomp, rows[i].chomp);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_follow_the_line_of_their_operators),
		cmocka_unit_test(only_words_that_begin_with_the_operator_are_one),
		cmocka_unit_test(quotes_in_the_name_switch_expansion_off),
		cmocka_unit_test(copy_and_onbuild_take_bodies_too),
		cmocka_unit_test(
		        an_argument_alone_can_be_asked_whether_it_is_an_operator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
