#include "parser/expand.h"

#include <assert.h>

#include "base/base.h"
#include "parser/expand_pattern.h"
#include "parser/rune.h"

/* Nesting of ${a:-${b:-…}} beyond this is an error, not a stack overflow. */
#define DEPTH_MAX 200

/* Bytes that variables may put into one word. Without a limit, values that
 * mention themselves twice double with every line. */
#define VALUES_MAX ((size_t)16 * 1024 * 1024)

/* The limit for the length of a pattern times the length of the value that it is matched
 * against. */
#define MATCH_MAX ((size_t)256 * 1024 * 1024)

#define TOO_LONG  "the values of variables are too long"

struct lexer {
	const struct expander *x;
	struct text in;
	size_t pos;
	unsigned depth;
	size_t n_values;   /* bytes that variables put in so far */
	bool keep_escapes; /* of the expander, or within a pattern */
	struct error *err;
};

/* Where results go: one word, or words split at blanks. */
struct sink {
	struct buf word;
	struct words *words; /* NULL: one word */
};

#define SINK_INIT                                                                        \
	{                                                                                \
		0                                                                        \
	}

static int process(struct lexer *lx, char stop, struct sink *out);

static int
fail(struct lexer *lx, const char *message)
{
	return error_set(lx->err, ERR_DOCKERFILE, "%s", message);
}

static bool
at_end(const struct lexer *lx)
{
	return lx->pos >= lx->in.n;
}

/* ------------------------------------------------------------ results */

static void
end_word(const struct lexer *lx, struct sink *out)
{
	if (out->words != NULL && out->word.n > 0)
		array_push(&out->words->list,
		           arena_text(lx->x->arena, buf_text(&out->word)));
	if (out->words != NULL)
		buf_truncate(&out->word, 0);
}

/* Adds BYTES, never splitting. */
static void
add_raw(struct sink *out, struct text bytes)
{
	buf_add_text(&out->word, bytes);
}

/* Adds BYTES, splitting at blanks if words are wanted. */
static void
add(const struct lexer *lx, struct sink *out, struct text bytes)
{
	size_t start = 0, i = 0;

	if (out->words == NULL) {
		add_raw(out, bytes);
		return;
	}
	while (i < bytes.n) {
		size_t n = rune_blank(text_from(bytes, i));

		if (n > 0) {
			add_raw(out, text_first(text_from(bytes, start), i - start));
			end_word(lx, out);
			start = i + n;
		}
		i += n == 0 ? 1 : n;
	}
	add_raw(out, text_from(bytes, start));
}

/* ------------------------------------------------------------ variables */

/* Value of NAME: 1, or 0 and "" if it is unset. */
static int
look_up(struct lexer *lx, struct text name, struct text *value)
{
	*value = TEXT("");
	if (lx->x->lookup != NULL && lx->x->lookup(lx->x->arg, name, value))
		return 1;
	if (lx->x->on_unset != NULL)
		lx->x->on_unset(lx->x->arg, name);
	return 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The name that starts at the current position; empty if there is none. */
static struct text
take_name(struct lexer *lx)
{
	struct text rest = text_from(lx->in, lx->pos);
	uint32_t rune = 0;
	size_t n = 0, more;

	if (rest.n > 0 && is_digit(rest.p[0])) {
		while (n < rest.n && is_digit(rest.p[n]))
			n++;
	} else if (rest.n > 0 && rune_is_one_of(rest.p[0], "@*#?-$!")) {
		n = 1;
	} else {
		while ((more = text_rune(text_from(rest, n), &rune)) > 0 &&
		       (rune_is_letter(rune) || rune == '_' ||
		        (rune < 0x80 && is_digit((char)rune))))
			n += more;
	}
	lx->pos += n;
	return text_first(rest, n);
}

/* Reports an error within braces. If the text ended there, the closing brace is
 * missing. */
static int
fail_in_braces(struct lexer *lx, const char *missing)
{
	return at_end(lx) ? fail(lx, missing) : -1;
}

/* Expands the input up to STOP into one word. In a pattern, escapes stay. */
static int
take_word(struct lexer *lx, char stop, bool in_pattern, struct buf *word)
{
	struct sink sink = SINK_INIT;
	bool saved = lx->keep_escapes;
	int result;

	if (lx->depth >= DEPTH_MAX)
		return fail(lx, "syntax error: substitutions are nested too deep");
	lx->depth++;
	lx->keep_escapes = saved || in_pattern;
	result = process(lx, stop, &sink);
	lx->keep_escapes = saved;
	lx->depth--;
	if (result == 0)
		buf_add_text(word, buf_text(&sink.word));
	buf_clear(&sink.word);
	if (result < 0)
		return fail_in_braces(lx, stop == '/' ? "syntax error: missing '/' in ${}"
		                                      : "syntax error: missing '}'");
	return 0;
}

/* ${x-w} ${x+w} ${x?w}, and with a colon, where empty counts as unset. */
static int
choose(struct lexer *lx, char modifier, bool colon, struct text name, struct text word,
       struct buf *out)
{
	struct text value;
	bool is_set = look_up(lx, name, &value);
	bool usable = is_set && !(colon && value.n == 0);

	if (modifier == '-')
		buf_add_text(out, usable ? value : word);
	else if (modifier == '+')
		buf_add_text(out, usable ? word : TEXT(""));
	else if (usable)
		buf_add_text(out, value);
	else if (word.n > 0)
		return error_set(lx->err, ERR_DOCKERFILE, "%.*s: %.*s", TEXT_ARG(name),
		                 TEXT_ARG(word));
	else
		return error_set(lx->err, ERR_DOCKERFILE, "%.*s: is not allowed to be %s",
		                 TEXT_ARG(name), is_set ? "empty" : "unset");
	return 0;
}

/* Reads PATTERN, which is to be matched against VALUE. */
static int
parse_pattern(struct lexer *lx, struct text pattern, struct text value,
              struct expand_pattern *out)
{
	if (pattern.n > MATCH_MAX / (value.n + 1))
		return fail(lx, "the pattern of a substitution is too long");
	return expand_pattern_parse(out, pattern, lx->err);
}

/* ${x#p} ${x%p}; ${x##p} and ${x%%p} take the longest match. */
static int
cut(struct lexer *lx, char modifier, struct text name, struct text pattern,
    struct buf *out)
{
	auto_expand_pattern struct expand_pattern p = EXPAND_PATTERN_INIT;
	bool longest = pattern.n > 0 && pattern.p[0] == modifier;
	struct text value;

	look_up(lx, name, &value);
	if (longest)
		pattern = text_from(pattern, 1);
	if (parse_pattern(lx, pattern, value, &p) < 0)
		return -1;
	buf_add_text(out, expand_pattern_cut(&p, value, modifier == '%', longest));
	return 0;
}

/* ${x/p/r} ${x//p/r}, after the first slash. */
static int
replace(struct lexer *lx, struct text name, bool *is_set, struct buf *out)
{
	auto_expand_pattern struct expand_pattern p = EXPAND_PATTERN_INIT;
	auto_buf struct buf pattern = BUF_INIT, to = BUF_INIT;
	bool all = !at_end(lx) && lx->in.p[lx->pos] == '/';
	struct text value;

	lx->pos += all;
	if (take_word(lx, '/', true, &pattern) < 0 || take_word(lx, '}', true, &to) < 0)
		return -1;
	*is_set = look_up(lx, name, &value);
	if (parse_pattern(lx, buf_text(&pattern), value, &p) < 0)
		return -1;
	if (!expand_pattern_replace(&p, value, buf_text(&to), all, VALUES_MAX, out))
		return fail(lx, TOO_LONG);
	return 0;
}

static int
unsupported(struct lexer *lx, const char *colon)
{
	struct text rest = text_from(lx->in, lx->pos);
	uint32_t rune = 0;
	size_t n = text_rune(rest, &rune);

	return error_set(lx->err, ERR_DOCKERFILE,
	                 "unsupported modifier (%s%.*s) in substitution", colon,
	                 (int)(n == 0 ? 1 : n), rest.p);
}

/* Applies the modifier at the current position, up to the closing brace. */
static int
modified(struct lexer *lx, struct text name, bool *is_set, struct buf *out)
{
	auto_buf struct buf word = BUF_INIT;
	bool colon = lx->in.p[lx->pos] == ':';
	struct text value;
	char c;

	lx->pos += colon;
	if (at_end(lx))
		return fail(lx, "syntax error: missing '}'");
	c = lx->in.p[lx->pos];
	if (!rune_is_one_of(c, colon ? "+-?" : "+-?#%/"))
		return unsupported(lx, colon ? ":" : "");
	lx->pos++;
	if (c == '/')
		return replace(lx, name, is_set, out);
	if (take_word(lx, '}', c == '#' || c == '%', &word) < 0)
		return -1;
	if (lx->x->keep_unset) {
		*is_set = look_up(lx, name, &value);
		if (!*is_set)
			return 0;
	}
	if (c == '#' || c == '%')
		return cut(lx, c, name, buf_text(&word), out);
	return choose(lx, c, colon, name, buf_text(&word), out);
}

/* After "${". */
static int
braces(struct lexer *lx, struct buf *out)
{
	size_t start = lx->pos - 2, before = out->n;
	bool is_set = true;
	struct text name, value;

	if (at_end(lx))
		return fail(lx, "syntax error: missing '}'");
	if (rune_is_one_of(lx->in.p[lx->pos], "{}:"))
		return fail(lx, "syntax error: bad substitution");
	name = take_name(lx);
	if (at_end(lx))
		return fail(lx, "syntax error: missing '}'");
	if (lx->in.p[lx->pos] == '}') {
		lx->pos++;
		is_set = look_up(lx, name, &value);
		buf_add_text(out, value);
	} else if (modified(lx, name, &is_set, out) < 0) {
		return -1;
	}
	if (lx->x->keep_unset && !is_set) {
		buf_truncate(out, before);
		buf_add_text(out, text_first(text_from(lx->in, start), lx->pos - start));
	}
	return 0;
}

/* After a "$": appends the value. */
static int
substitute(struct lexer *lx, struct buf *out)
{
	struct text name, value;

	if (!at_end(lx) && lx->in.p[lx->pos] == '{') {
		lx->pos++;
		return braces(lx, out);
	}
	name = take_name(lx);
	if (name.n == 0) {
		buf_add_char(out, '$');
	} else if (look_up(lx, name, &value) || !lx->x->keep_unset) {
		buf_add_text(out, value);
	} else {
		buf_add_char(out, '$');
		buf_add_text(out, name);
	}
	return 0;
}

/* At a "$". */
static int
dollar(struct lexer *lx, struct buf *out)
{
	size_t before = out->n;

	lx->pos++;
	if (substitute(lx, out) < 0)
		return -1;
	lx->n_values += out->n - before;
	return lx->n_values > VALUES_MAX ? fail(lx, TOO_LONG) : 0;
}

/* ------------------------------------------------------------ quotes */

static int
single_quoted(struct lexer *lx, struct sink *out)
{
	struct text rest = text_from(lx->in, lx->pos + 1);
	ptrdiff_t end = text_find(rest, '\'');

	if (end < 0) {
		lx->pos = lx->in.n;
		return fail(lx, "unexpected end of statement while looking for matching "
		                "single-quote");
	}
	if (lx->x->keep_quotes)
		add_raw(out, TEXT("'"));
	add_raw(out, text_first(rest, (size_t)end));
	if (lx->x->keep_quotes)
		add_raw(out, TEXT("'"));
	lx->pos += (size_t)end + 2;
	return 0;
}

/* Within double quotes, the escape character protects only characters that are special
 * there; before others it is an ordinary character. */
static void
escape_in_quotes(struct lexer *lx, struct sink *out)
{
	char escape = lx->x->escape, c;

	lx->pos++;
	if (at_end(lx))
		return;
	c = lx->in.p[lx->pos++];
	if (lx->keep_escapes || (c != '"' && c != '$' && c != escape))
		buf_add_char(&out->word, escape);
	buf_add_char(&out->word, c);
}

static int
double_quoted(struct lexer *lx, struct sink *out)
{
	lx->pos++;
	if (lx->x->keep_quotes)
		add_raw(out, TEXT("\""));
	while (!at_end(lx)) {
		char c = lx->in.p[lx->pos];

		if (c == '"') {
			if (lx->x->keep_quotes)
				add_raw(out, TEXT("\""));
			lx->pos++;
			return 0;
		}
		if (c == '$') {
			if (dollar(lx, &out->word) < 0)
				return -1;
		} else if (c == lx->x->escape) {
			escape_in_quotes(lx, out);
		} else {
			buf_add_char(&out->word, c);
			lx->pos++;
		}
	}
	return fail(lx, "unexpected end of statement while looking for matching "
	                "double-quote");
}

/* ------------------------------------------------------------ the loop */

/* Outside quotes the escape character protects anything. */
static void
escaped(struct lexer *lx, struct sink *out)
{
	lx->pos++;
	if (at_end(lx))
		return;
	if (lx->keep_escapes)
		buf_add_char(&out->word, lx->x->escape);
	buf_add_char(&out->word, lx->in.p[lx->pos++]);
}

/* At "<<": blanks between a heredoc operator and its name do not separate words. */
static void
heredoc_operator(struct lexer *lx, struct sink *out)
{
	size_t start = lx->pos;

	lx->pos += 2;
	if (!at_end(lx) && lx->in.p[lx->pos] == '-')
		lx->pos++;
	while (!at_end(lx) && rune_is_one_of(lx->in.p[lx->pos], "\t\r "))
		lx->pos++;
	add_raw(out, text_first(text_from(lx->in, start), lx->pos - start));
}

static int
expand_dollar(struct lexer *lx, struct sink *out)
{
	auto_buf struct buf value = BUF_INIT;

	if (dollar(lx, &value) < 0)
		return -1;
	add(lx, out, buf_text(&value));
	return 0;
}

static bool
is_plain(const struct lexer *lx, char c, char stop, bool words)
{
	if (c == '$' || c == lx->x->escape || (stop != '\0' && c == stop))
		return false;
	if (c == '\'' || c == '"')
		return lx->x->ignore_quotes;
	return c != '<' || !words;
}

static void
plain(struct lexer *lx, char stop, struct sink *out)
{
	size_t start = lx->pos;
	bool words = out->words != NULL;

	/* The first character is plain, or a "<" that begins no operator. */
	do
		lx->pos++;
	while (!at_end(lx) && is_plain(lx, lx->in.p[lx->pos], stop, words));
	add(lx, out, text_first(text_from(lx->in, start), lx->pos - start));
}

/* Expands the input up to and with STOP, and appends it to OUT. STOP '\0' is the end of
 * the input. */
static int
process(struct lexer *lx, char stop, struct sink *out)
{
	bool quotes = !lx->x->ignore_quotes;

	while (!at_end(lx)) {
		char c = lx->in.p[lx->pos];
		int result = 0;

		if (stop != '\0' && c == stop) {
			lx->pos++;
			return 0;
		}
		if (c == '\'' && quotes)
			result = single_quoted(lx, out);
		else if (c == '"' && quotes)
			result = double_quoted(lx, out);
		else if (c == '$')
			result = expand_dollar(lx, out);
		else if (c == lx->x->escape)
			escaped(lx, out);
		else if (out->words != NULL &&
		         text_starts(text_from(lx->in, lx->pos), "<<"))
			heredoc_operator(lx, out);
		else
			plain(lx, stop, out);
		if (result < 0)
			return -1;
	}
	return stop == '\0' ? 0 : fail(lx, "syntax error: missing end");
}

static int
wrap(struct text word, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;

	buf_add_quoted(&quoted, word);
	return error_wrap(err, "failed to process %s", buf_str(&quoted));
}

static int
run(const struct expander *x, struct text word, struct sink *sink, struct error *err)
{
	struct lexer lx = {
		.x = x, .in = word, .keep_escapes = x->keep_escapes, .err = err
	};

	assert(x->arena != NULL);
	if (process(&lx, '\0', sink) < 0)
		return wrap(word, err);
	end_word(&lx, sink);
	return 0;
}

int
expand_word(const struct expander *x, struct text word, struct text *out,
            struct error *err)
{
	struct sink sink = SINK_INIT;
	int result = run(x, word, &sink, err);

	if (result == 0)
		*out = arena_text(x->arena, buf_text(&sink.word));
	buf_clear(&sink.word);
	return result;
}

int
expand_words(const struct expander *x, struct text word, struct words *out,
             struct error *err)
{
	size_t before = out->list.n;
	struct sink sink = { .words = out };
	int result = run(x, word, &sink, err);

	if (result < 0)
		out->list.n = before;
	buf_clear(&sink.word);
	return result;
}

void
words_clear(struct words *w)
{
	array_clear(&w->list);
}
