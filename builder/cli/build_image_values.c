#include "builder/cli/build_image_values.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/count.h"
#include "base/csv.h"
#include "base/event.h"
#include "base/input.h"
#include "base/number.h"
#include "builder/cli/build_options.h"
#include "builder/cli/build_values.h"
#include "builder/cli/values.h"
#include "parser/config.h"

#define ARG_FILE_MAX ((size_t)1 << 20)

/* ------------------------------------------------------------ config */

/* NAME[=VALUE], like --build-arg. */
int
add_env(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	struct text given = value, name = text_cut(&given, '=');
	auto_free char *key = text_copy(name);

	if (name.n == 0)
		return error_set(err, ERR_USAGE, "a variable needs a name");
	if (given.p == NULL)
		given = text_of(getenv(key));
	if (given.p != NULL)
		array_push(&o->request.env, ((struct variable){ name, given }));
	return 0;
}

int
add_unset_env(void *target, struct text value, struct error *err)
{
	if (value.n == 0 || text_find(value, '=') >= 0)
		return error_set(err, ERR_USAGE, "must be the name of a variable");
	array_push(&((struct build_options *)target)->request.unset_env, value);
	return 0;
}

int
add_unset_label(void *target, struct text value, struct error *err)
{
	if (value.n == 0)
		return error_set(err, ERR_USAGE, "must be the name of a label");
	array_push(&((struct build_options *)target)->request.unset_labels, value);
	return 0;
}

int
set_inherit_labels(void *target, struct text value, struct error *err)
{
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	((struct build_options *)target)->request.drops_labels = !on;
	return 0;
}

int
set_from(void *target, struct text value, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;

	if (value.n > 0 && reference_parse(&ref, value, err) < 0)
		return -1;
	((struct build_options *)target)->request.from = value.n == 0 ? (struct text){ 0 }
	                                                              : value;
	return 0;
}

/* ------------------------------------------------------------ arguments */

/* NAME=VALUE lines; what the command line says wins, wherever it stands. */
int
add_build_arg_file(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_free char *path = text_copy(value);
	auto_buf struct buf bytes = BUF_INIT;
	struct text rest, line;
	int found = input_read(AT_FDCWD, path, ARG_FILE_MAX, NULL, &bytes, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_SOURCE, "no such file");
	rest = build_options_own(o, buf_take(&bytes));
	while (text_line(&rest, &line)) {
		line = text_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (text_find(line, '=') <= 0)
			return error_set(err, ERR_USAGE, "a line is not NAME=VALUE: %.*s",
			                 TEXT_ARG(line));
		array_push(&o->file_args,
		           ((struct variable){ text_cut(&line, '='), line }));
	}
	return 0;
}

int
set_http_proxy(void *target, struct text value, struct error *err)
{
	return value_flag(value, &((struct build_options *)target)->gives_proxy, err);
}

/* ------------------------------------------------------------ form */

int
set_squash(void *target, struct text value, struct error *err)
{
	struct build_request *r = &((struct build_options *)target)->request;
	bool on = true;

	if (text_is(value, "all") || text_is(value, "new"))
		r->squash = text_is(value, "all") ? SQUASH_ALL : SQUASH_NEW;
	else if (value.p != NULL && !number_bool(value, &on))
		return error_set(err, ERR_USAGE, "must be new or all");
	else
		r->squash = on ? SQUASH_NEW : SQUASH_NONE;
	return 0;
}

int
set_timestamp(void *target, struct text value, struct error *err)
{
	uint64_t seconds = 0;

	if (!number_u64(value, &seconds))
		return error_set(err, ERR_USAGE, "must be seconds since 1970");
	return set_epoch(target, value, err);
}

int
set_compression(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (!compression_parse(value, &o->compression)) {
		error_set(err, ERR_USAGE, "not supported");
		return error_hint(err, "use gzip, zstd or uncompressed");
	}
	o->compression_given = true;
	return 0;
}

int
set_compression_level(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	int64_t level = 0;

	if (!number_i64(value, &level) || level < -1 || level > 22)
		return error_set(err, ERR_USAGE, "not a level");
	o->level = (int)level;
	o->level_given = level >= 0;
	return 0;
}

/* The name of an index with all platforms. */
int
set_manifest(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	if (add_tag(target, value, err) < 0)
		return -1;
	o->request.makes_index = true;
	return 0;
}

/* ------------------------------------------------------------ caches */

/* Caches of others that cooper has no place for: the build is slower, but the same. */
static bool
is_foreign_cache(struct text value)
{
	static const char *const types[] = { "gha", "s3", "azblob" };
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf field = BUF_INIT;

	while (csv_next(&value, &field, &ignored) > 0)
		for (size_t i = 0; i < COUNT_OF(types); i++)
			if (text_starts(buf_text(&field), "type=") &&
			    text_is(text_from(buf_text(&field), 5), types[i]))
				return true;
	return false;
}

static int
add_cache(struct build_options *o, struct text value, bool is_to, struct error *err)
{
	struct build_request *r = &o->request;
	struct cache_place place = { 0 };

	if (value.n == 0)
		return 0;
	if (cache_place_parse(&place, is_to, value, err) == 0) {
		if (is_to)
			array_push(&r->cache_to, place);
		else
			array_push(&r->cache_from, place);
		return 0;
	}
	cache_place_clear(&place);
	if (!is_foreign_cache(value))
		return -1;
	error_clear(err);
	dialect_note(o, is_to ? "cache-to" : "cache-from",
	             "caches are in registries and directories: type=registry or local");
	return 0;
}

int
add_cache_from(void *target, struct text value, struct error *err)
{
	return add_cache(target, value, false, err);
}

int
add_cache_to(void *target, struct text value, struct error *err)
{
	return add_cache(target, value, true, err);
}

/* "0s" is any age, as a script may want to say. */
int
set_cache_ttl(void *target, struct text value, struct error *err)
{
	struct build_request *r = &((struct build_options *)target)->request;
	int64_t ns = 0;

	if (!number_duration(value, &ns) || ns < 0)
		return error_set(err, ERR_USAGE, "must be a time like 336h");
	r->cache_ttl_ns = ns;
	return 0;
}

/* ------------------------------------------------------------ registries */

int
set_creds(void *target, struct text value, struct error *err)
{
	struct text password = value;

	text_cut(&password, ':');
	if (text_find(value, ':') <= 0) {
		error_set(err, ERR_USAGE, "must be USER:PASSWORD");
		return error_hint(err, "a file keeps it from other users' eyes: "
		                       "--authfile FILE");
	}
	event_add_secret(password);
	((struct build_options *)target)->request.wishes.creds = value;
	return 0;
}

int
set_tls_verify(void *target, struct text value, struct error *err)
{
	bool on = false;

	if (value_flag(value, &on, err) < 0)
		return -1;
	((struct build_options *)target)->request.wishes.insecure_all = !on;
	return 0;
}

int
set_retry(void *target, struct text value, struct error *err)
{
	struct registry_wishes *w = &((struct build_options *)target)->request.wishes;

	return value_tries(value, &w->retries, err);
}

int
set_retry_delay(void *target, struct text value, struct error *err)
{
	struct registry_wishes *w = &((struct build_options *)target)->request.wishes;

	return value_wait(value, &w->retry_delay_ns, err);
}

int
set_timeout(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	/* buildctl's is about its daemon. */
	if (o->speaker == SPEAK_BUILDCTL)
		return 0;
	return value_silence(value, &o->request.wishes.timeout_s, err);
}

int
add_mirror(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_free char *name = mem_print("%.*s/a", TEXT_ARG(value));
	auto_reference struct reference ref = REFERENCE_INIT;

	if (value.n == 0)
		return 0;
	if (reference_parse(&ref, text_of(name), err) < 0)
		return error_set(err, ERR_USAGE, "must be HOST[:PORT][/PATH]");
	array_push(&o->request.wishes.mirrors, value);
	return 0;
}

/* HOST[/PATH]=HOST[/PATH]; … */
int
add_map(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;

	while (value.n > 0) {
		struct text to = text_cut(&value, ';'), from = text_cut(&to, '=');

		if (from.n == 0 || to.n == 0)
			return error_set(err, ERR_USAGE,
			                 "must be HOST=OTHER, more behind \";\"");
		array_push(&o->request.wishes.maps, ((struct variable){ from, to }));
	}
	return 0;
}
