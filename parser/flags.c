#include "parser/flags.h"

#include <assert.h>

#include "base/base.h"
#include "base/suggest.h"
#include "parser/dockerfile.h"
#include "parser/rune.h"
#include "parser/words.h"

#define FLAGS_MAX 32

/* Length of the token that T starts with. Sets *PLAIN to false if it has quotes or
 * escapes. */
static size_t
token_length(struct text t, char escape, bool *plain)
{
	char quote = '\0';
	size_t i = 0;

	while (i < t.n) {
		char c = t.p[i];

		if (quote == '\0' && rune_blank(text_from(t, i)) > 0)
			break;
		if (c == escape) {
			i++;
			*plain = false;
		} else if (c == quote) {
			quote = '\0';
		} else if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
			*plain = false;
		}
		if (i < t.n)
			i++;
	}
	return i;
}

static struct text
resolve(struct arena *arena, struct text token, char escape)
{
	auto_buf struct buf value = BUF_INIT;
	char quote = '\0';

	for (size_t i = 0; i < token.n; i++) {
		char c = token.p[i];

		if (c == escape) {
			if (++i < token.n)
				buf_add_char(&value, token.p[i]);
		} else if (c == quote) {
			quote = '\0';
		} else if (quote == '\0' && (c == '\'' || c == '"')) {
			quote = c;
		} else {
			buf_add_char(&value, c);
		}
	}
	return arena_text(arena, buf_text(&value));
}

struct text
flags_cut(struct arena *arena, struct text rest, char escape, struct words *out)
{
	for (rest = rune_trim_left(rest); text_starts(rest, "--");
	     rest = rune_trim_left(rest)) {
		bool plain = true;
		size_t n = token_length(rest, escape, &plain);
		struct text token = text_first(rest, n);

		if (!plain)
			token = resolve(arena, token, escape);
		rest = text_from(rest, n);
		if (text_is(token, "--"))
			break;
		array_push(&out->list, token);
	}
	return rest;
}

static int
unknown_flag(struct text name, const struct flag *table, size_t n, struct error *err)
{
	const char *names[FLAGS_MAX];
	auto_free char *near = NULL;

	for (size_t i = 0; i < n; i++)
		names[i] = table[i].name;
	near = suggest_print("", suggest_find(name, names, n, false));
	return error_set(err, ERR_DOCKERFILE, "unknown flag: --%.*s%s", TEXT_ARG(name),
	                 near);
}

static int
set_bool(int *to, const char *name, struct pair given, struct error *err)
{
	if (!given.has_value || text_equal_nocase(given.value, TEXT("true")))
		*to = 1;
	else if (text_equal_nocase(given.value, TEXT("false")))
		*to = 0;
	else if (given.value.n == 0)
		return error_set(err, ERR_DOCKERFILE, "missing a value on flag: --%s",
		                 name);
	else
		return error_set(err, ERR_DOCKERFILE,
		                 "expecting boolean value for flag --%s, not: %.*s", name,
		                 TEXT_ARG(given.value));
	return 0;
}

static int
set_flag(const struct flag *flag, struct pair given, struct error *err)
{
	if (flag->type == FLAG_BOOL)
		return set_bool(flag->value, flag->name, given, err);
	if (!given.has_value)
		return error_set(err, ERR_DOCKERFILE, "missing a value on flag: --%s",
		                 flag->name);
	if (flag->type == FLAG_LIST)
		array_push(&((struct words *)flag->value)->list, given.value);
	else
		*(struct text *)flag->value = given.value;
	return 0;
}

int
flags_read(const struct text *given, size_t n_given, const struct flag *table,
           size_t n_table, struct error *err)
{
	uint32_t seen = 0;

	assert(n_table <= FLAGS_MAX);
	for (size_t i = 0; i < n_given; i++) {
		struct pair pair = words_pair(text_from(given[i], 2));
		size_t k = 0;

		while (k < n_table && !text_is(pair.key, table[k].name))
			k++;
		if (k == n_table)
			return unknown_flag(pair.key, table, n_table, err);
		if (table[k].type != FLAG_LIST && (seen & UINT32_C(1) << k))
			return error_set(err, ERR_DOCKERFILE,
			                 "duplicate flag specified: --%s", table[k].name);
		seen |= UINT32_C(1) << k;
		if (set_flag(&table[k], pair, err) < 0)
			return -1;
	}
	return 0;
}
