#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "parser/config.h"
#include "parser/expand.h"

static const struct variable variables[] = {
	{ { "PWD", 3 }, { "/home", 5 } },
	{ { "SHELL", 5 }, { "bash", 4 } },
	{ { "NULL", 4 }, { "", 0 } },
	{ { "A", 1 }, { "a.b.c/d", 7 } },
	{ { "space", 5 }, { "abc  def", 8 } },
	{ { "STARS", 5 }, { "a*b?c\\d}e/f[ab]", 15 } },
	{ { "LINES", 5 }, { "one\ntwo", 7 } },
	{ { "\xC3\xA9t\xC3\xA9", 5 }, { "\xE2\x82\xAC\xE2\x82\xAC", 6 } },
	{ { "QUOTED", 6 }, { "'x' \"y\" $PWD", 12 } },
};

static int
look_up(void *arg, struct text name, struct text *value)
{
	(void)arg;
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		if (text_equal(variables[i].name, name)) {
			*value = variables[i].value;
			return 1;
		}
	return 0;
}

/* The expansion of WORD, or "error: " and why. Caller frees. */
static char *
expand(const struct expander *x, const char *word)
{
	auto_error struct error err = ERROR_INIT;
	struct text out = { 0 };

	if (expand_word(x, text_of(word), &out, &err) == 0)
		return text_copy(out);
	assert_int_equal(err.code, ERR_DOCKERFILE);
	return mem_print("error: %s", err.text);
}

struct row {
	const char *word, *want;
};

static void
check_rows(const struct row *rows, size_t n, struct expander options)
{
	auto_arena struct arena *arena = arena_new();
	struct expander x = options;
	size_t wrong = 0;

	x.arena = arena;
	x.lookup = look_up;
	for (size_t i = 0; i < n; i++) {
		char *got = expand(&x, rows[i].word);
		const char *want = rows[i].want;
		/* "error: … why": the end counts, the front is checked elsewhere. */
		bool same =
		        strcmp(want, "error") == 0
		                ? text_starts(text_of(got), "error: failed to process \"")
		        : text_starts(text_of(want), "error: ")
		                ? text_starts(text_of(got), "error: ") &&
		                          text_ends(text_of(got), want + strlen("error"))
		                : strcmp(got, want) == 0;

		if (!same) {
			print_error("%s\n  got  %s\n  want %s\n", rows[i].word, got,
			            want);
			wrong++;
		}
		free(got);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK(rows, ...)                                                                 \
	check_rows(rows, sizeof(rows) / sizeof *(rows), (struct expander){ __VA_ARGS__ })

static void
the_reference_words_expand_as_they_should(void **state)
{
	/* Appendix A. */
	static const struct row rows[] = {
		{ "he'll'o", "hello" },
		{ "he'llo", "error" },
		{ "he\\'llo", "he'llo" },
		{ "he\\\\'llo", "error" },
		{ "abc\\tdef", "abctdef" },
		{ "\"abc\\tdef\"", "abc\\tdef" },
		{ "\"abc\\\\tdef\"", "abc\\tdef" },
		{ "'abc\\tdef'", "abc\\tdef" },
		{ "hello\\", "hello" },
		{ "hello\\\\", "hello\\" },
		{ "\"hello\\\"", "error" },
		{ "'hello\\'", "hello\\" },
		{ "\"''\"", "''" },
		{ "'\"x\"'", "\"x\"" },
		{ "he$1x", "hex" },
		{ "he$.x", "he$.x" },
		{ "he\\$PWD", "he$PWD" },
		{ "he\\\\$PWD", "he\\/home" },
		{ "\"he\\$PWD\"", "he$PWD" },
		{ "'\\$PWD'", "\\$PWD" },
		{ "${}", "error" },
		{ "\\${}", "${}" },
		{ "${PWD}", "/home" },
		{ "${.}", "error" },
		{ "${X:-000}", "000" },
		{ "${X:-$PWD}", "/home" },
		{ "${X:-${Z:-yyy}}", "yyy" },
		{ "${X:YYY}", "error" },
		{ "${X?}", "error" },
		{ "${NULL?}", "" },
		{ "${NULL:?}", "error" },
		{ "${PWD:+${SHELL}}", "bash" },
		{ "${X:+000}", "" },
		{ "${PWD:=0}", "error" },
		{ "${PWD:+${PWD}:}", "/home:" },
		{ "${X:-\\$PWD:}", "$PWD:" },
		{ "${X:-\\${PWD}z}", "${PWDz}" },
		{ "${Z}}", "}" },
		{ "${{Z}", "error" },
		{ "${Z:-b {f}", "b {f" },
		{ "${1:-b}", "b" },
		{ "$@@@", "@@" },
		{ "$001a", "a" },
		{ "${A//./-}", "a-b-c/d" },
		{ "${A/.*/X}", "aX" },
		{ "${A#*.}", "b.c/d" },
		{ "${A##*.}", "c/d" },
		{ "${A%.*}", "a.b" },
		{ "${A%%.*}", "a" },
		{ "${A/\\//_}", "a.b.c_d" },
		{ "${A%[c]/d}", "a.b.c/d" },
		{ "${X:-\"x y\"}", "x y" },
		{ "${X-'$A'}", "$A" },
	};

	(void)state;
	CHECK(rows, .escape = '\\');
}

static void
modifiers_choose_by_set_and_empty(void **state)
{
	static const struct row rows[] = {
		/* 75 */ { "$PWD", "/home" },
		{ "a${PWD}b", "a/homeb" },
		/* 76 */ { "${X:-w}", "w" },
		{ "${NULL:-w}", "w" },
		{ "${PWD:-w}", "/home" },
		/* 77 */ { "${X-w}", "w" },
		{ "${NULL-w}", "" },
		/* 78 */ { "${NULL:+w}", "" },
		{ "${NULL+w}", "w" },
		{ "${X+w}", "" },
		{ "${PWD+w}", "w" },
		/* 79 */ { "${X:?m}", "error: failed to process \"${X:?m}\": X: m" },
		{ "${X?m}", "error: X: m" },
		{ "${X?}", "error: X: is not allowed to be unset" },
		{ "${X:?}", "error: X: is not allowed to be unset" },
		{ "${NULL:?}", "error: NULL: is not allowed to be empty" },
		{ "${NULL:?m}", "error: NULL: m" },
		{ "${PWD:?m}", "/home" },
		/* 80 */ { "${X:?\"custom error\"}", "error: X: custom error" },
		{ "${X:?$PWD gone}", "error: X: /home gone" },
		/* 87 */
		{ "${PWD:=w}", "error: unsupported modifier (:=) in substitution" },
		{ "${PWD=w}", "error: unsupported modifier (=) in substitution" },
		{ "${PWD:y}", "error: unsupported modifier (:y) in substitution" },
		{ "${PWD:#y}", "error: unsupported modifier (:#) in substitution" },
		{ "${PWD:%y}", "error: unsupported modifier (:%) in substitution" },
		{ "${.}", "error: unsupported modifier (.) in substitution" },
		{ "${PWD\xE2\x82\xAC}",
		  "error: unsupported modifier (\xE2\x82\xAC) in substitution" },
		/* 88 */ { "${}", "error: syntax error: bad substitution" },
		{ "${{x}", "error: syntax error: bad substitution" },
		{ "${:x}", "error: syntax error: bad substitution" },
		/* 89 */ { "${x", "error: syntax error: missing '}'" },
		{ "${", "error: syntax error: missing '}'" },
		{ "${x:", "error: syntax error: missing '}'" },
		{ "${x:-", "error: syntax error: missing '}'" },
		{ "${x:-${y}", "error: syntax error: missing '}'" },
		{ "${x:-'a}", "error: syntax error: missing '}'" },
		{ "${A/x", "error: syntax error: missing '/' in ${}" },
		{ "${A/x}", "error: syntax error: missing '/' in ${}" },
		{ "${A/x/y", "error: syntax error: missing '}'" },
		/* 90 */ { "${PWD}}", "/home}" },
		/* 91 */ { "${a:-${b:-c}}", "c" },
		{ "${a:-x${b:-y${c:-z}}w}", "xyzw" },
		/* An unused word is processed all the same. */
		{ "${PWD:-${X?m}}", "error: X: m" },
		{ "${X+${X?m}}", "error: X: m" },
		/* 98 */ { "\"${Z:-it's}\"", "error: syntax error: missing '}'" },
	};

	(void)state;
	CHECK(rows, .escape = '\\');
}

static void
names_and_quotes_end_where_they_should(void **state)
{
	static const struct row rows[] = {
		/* 92 */ { "a$1b$@c$$d$?e$*f$#g$-h$!i", "abcdefghi" },
		/* 93 */ { "a$.b$", "a$.b$" },
		{ "$ $/", "$ $/" },
		/* 94 */ { "\\$x", "$x" },
		{ "\"\\$x\"", "$x" },
		{ "'$x'", "$x" },
		/* 95 */ { "\"a\\tb\"", "a\\tb" },
		{ "a\\tb", "atb" },
		/* 96 */
		{ "it's", "error: failed to process \"it's\": unexpected end of "
		          "statement while looking "
		          "for matching single-quote" },
		{ "a\"b", "error: failed to process \"a\\\"b\": unexpected end of "
		          "statement while "
		          "looking for matching double-quote" },
		{ "\"$PWD\\",
		  "error: unexpected end of statement while looking for matching "
		  "double-quote" },
		/* 97 */ { "$\xC3\xA9t\xC3\xA9.", "\xE2\x82\xAC\xE2\x82\xAC." },
		{ "${\xC3\xA9t\xC3\xA9#?}", "\xE2\x82\xAC" },
		{ "$PWD\xE2\x80\x93x", "/home\xE2\x80\x93x" },
		{ "\xFF$PWD\xFF", "\xFF/home\xFF" },
		/* 99 */ { "a$unset.b", "a.b" },
		{ "a b\t\nc", "a b\t\nc" },
		/* Values are not looked at again. */
		{ "$QUOTED", "'x' \"y\" $PWD" },
		{ "\"$QUOTED\"", "'x' \"y\" $PWD" },
		{ "\"a\\\"b\\\\c\\'d\"", "a\"b\\c\\'d" },
		{ "", "" },
		{ "''", "" },
		{ "<< EOF", "<< EOF" },
	};

	(void)state;
	CHECK(rows, .escape = '\\');
}

static void
patterns_cut_and_replace(void **state)
{
	static const struct row rows[] = {
		/* 81 */ { "${A#*.}", "b.c/d" },
		{ "${A##*.}", "c/d" },
		{ "${A#x}", "a.b.c/d" },
		{ "${A#}", "a.b.c/d" },
		{ "${A##*}", "" },
		{ "${A#*}", "a.b.c/d" },
		{ "${A#???}", ".c/d" },
		{ "${A#a?b*/}", "d" },
		/* 82 */ { "${A%.*}", "a.b" },
		{ "${A%%.*}", "a" },
		{ "${A%?}", "a.b.c/" },
		{ "${A%%*}", "" },
		{ "${LINES%*}", "one\ntwo" },
		{ "${LINES%%*}", "one\n" },
		{ "${LINES##*}", "\ntwo" },
		{ "${\xC3\xA9t\xC3\xA9%?}", "\xE2\x82\xAC" },
		/* 83 */ { "${A/./-}", "a-b.c/d" },
		{ "${A//./-}", "a-b-c/d" },
		{ "${A//./}", "abc/d" },
		{ "${A/*/x}", "x" },
		{ "${A//*/x}", "x" },
		{ "${A//?/x}", "xxxxxxx" },
		{ "${A///x}", "xax.xbx.xcx/xdx" },
		{ "${A/b*/[$PWD]}", "a.[/home]" },
		{ "${NULL/*/x}", "x" },
		{ "${X/*/x}", "x" },
		{ "${A//./'}'}", "a}b}c/d" },
		{ "${A/\"b\"/x}", "a.x.c/d" },
		{ "${A//b/\\$1}", "a.\\$1.c/d" },
		{ "${A/b/\\$1}", "a.\\$1.c/d" },
		{ "${A//b/$}", "a.$.c/d" },
		/* 84 */ { "${STARS#*\\*}", "b?c\\d}e/f[ab]" },
		{ "${STARS#*\\?}", "c\\d}e/f[ab]" },
		{ "${STARS#*\\\\}", "d}e/f[ab]" },
		{ "${STARS#*\\}}", "e/f[ab]" },
		{ "${STARS/\\//|}", "a*b?c\\d}e|f[ab]" },
		{ "${STARS#*/}", "f[ab]" },
		{ "${STARS%\\**}", "a" },
		/* 85 */ { "${STARS%[ab]}", "a*b?c\\d}e/f" },
		{ "${A#[a]}", "a.b.c/d" },
		/* 86 */
		{ "${A#\\x}",
		  "error: invalid pattern (\\x) in substitution: invalid escape '\\x'" },
		{ "${A/a\\\"/y}", "error: invalid pattern (a\\\") in substitution: "
		                  "invalid escape '\\\"'" },
		{ "${X%\\q}", "error: invalid escape '\\q'" },
		/* The second operator may come out of a variable. */
		{ "${A#${Y:-#}*.}", "c/d" },
	};

	(void)state;
	CHECK(rows, .escape = '\\');
}

static void
options_keep_what_they_say(void **state)
{
	static const struct row backtick[] = {
		{ "a`$b\\c", "a$b\\c" },
		{ "\"`\"`$x`y\"", "\"$x`y" },
		{ "a`", "a" },
	};
	static const struct row quotes[] = { { "'a' \"$PWD\"", "'a' \"/home\"" } };
	static const struct row escapes[] = { { "\\a \"\\$\" '\\'", "\\a \\$ \\" } };
	static const struct row body[] = {
		/* 66, 67 */ { "'$PWD' \"it's\"\n", "'/home' \"it's\"\n" },
		{ "\\$x \\\\ \\n \\\nz\\", "$x \\ n \nz" },
	};
	static const struct row unset[] = {
		{ "$X ${X} ${X:-w} ${X#p} ${X/a/b}", "$X ${X} ${X:-w} ${X#p} ${X/a/b}" },
		{ "$PWD${PWD:+x}${A#a}", "/homex.b.c/d" },
		{ "a \"b ${X} c\" ${X}", "a b ${X} c ${X}" },
	};

	(void)state;
	CHECK(backtick, .escape = '`');
	CHECK(quotes, .escape = '\\', .keep_quotes = true);
	CHECK(escapes, .escape = '\\', .keep_escapes = true);
	CHECK(body, .escape = '\\', .ignore_quotes = true);
	CHECK(unset, .escape = '\\', .keep_unset = true);
}

static void
words_are_parted_at_unquoted_blanks_after_expansion(void **state)
{
	static const struct {
		const char *word, *want; /* joined by "|" */
	} rows[] = {
		{ "hello${space}bye", "helloabc|defbye" },
		{ "hello\"${space}\"bye", "helloabc  defbye" },
		{ "hello \"${space}\"bye", "hello|abc  defbye" },
		{ "hello\\ there", "hello there" },
		{ "hello\\\" there", "hello\"|there" },
		{ "  a  b\t\nc ", "a|b|c" },
		{ "a '' \"\" $X b", "a|b" },
		{ "${X:- a b }", "a|b" },
		{ "\"${X:- a b }\"", " a b " },
		{ "a\xC2\xA0"
		  "b",
		  "a|b" },
		{ "a\\\xC2\xA0"
		  "b",
		  "a\xC2\xA0"
		  "b" },
		{ "a << b <<- c d", "a|<< b|<<- c|d" },
		{ "a <b < c", "a|<b|<|c" },
		{ "", "" },
	};
	auto_arena struct arena *arena = arena_new();
	struct expander x = { .arena = arena, .escape = '\\', .lookup = look_up };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf got = BUF_INIT;
		struct words words = { 0 };

		assert_int_equal(expand_words(&x, text_of(rows[i].word), &words, &err),
		                 0);
		for (size_t k = 0; k < words.list.n; k++) {
			buf_add_str(&got, k == 0 ? "" : "|");
			buf_add_text(&got, words.list.at[k]);
		}
		assert_string_equal(buf_str(&got), rows[i].want);
		words_clear(&words);
	}
}

static void
note_name(void *arg, struct text name)
{
	buf_add_text(arg, name);
	buf_add_char(arg, ' ');
}

static void
unset_names_are_told(void **state)
{
	auto_arena struct arena *arena = arena_new();
	auto_buf struct buf names = BUF_INIT;
	struct expander x = {
		.arena = arena, .escape = '\\', .arg = &names, .on_unset = note_name
	};
	char *got = expand(&x, "$a ${b} ${c:-${d}} '$e' \\$f ${g/h/$i}");

	(void)state;
	assert_string_equal(got, "   $e $f ");
	assert_string_equal(buf_str(&names), "a b d c i g ");
	free(got);
}

static void
deep_nesting_and_hostile_patterns_end_soon(void **state)
{
	auto_arena struct arena *arena = arena_new();
	auto_buf struct buf word = BUF_INIT;
	struct expander x = { .arena = arena, .escape = '\\', .lookup = look_up };
	char *got;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_str(&word, "${a:-");
	got = expand(&x, buf_str(&word));
	assert_true(text_starts(text_of(got), "error: "));
	free(got);
	buf_truncate(&word, 0);
	buf_add_str(&word, "${A//");
	for (int i = 0; i < 5000; i++)
		buf_add_str(&word, "*a");
	buf_add_str(&word, "b/x}");
	got = expand(&x, buf_str(&word));
	assert_string_equal(got, "a.b.c/d");
	free(got);
}

/* $BIG is a mebibyte. */
static int
look_up_big(void *arg, struct text name, struct text *value)
{
	if (!text_is(name, "BIG"))
		return 0;
	*value = buf_text(arg);
	return 1;
}

static void
values_cannot_grow_without_end(void **state)
{
	auto_arena struct arena *arena = arena_new();
	auto_buf struct buf value = BUF_INIT, word = BUF_INIT;
	struct expander x = {
		.arena = arena, .escape = '\\', .lookup = look_up_big, .arg = &value
	};
	char *got;

	(void)state;
	for (int i = 0; i < 1 << 20; i++)
		buf_add_char(&value, 'a');
	for (int i = 0; i < 16; i++)
		buf_add_str(&word, "\"$BIG\"");
	got = expand(&x, buf_str(&word));
	assert_int_equal(strlen(got), 16 << 20);
	free(got);
	buf_add_str(&word, "$BIG");
	got = expand(&x, buf_str(&word));
	assert_true(text_ends(text_of(got), ": the values of variables are too long"));
	free(got);
	got = expand(&x, "${BIG#$BIG}");
	assert_true(
	        text_ends(text_of(got), ": the pattern of a substitution is too long"));
	free(got);
	got = expand(&x, "${BIG//a/$BIG}");
	assert_true(text_ends(text_of(got), ": the values of variables are too long"));
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_words_expand_as_they_should),
		cmocka_unit_test(modifiers_choose_by_set_and_empty),
		cmocka_unit_test(names_and_quotes_end_where_they_should),
		cmocka_unit_test(patterns_cut_and_replace),
		cmocka_unit_test(options_keep_what_they_say),
		cmocka_unit_test(words_are_parted_at_unquoted_blanks_after_expansion),
		cmocka_unit_test(unset_names_are_told),
		cmocka_unit_test(values_cannot_grow_without_end),
		cmocka_unit_test(deep_nesting_and_hostile_patterns_end_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
