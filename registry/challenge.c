#include "registry/challenge.h"

#include <ctype.h>

#include "base/base.h"

static bool
is_token_char(char c)
{
	return c != '\0' && (isalnum((unsigned char)c) || strchr("!#$%&'*+-.^_`|~/", c));
}

static void
skip_blanks(struct text *t)
{
	while (t->n > 0 && (t->p[0] == ' ' || t->p[0] == '\t' || t->p[0] == ','))
		*t = text_from(*t, 1);
}

static struct text
cut_token(struct text *t)
{
	size_t n = 0;
	struct text token;

	while (n < t->n && is_token_char(t->p[n]))
		n++;
	token = text_first(*t, n);
	*t = text_from(*t, n);
	return token;
}

/* A value after "=": a quoted string, or what comes before a blank or comma
 * (some send URLs without quotes). Caller frees. */
static char *
cut_value(struct text *t)
{
	auto_buf struct buf out = BUF_INIT;

	if (t->n == 0 || t->p[0] != '"') {
		size_t n = 0;

		while (n < t->n && t->p[n] != ' ' && t->p[n] != '\t' && t->p[n] != ',')
			n++;
		buf_add_text(&out, text_first(*t, n));
		*t = text_from(*t, n);
		return buf_take(&out);
	}
	*t = text_from(*t, 1);
	while (t->n > 0 && t->p[0] != '"') {
		if (t->p[0] == '\\' && t->n > 1)
			*t = text_from(*t, 1);
		buf_add_char(&out, t->p[0]);
		*t = text_from(*t, 1);
	}
	if (t->n > 0)
		*t = text_from(*t, 1);
	return buf_take(&out);
}

static void
set_parameter(struct challenge *c, struct text name, char *value)
{
	char **at = text_equal_nocase(name, TEXT("realm"))     ? &c->realm
	            : text_equal_nocase(name, TEXT("service")) ? &c->service
	            : text_equal_nocase(name, TEXT("scope"))   ? &c->scope
	            : text_equal_nocase(name, TEXT("error"))   ? &c->error
	                                                       : NULL;

	if (at == NULL || *at != NULL) {
		free(value);
		return;
	}
	*at = value;
}

/* Parameters up to the next scheme: a name that is not followed by "=". */
static void
cut_parameters(struct challenge *c, struct text *t)
{
	for (;;) {
		struct text name, before;

		skip_blanks(t);
		before = *t;
		name = cut_token(t);
		while (t->n > 0 && (t->p[0] == ' ' || t->p[0] == '\t'))
			*t = text_from(*t, 1);
		if (name.n == 0 || t->n == 0 || t->p[0] != '=') {
			*t = before;
			return;
		}
		*t = text_from(*t, 1);
		while (t->n > 0 && (t->p[0] == ' ' || t->p[0] == '\t'))
			*t = text_from(*t, 1);
		set_parameter(c, name, cut_value(t));
	}
}

static void
keep_better(struct challenge *best, struct challenge *c)
{
	if (c->kind == CHALLENGE_BEARER && (c->realm == NULL || *c->realm == '\0'))
		c->kind = CHALLENGE_NONE;
	if (c->kind <= best->kind)
		return;
	challenge_clear(best);
	*best = *c;
	*c = (struct challenge)CHALLENGE_INIT;
}

void
challenge_parse(struct challenge *out, struct text value)
{
	*out = (struct challenge)CHALLENGE_INIT;
	for (;;) {
		auto_challenge struct challenge c = CHALLENGE_INIT;
		struct text scheme;

		skip_blanks(&value);
		scheme = cut_token(&value);
		if (scheme.n == 0)
			return;
		if (text_equal_nocase(scheme, TEXT("bearer")))
			c.kind = CHALLENGE_BEARER;
		else if (text_equal_nocase(scheme, TEXT("basic")))
			c.kind = CHALLENGE_BASIC;
		cut_parameters(&c, &value);
		keep_better(out, &c);
	}
}

void
challenge_of(struct challenge *out, const struct http_response *response)
{
	*out = (struct challenge)CHALLENGE_INIT;
	for (size_t i = 0; i < response->headers.n; i++) {
		const struct http_header *h = &response->headers.at[i];
		auto_challenge struct challenge c = CHALLENGE_INIT;

		if (!text_equal_nocase(text_of(h->name), TEXT("WWW-Authenticate")))
			continue;
		challenge_parse(&c, text_of(h->value));
		keep_better(out, &c);
	}
}

void
challenge_clear(struct challenge *c)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): keep_better() took what it kept */
	free(c->realm);
	free(c->service);
	free(c->scope);
	free(c->error);
	*c = (struct challenge)CHALLENGE_INIT;
}
