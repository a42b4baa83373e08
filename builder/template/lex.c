#include "builder/template/lex.h"

#include <ctype.h>

#include "base/base.h"
#include "base/number.h"
#include "builder/template/tree.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0;
}

static struct text
rest_of(const struct lexer *l)
{
	return text_from(l->source, l->at);
}

/* ------------------------------------------------------------ text */

static size_t
find(struct text t, const char *word)
{
	const char *p = t.n == 0 ? NULL : memmem(t.p, t.n, word, strlen(word));

	return p == NULL ? t.n : (size_t)(p - t.p);
}

/* "{{- ": the blanks before it go. */
static bool
trims_before(struct text open)
{
	return open.n > 3 && open.p[2] == '-' && is_blank(open.p[3]);
}

static void
lex_text(struct lexer *l, struct token *out)
{
	struct text rest = rest_of(l);
	size_t n = find(rest, "{{");
	struct text text = text_first(rest, n);

	if (l->trim)
		while (text.n > 0 && is_blank(text.p[0]))
			text = text_from(text, 1);
	if (n < rest.n && trims_before(text_from(rest, n)))
		while (text.n > 0 && is_blank(text.p[text.n - 1]))
			text.n--;
	l->trim = false;
	out->kind = TOKEN_TEXT;
	out->text = text;
	l->at += n;
}

/* Skips a comment behind "{{" or "{{- "; its action ends with it. */
static int
lex_comment(struct lexer *l, size_t skip, struct token *out, struct error *err)
{
	struct text rest = text_from(rest_of(l), skip);
	size_t end = find(rest, "*/");
	struct text after = text_from(rest, end == rest.n ? rest.n : end + 2);
	bool trims = after.n > 2 && is_blank(after.p[0]) && after.p[1] == '-';
	size_t blanks = trims ? 2 : 0;

	if (end == rest.n || !text_starts(text_from(after, blanks), "}}"))
		return template_fault(l->source, l->at, err,
		                      "a comment that is not closed by */}}");
	l->at += skip + end + 2 + blanks + 2;
	l->trim = trims;
	lex_text(l, out);
	return 0;
}

static int
lex_open(struct lexer *l, struct token *out, struct error *err)
{
	size_t skip = trims_before(rest_of(l)) ? 3 : 2;
	struct text rest = text_from(rest_of(l), skip);

	while (skip == 3 && rest.n > 0 && is_blank(rest.p[0]))
		rest = text_from(rest, 1);
	if (text_starts(rest, "/*"))
		return lex_comment(l, (size_t)(rest.p - rest_of(l).p), out, err);
	l->at += skip;
	l->inside = true;
	out->kind = TOKEN_OPEN;
	return 0;
}

/* ------------------------------------------------------------ actions */

static size_t
count_word(struct text t)
{
	size_t n = 0;

	while (n < t.n && is_word(t.p[n]))
		n++;
	return n;
}

/* The length of a quoted text with its quotes, 0 if it does not end. */
static size_t
count_quoted(struct text t)
{
	for (size_t i = 1; i < t.n; i++) {
		if (t.p[0] == '"' && t.p[i] == '\\')
			i++;
		else if (t.p[i] == t.p[0])
			return i + 1;
		else if (t.p[0] == '"' && t.p[i] == '\n')
			return 0;
	}
	return 0;
}

static size_t
count_number(struct text t)
{
	size_t n = t.p[0] == '-' || t.p[0] == '+' ? 1 : 0;

	while (n < t.n && (isdigit((unsigned char)t.p[n]) || t.p[n] == '.'))
		n++;
	return n;
}

static size_t
lex_quoted(const struct lexer *l, struct text rest, struct error *err)
{
	size_t n = count_quoted(rest);

	if (n == 0)
		template_fault(l->source, l->at, err, "a text that is not closed by %c",
		               rest.p[0]);
	return n;
}

/* The length of the token at the beginning of REST; 0 with ERR. */
static size_t
lex_action(const struct lexer *l, struct text rest, struct token *out, struct error *err)
{
	char c = rest.p[0], next = rest.n > 1 ? rest.p[1] : ' ';

	if (c == '"' || c == '`') {
		out->kind = TOKEN_STRING;
		return lex_quoted(l, rest, err);
	}
	if (isdigit((unsigned char)c) ||
	    ((c == '-' || c == '+') && isdigit((unsigned char)next))) {
		out->kind = TOKEN_NUMBER;
		return count_number(rest);
	}
	if (c == '.' || c == '$') {
		size_t n = count_word(text_from(rest, 1));

		out->kind = c == '$' ? TOKEN_VAR : n > 0 ? TOKEN_FIELD : TOKEN_DOT;
		return 1 + n;
	}
	if (is_word(c)) {
		out->kind = TOKEN_WORD;
		return count_word(rest);
	}
	out->kind = TOKEN_SIGN;
	if (c == ':' && next == '=')
		return 2;
	if (strchr("|(),=", c) != NULL && c != '\0')
		return 1;
	template_fault(l->source, l->at, err, "unexpected character");
	return 0;
}

static bool
lex_close(struct lexer *l, struct token *out)
{
	struct text rest = rest_of(l);
	bool trims = rest.n > 0 && rest.p[0] == '-' &&
	             text_starts(text_from(rest, 1), "}}") && !out->glued;

	if (!trims && !text_starts(rest, "}}"))
		return false;
	l->at += trims ? 3 : 2;
	l->trim = trims;
	l->inside = false;
	out->kind = TOKEN_CLOSE;
	return true;
}

int
lex_next(struct lexer *l, struct token *out, struct error *err)
{
	size_t n = 0;

	*out = (struct token){ .at = l->at, .glued = true };
	if (!l->inside && text_starts(rest_of(l), "{{"))
		return lex_open(l, out, err);
	if (!l->inside) {
		if (l->at == l->source.n)
			out->kind = TOKEN_END;
		else
			lex_text(l, out);
		return 0;
	}
	while (l->at < l->source.n && is_blank(l->source.p[l->at])) {
		l->at++;
		out->glued = false;
	}
	out->at = l->at;
	if (l->at == l->source.n)
		return template_fault(l->source, l->at, err, "{{ is not closed by }}");
	if (lex_close(l, out))
		return 0;
	n = lex_action(l, rest_of(l), out, err);
	if (n == 0)
		return -1;
	out->text = text_first(rest_of(l), n);
	if (out->kind == TOKEN_FIELD || out->kind == TOKEN_VAR)
		out->text = text_from(out->text, 1);
	l->at += n;
	return 0;
}

/* ------------------------------------------------------------ texts */

static const char escaped[] = "\\\"ntrabfv'", plain[] = "\\\"\n\t\r\a\b\f\v'";

int
lex_string(const struct lexer *l, const struct token *t, struct buf *out,
           struct error *err)
{
	struct text body = text_first(text_from(t->text, 1), t->text.n - 2);

	if (t->text.p[0] == '`') {
		buf_add_text(out, body);
		return 0;
	}
	for (size_t i = 0; i < body.n; i++) {
		const char *found = NULL;

		if (body.p[i] != '\\') {
			buf_add_char(out, body.p[i]);
			continue;
		}
		i++;
		found = body.p[i] == '\0' ? NULL : strchr(escaped, body.p[i]);
		if (found == NULL)
			return template_fault(l->source, t->at + i, err,
			                      "unknown escape in a text");
		buf_add_char(out, plain[found - escaped]);
	}
	return 0;
}
