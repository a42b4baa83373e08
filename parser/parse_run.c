#include <ctype.h>

#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/flags.h"
#include "parser/statement.h"

/* Cuts the next field of a comma-separated record off *REST. A field in quotes
 * is unquoted into ARENA. WHOLE is the record, for columns in errors. */
static int
cut_field(struct arena *arena, struct text whole, struct text *rest, struct text *field,
          struct error *err)
{
	auto_buf struct buf value = BUF_INIT;
	size_t at = 1;

	if (!text_starts(*rest, "\"")) {
		ptrdiff_t comma = text_find(*rest, ','), quote;

		*field = text_first(*rest, comma < 0 ? rest->n : (size_t)comma);
		quote = text_find(*field, '"');
		if (quote >= 0)
			return error_set(err, ERR_DOCKERFILE,
			                 "parse error on line 1, column %zu: bare \" in "
			                 "non-quoted-field",
			                 whole.n - rest->n + (size_t)quote + 1);
		*rest = text_from(*rest, field->n);
		return 0;
	}
	for (; at < rest->n; at++) {
		if (rest->p[at] == '"' && (at + 1 == rest->n || rest->p[at + 1] != '"'))
			break;
		at += rest->p[at] == '"';
		buf_add_char(&value, rest->p[at]);
	}
	if (at >= rest->n || (at + 1 < rest->n && rest->p[at + 1] != ','))
		return error_set(
		        err, ERR_DOCKERFILE,
		        "parse error on line 1, column %zu: extraneous or missing "
		        "\" in quoted-field",
		        whole.n - rest->n + at + 1);
	*field = arena_text(arena, buf_text(&value));
	*rest = text_from(*rest, at + 1);
	return 0;
}

static struct text
lower_case(struct arena *arena, struct text t)
{
	char *copy = arena_copy_n(arena, t.p, t.n);

	for (size_t i = 0; i < t.n; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return (struct text){ copy, t.n };
}

static int
check_field(const struct mount_field *field, struct error *err)
{
	ptrdiff_t dollar = text_find(field->value, '$');

	if (text_is(field->key, "from") && dollar >= 0 &&
	    (size_t)dollar + 1 != field->value.n)
		return error_set(
		        err, ERR_DOCKERFILE,
		        "'from' doesn't support variable expansion, define alias "
		        "stage instead");
	return 0;
}

static int
read_mount(struct arena *arena, struct text value, struct raw_mount *out,
           struct error *err)
{
	struct raw_mount fields = { 0 };
	struct text rest = value, text = { 0 };
	int result = 0;

	if (value.n == 0)
		result = error_set(err, ERR_DOCKERFILE, "EOF");
	for (bool more = value.n > 0; more && result == 0;) {
		struct mount_field field;
		struct pair pair;

		if (cut_field(arena, value, &rest, &text, err) < 0) {
			result = -1;
			break;
		}
		pair = words_pair(text);
		field = (struct mount_field){ lower_case(arena, pair.key), pair.value,
			                      pair.has_value };
		array_push(&fields.fields, field);
		more = rest.n > 0;
		if (more)
			rest = text_from(rest, 1);
	}
	if (result < 0)
		error_wrap(err, "failed to parse csv mounts");
	for (size_t i = 0; i < fields.fields.n && result == 0; i++)
		result = check_field(&fields.fields.at[i], err);
	words_freeze(arena, &out->fields, &fields.fields);
	array_clear(&fields.fields);
	return result;
}

static int
read_mounts(struct arena *arena, const struct words *values, struct instruction *out,
            struct error *err)
{
	size_t n = values->list.n;

	out->flag.mounts.at = arena_alloc_n(arena, n, sizeof *out->flag.mounts.at);
	out->flag.mounts.n = out->flag.mounts.cap = n;
	for (size_t i = 0; i < n; i++)
		if (read_mount(arena, values->list.at[i], &out->flag.mounts.at[i], err) <
		    0)
			return -1;
	return 0;
}

/* TEXT must be empty (not given) or one of the N WORDS. */
static bool
is_one_of(struct text t, const char *const *words, size_t n)
{
	if (t.p == NULL)
		return true;
	for (size_t i = 0; i < n; i++)
		if (text_is(t, words[i]))
			return true;
	return false;
}

static int
check_modes(const struct instruction *in, struct error *err)
{
	static const char *const networks[] = { "default", "none", "host" };
	static const char *const securities[] = { "sandbox", "insecure" };
	auto_buf struct buf quoted = BUF_INIT;

	if (!is_one_of(in->flag.network, networks, 3)) {
		buf_add_quoted(&quoted, in->flag.network);
		return error_set(err, ERR_DOCKERFILE, "invalid network mode %s",
		                 buf_str(&quoted));
	}
	if (!is_one_of(in->flag.security, securities, 2)) {
		buf_add_quoted(&quoted, in->flag.security);
		return error_set(err, ERR_DOCKERFILE, "security %s is not valid",
		                 buf_str(&quoted));
	}
	return 0;
}

int
parse_run(struct arena *arena, const struct statement *s, struct instruction *out,
          struct error *err)
{
	struct words mounts = { 0 }, devices = { 0 };
	const struct flag table[] = {
		{ "mount", FLAG_LIST, &mounts },
		{ "network", FLAG_TEXT, &out->flag.network },
		{ "security", FLAG_TEXT, &out->flag.security },
		{ "device", FLAG_LIST, &devices },
	};
	int result = flags_read(s->flags.at, s->flags.n, table, 4, err);

	if (result == 0)
		result = check_modes(out, err);
	if (result == 0 && mounts.list.n > 0)
		result = read_mounts(arena, &mounts, out, err);
	words_freeze(arena, &out->flag.devices, &devices.list);
	words_clear(&mounts);
	words_clear(&devices);
	return result;
}
