#include "tests/lib/ui_fixture.h"

struct row {
	const char *what;
	struct happening happen[12];
	const char *want;
};

static const struct row alone[] = {
	{ "a step with output",
	  { BEGIN(0, 1, "[1/2] RUN x"), LOG(5, 1, "one\ntw"), LOG(12345, 1, "o\n"),
	    LOG(123456, 1, "three\n"), DONE(123500, 1) },
	  "#1 [1/2] RUN x\n#1 0.005 one\n#1 12.35 two\n#1 123.5 three\n#1 DONE "
	  "123.5s\n" },
	{ "steps one after the other",
	  { BEGIN(0, 1, "a"), DONE(10, 1), BEGIN(20, 2, "b"),
	    END(20, 2, OUTCOME_CACHED, NULL), BEGIN(30, 3, "c"),
	    END(40, 3, OUTCOME_FAILED, "process \"x\" did\033[2J not"), BEGIN(50, 4, "d"),
	    END(60, 4, OUTCOME_CANCELLED, NULL) },
	  "#1 a\n#1 DONE 0.0s\n\n#2 b\n#2 CACHED\n\n#3 c\n"
	  "#3 ERROR: process \"x\" did\\x1b[2J not\n\n#4 d\n#4 CANCELED\n" },
	{ "an unfinished last line is shown at the end of its step",
	  { BEGIN(0, 1, "a"), LOG(1, 1, "no end"), DONE(2, 1) },
	  "#1 a\n#1 0.002 no end\n#1 DONE 0.0s\n" },
	{ "every update of a progress bar is a line, CR LF is one end",
	  { BEGIN(0, 1, "a"), LOG(1, 1, "10%\r20%\r\nx\r\n"), DONE(2, 1) },
	  "#1 a\n#1 0.001 10%\n#1 0.001 20%\n#1 0.001 x\n#1 DONE 0.0s\n" },
	{ "an empty line is a line",
	  { BEGIN(0, 1, "a"), LOG(1, 1, "\n\nx\n"), DONE(2, 1) },
	  "#1 a\n#1 0.001 \n#1 0.001 \n#1 0.001 x\n#1 DONE 0.0s\n" },
	{ "a transfer gets a line for each twentieth, but not all the time",
	  { BEGIN(0, 1, "a"), STATUS(0, 1, "sha256:1", 0, 1000, false),
	    STATUS(10, 1, "sha256:1", 10, 1000, false),
	    STATUS(100, 1, "sha256:1", 500, 1000, false),
	    STATUS(300, 1, "sha256:1", 600, 1000, false),
	    STATUS(5200, 1, "sha256:1", 601, 1000, false),
	    STATUS(5300, 1, "sha256:1", 602, 1000, false),
	    STATUS(5400, 1, "sha256:1", 1000, 1000, true), DONE(5400, 1) },
	  "#1 a\n#1 sha256:1 0B / 1.00kB\n#1 sha256:1 600B / 1.00kB 0.3s\n"
	  "#1 sha256:1 602B / 1.00kB 5.3s\n#1 sha256:1 1.00kB / 1.00kB 5.4s done\n"
	  "#1 DONE 5.4s\n" },
	{ "a status without a size",
	  { BEGIN(0, 1, "a"), STATUS(1, 1, "exporting layers", 0, 0, true),
	    STATUS(1, 1, "transferring context:", 1500, 0, true), DONE(5, 1) },
	  "#1 a\n#1 exporting layers done\n#1 transferring context: 1.50kB done\n"
	  "#1 DONE 0.0s\n" },
	{ "warnings are repeated at the end, those about no step only there",
	  { BEGIN(0, 1, "a"), WARN(1, 1, "slow"), WARN(1, 0, "odd"), DONE(2, 1) },
	  "#1 a\n#1 WARN: slow\n#1 DONE 0.0s\n\n 2 warnings found:\n - slow\n - odd\n" },
	{ "one warning", { WARN(1, 0, "odd") }, "\n 1 warning found:\n - odd\n" },
	{ "a warning about a step that has ended",
	  { BEGIN(0, 1, "a"), DONE(1, 1), WARN(2, 1, "late") },
	  "#1 a\n#1 DONE 0.0s\n#1 WARN: late\n\n 1 warning found:\n - late\n" },
	{ "what comes of a step that never began or has ended is not shown",
	  { LOG(0, 7, "lost\n"), BEGIN(0, 1, "a"), DONE(1, 1), LOG(2, 1, "late\n") },
	  "#1 a\n#1 DONE 0.0s\n" },
	{ "names are cleaned",
	  { BEGIN(0, 1, "RUN echo \033]0;t\007\nx"), DONE(1, 1) },
	  "#1 RUN echo \\x1b]0;t\\x07 x\n#1 DONE 0.0s\n" },
};

static const struct row together[] = {
	{ "the second waits for the end of the first",
	  { BEGIN(0, 1, "a"), BEGIN(1, 2, "b"), LOG(2, 2, "b1\n"), LOG(3, 1, "a1\n"),
	    LOG(4, 2, "b2\n"), DONE(5, 1), LOG(6, 2, "b3\n"), DONE(7, 2) },
	  "#1 a\n#1 0.003 a1\n#1 DONE 0.0s\n\n"
	  "#2 b\n#2 0.001 b1\n#2 0.003 b2\n#2 0.005 b3\n#2 DONE 0.0s\n" },
	{ "turns change after a second",
	  { BEGIN(0, 1, "a"), BEGIN(0, 2, "b"), LOG(10, 1, "a1\n"), LOG(20, 2, "b1\n"),
	    LOG(990, 1, "a2\n"), LOG(1010, 1, "a3\n"), LOG(1020, 1, "a4\n"),
	    LOG(1030, 2, "b2\n"), DONE(1040, 1), DONE(1050, 2) },
	  "#1 a\n#1 0.010 a1\n#1 0.990 a2\n#1 1.010 a3\n#1 ...\n\n"
	  "#2 b\n#2 0.020 b1\n#2 1.030 b2\n#2 DONE 1.1s\n\n"
	  "#1 a\n#1 1.020 a4\n#1 DONE 1.0s\n" },
	{ "who came to an end meanwhile is shown first, in one piece",
	  { BEGIN(0, 1, "a"), BEGIN(0, 2, "b"), BEGIN(0, 3, "c"), LOG(1, 2, "b1\n"),
	    DONE(10, 3), LOG(20, 1, "a1\n"), DONE(30, 1), DONE(40, 2) },
	  "#1 a\n#1 0.020 a1\n#1 DONE 0.0s\n\n#3 c\n#3 DONE 0.0s\n\n"
	  "#2 b\n#2 0.001 b1\n#2 DONE 0.0s\n" },
	{ "what waits at the end is shown",
	  { BEGIN(0, 1, "a"), BEGIN(0, 2, "b"), LOG(1, 2, "b1\n"), LOG(2, 1, "a1\n") },
	  "#1 a\n#1 0.002 a1\n#1 ...\n\n#2 b\n#2 0.001 b1\n" },
};

static void
check(const struct row *row)
{
	struct screen s;
	size_t n = 0;

	while (n < sizeof row->happen / sizeof *row->happen &&
	       (row->happen[n].text != NULL || row->happen[n].name != NULL ||
	        row->happen[n].vertex != 0))
		n++;
	screen_open(&s, PROGRESS_PLAIN);
	screen_happen(&s, row->happen, n);
	ui_finish(s.ui);
	if (strcmp(screen_text(&s), row->want) != 0)
		print_message("%s\n", row->what);
	assert_string_equal(screen_text(&s), row->want);
	screen_close(&s);
}

static void
every_event_has_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		check(&alone[i]);
}

static void
steps_side_by_side_take_turns(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof together / sizeof *together; i++)
		check(&together[i]);
}

/* The text after each "#N <time> " of vertex NUMBER, joined. */
static void
collect(const char *text, int number, struct buf *out)
{
	auto_free char *head = mem_print("#%d ", number);
	struct text rest = text_of(text), line;

	while (text_line(&rest, &line)) {
		ptrdiff_t blank = 0;

		if (!text_starts(line, head) || line.n < 4 || line.p[3] > '9' ||
		    line.p[3] < '0')
			continue;
		line = text_from(line, 3);
		blank = text_find(line, ' ');
		buf_add_text(out, text_from(line, (size_t)blank + 1));
		buf_add_char(out, '\n');
	}
}

static void
no_output_is_lost_however_it_is_cut(void **state)
{
	struct buf want[2] = { BUF_INIT, BUF_INIT }, got[2] = { BUF_INIT, BUF_INIT };
	struct happening begin[] = { BEGIN(0, 1, "a"), BEGIN(0, 2, "b") };
	struct happening end[] = { DONE(9000, 1), DONE(9000, 2) };
	struct screen s;
	uint32_t random = 7;

	(void)state;
	screen_open(&s, PROGRESS_PLAIN);
	screen_happen(&s, begin, 2);
	for (int i = 0; i < 3000; i++) {
		char text[40];
		struct happening piece = LOG(i, 1, text);

		random = random * 1664525 + 1013904223;
		piece.vertex = 1 + (int)(random >> 20 & 1);
		snprintf(text, sizeof text, "%s%d%s", random >> 24 & 1 ? "line " : "", i,
		         random >> 25 & 1 ? "\n" : ",");
		buf_add_str(&want[piece.vertex - 1], text);
		screen_happen(&s, &piece, 1);
	}
	screen_happen(&s, end, 2);
	ui_finish(s.ui);
	for (int i = 0; i < 2; i++) {
		if (want[i].p[want[i].n - 1] != '\n')
			buf_add_char(&want[i], '\n');
		collect(screen_text(&s), i + 1, &got[i]);
		assert_string_equal(buf_str(&got[i]), buf_str(&want[i]));
		buf_clear(&got[i]);
		buf_clear(&want[i]);
	}
	screen_close(&s);
}

static void
a_line_without_end_is_shown_in_pieces(void **state)
{
	struct happening begin[] = { BEGIN(0, 1, "a") }, end[] = { DONE(1, 1) };
	char *bytes = mem_new(100001);
	struct happening log[] = { LOG(0, 1, bytes) };
	struct screen s;

	(void)state;
	memset(bytes, 'x', 100000);
	screen_open(&s, PROGRESS_PLAIN);
	screen_happen(&s, begin, 1);
	screen_happen(&s, log, 1);
	assert_true(strlen(screen_text(&s)) > 65000);
	screen_happen(&s, end, 1);
	assert_true(strlen(screen_text(&s)) > 100000);
	screen_close(&s);
	free(bytes);
}

/* Who says much is not made to wait: memory is bounded. */
static void
much_output_takes_the_turn(void **state)
{
	struct happening begin[] = { BEGIN(0, 1, "a"), BEGIN(0, 2, "b") };
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_PLAIN);
	screen_happen(&s, begin, 2);
	for (int i = 0; i < 20000; i++) {
		struct happening log = LOG(1, 2, "some words of a long story\n");

		screen_happen(&s, &log, 1);
	}
	assert_non_null(strstr(screen_text(&s), "#2 b\n"));
	screen_close(&s);
}

/* The view's own thread lets them speak; real time. */
static void
a_silent_step_does_not_hold_up_others(void **state)
{
	struct happening begin[] = { BEGIN(0, 1, "a"), BEGIN(0, 2, "b"),
		                     LOG(0, 2, "b1\n") };
	struct screen s;
	bool seen = false;

	(void)state;
	screen_open(&s, PROGRESS_PLAIN);
	s.start_ns = clock_monotonic_ns();
	screen_happen(&s, begin, 3);
	for (int i = 0; i < 100 && !seen; i++) {
		usleep(50000);
		pthread_mutex_lock(&s.ui->lock);
		seen = strstr(screen_text(&s), "#2 0.000 b1\n") != NULL;
		pthread_mutex_unlock(&s.ui->lock);
	}
	assert_true(seen);
	screen_close(&s);
}

static void
the_end_of_a_failed_log_is_kept(void **state)
{
	auto_buf struct buf name = BUF_INIT, lines = BUF_INIT;
	struct happening happen[] = {
		BEGIN(0, 1, "a"),
		BEGIN(0, 2, "RUN \033[2Jb"),
		LOG(1, 2, "1\n2\n3\033[1Am\n"),
		LOG(1500, 2, "no end"),
		END(1600, 2, OUTCOME_FAILED, "x"),
		DONE(1700, 1),
	};
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_QUIET);
	ui_failure(s.ui, 3, &name, &lines);
	assert_string_equal(buf_str(&name), "");
	screen_happen(&s, happen, sizeof happen / sizeof *happen);
	ui_finish(s.ui);
	ui_failure(s.ui, 3, &name, &lines);
	assert_string_equal(buf_str(&name), "RUN \\x1b[2Jb");
	assert_string_equal(buf_str(&lines), "0.001 2\n0.001 3m\n1.600 no end\n");
	assert_string_equal(screen_text(&s), "");
	screen_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_has_its_line),
		cmocka_unit_test(steps_side_by_side_take_turns),
		cmocka_unit_test(no_output_is_lost_however_it_is_cut),
		cmocka_unit_test(a_line_without_end_is_shown_in_pieces),
		cmocka_unit_test(much_output_takes_the_turn),
		cmocka_unit_test(a_silent_step_does_not_hold_up_others),
		cmocka_unit_test(the_end_of_a_failed_log_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
