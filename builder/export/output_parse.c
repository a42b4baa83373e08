#include "builder/export/export.h"

#include <unistd.h>

#include "base/base.h"
#include "base/csv.h"
#include "base/number.h"
#include "base/suggest.h"

static const char *const types[] = { "image", "registry", "oci",  "docker",
	                             "tar",   "local",    "none", "cacheonly" };
#define N_TYPES (sizeof types / sizeof *types)

/* ------------------------------------------------------------ attributes */

typedef int attribute_fn(struct output *out, struct text value, struct error *err);

static int
set_bool(bool *to, bool wanted, struct text value, struct error *err)
{
	bool given = false;

	if (!number_bool(value, &given))
		return error_set(err, ERR_USAGE, "%.*s: not true or false", (int)value.n,
		                 value.p);
	*to = given == wanted;
	return 0;
}

static int
set_type(struct output *out, struct text value, struct error *err)
{
	const char *near = NULL;

	out->type_given = true;
	for (size_t i = 0; i < N_TYPES; i++) {
		if (text_is(value, types[i])) {
			out->type = i > OUTPUT_NONE ? OUTPUT_NONE : (enum output_type)i;
			return 0;
		}
	}
	near = suggest_find(value, types, N_TYPES, false);
	error_set(err, ERR_USAGE, "unknown output type \"%.*s\"", (int)value.n, value.p);
	if (near != NULL)
		error_hint(err, "did you mean %s?", near);
	return -1;
}

static int
set_dest(struct output *out, struct text value, struct error *err)
{
	(void)err;
	free(out->dest);
	out->dest = text_copy(value);
	return 0;
}

/* A comma list inside one (quoted) field. */
static int
set_name(struct output *out, struct text value, struct error *err)
{
	while (value.n > 0) {
		ptrdiff_t comma = text_find(value, ',');
		struct text one = comma < 0 ? value : text_first(value, (size_t)comma);
		auto_reference struct reference ref = REFERENCE_INIT;

		if (reference_parse(&ref, one, err) < 0)
			return error_wrap(err, "name");
		array_push(&out->names, text_of(text_copy(one)));
		value = comma < 0 ? (struct text){ 0 }
		                  : text_from(value, (size_t)comma + 1);
	}
	return 0;
}

static int
set_push(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->push, true, value, err);
}

static int
set_push_by_digest(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->push_by_digest, true, value, err);
}

static int
set_insecure(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->insecure, true, value, err);
}

static int
set_tar(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->layout_dir, false, value, err);
}

static int
set_media_types(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->docker_types, false, value, err);
}

static int
set_compression(struct output *out, struct text value, struct error *err)
{
	if (!compression_parse(value, &out->compression)) {
		error_set(err, ERR_USAGE, "compression \"%.*s\" is not supported",
		          (int)value.n, value.p);
		return error_hint(err, "use gzip, zstd or uncompressed");
	}
	out->compression_given = true;
	return 0;
}

static int
set_split(struct output *out, struct text value, struct error *err)
{
	bool on = false;

	if (set_bool(&on, true, value, err) < 0)
		return -1;
	out->split = on ? SPLIT_ALWAYS : SPLIT_NEVER;
	return 0;
}

static int
set_mode(struct output *out, struct text value, struct error *err)
{
	if (!text_is(value, "copy") && !text_is(value, "delete"))
		return error_set(err, ERR_USAGE, "mode=%.*s: must be copy or delete",
		                 (int)value.n, value.p);
	out->deletes = text_is(value, "delete");
	return 0;
}

static int
set_epoch(struct output *out, struct text value, struct error *err)
{
	int64_t seconds = -1;

	if (value.n > 0 && (!number_i64(value, &seconds) || seconds < 0))
		return error_set(err, ERR_USAGE,
		                 "source-date-epoch=%.*s: not a number of seconds",
		                 (int)value.n, value.p);
	out->epoch_given = true;
	out->epoch = seconds;
	return 0;
}

static int
set_level(struct output *out, struct text value, struct error *err)
{
	int64_t level = 0;

	if (!number_i64(value, &level) || level < -1 || level > 22)
		return error_set(err, ERR_USAGE, "compression-level %.*s: not a level",
		                 (int)value.n, value.p);
	out->level = (int)level;
	return 0;
}

static int
set_force(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->force_compression, true, value, err);
}

static int
set_rewrite(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->keep_times, false, value, err);
}

/* Attributes of BuildKit that change nothing here: there is no daemon's store,
 * and attestations are not made. */
static int
set_nothing(struct output *out, struct text value, struct error *err)
{
	(void)out;
	(void)value;
	(void)err;
	return 0;
}

static const struct attribute {
	const char *name;
	attribute_fn *set;
} attributes[] = {
	{ "type", set_type },
	{ "dest", set_dest },
	{ "name", set_name },
	{ "push", set_push },
	{ "push-by-digest", set_push_by_digest },
	{ "registry.insecure", set_insecure },
	{ "tar", set_tar },
	{ "oci-mediatypes", set_media_types },
	{ "compression", set_compression },
	{ "compression-level", set_level },
	{ "force-compression", set_force },
	{ "rewrite-timestamp", set_rewrite },
	{ "source-date-epoch", set_epoch },
	{ "platform-split", set_split },
	{ "mode", set_mode },
	{ "unpack", set_nothing },
	{ "store", set_nothing },
	{ "oci-artifact", set_nothing },
	{ "attestation-inline", set_nothing },
};
#define N_ATTRIBUTES (sizeof attributes / sizeof *attributes)

static int
unknown_attribute(struct text key, struct error *err)
{
	const char *names[N_ATTRIBUTES];
	const char *near = NULL;

	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		names[i] = attributes[i].name;
	near = suggest_find(key, names, N_ATTRIBUTES, false);
	error_set(err, ERR_USAGE, "unknown output attribute \"%.*s\"", (int)key.n, key.p);
	if (near != NULL)
		error_hint(err, "did you mean %s?", near);
	return -1;
}

static int
set_attribute(struct output *out, struct text field, struct error *err)
{
	ptrdiff_t equal = text_find(field, '=');
	struct text key = equal < 0 ? field : text_first(field, (size_t)equal);
	struct text value = equal < 0 ? (struct text){ 0 }
	                              : text_from(field, (size_t)equal + 1);
	int is_annotation = 0;

	if (equal < 0)
		return error_set(err, ERR_USAGE, "\"%.*s\": must be key=value",
		                 (int)field.n, field.p);
	key = text_trim(key);
	is_annotation = annotation_parse_attribute(&out->annotations, key, value, err);
	if (is_annotation != 0)
		return is_annotation < 0 ? -1 : 0;
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (text_is(key, attributes[i].name))
			return attributes[i].set(out, value, err);
	return unknown_attribute(key, err);
}

/* ------------------------------------------------------------ what goes together */

bool
output_has_layers(const struct output *out)
{
	return out->type == OUTPUT_IMAGE || out->type == OUTPUT_REGISTRY ||
	       out->type == OUTPUT_OCI || out->type == OUTPUT_DOCKER;
}

/* "has no KEY" for what would be ignored although somebody relies on it. */
static int
check_ignored(const struct output *out, struct error *err)
{
	bool is_of_store = out->type == OUTPUT_IMAGE || out->type == OUTPUT_REGISTRY;
	const char *what = NULL;

	if (out->dest != NULL && (is_of_store || out->type == OUTPUT_NONE))
		what = "dest";
	else if (out->push && !is_of_store)
		what = "push";
	else if (out->push_by_digest && !is_of_store)
		what = "push-by-digest";
	else if (out->deletes && out->type != OUTPUT_LOCAL)
		what = "mode=delete";
	else if (out->annotations.list.n > 0 && !output_has_layers(out))
		what = "annotation";
	if (what == NULL)
		return 0;
	error_set(err, ERR_USAGE, "type=%s has no %s", types[out->type], what);
	if (strcmp(what, "dest") == 0)
		error_hint(err, "for a file use type=oci, docker or tar, for a directory "
		                "type=local");
	return -1;
}

static int
check(const struct output *out, struct error *err)
{
	bool needs_dir = out->type == OUTPUT_LOCAL || out->layout_dir;

	if (check_ignored(out, err) < 0)
		return -1;
	if (needs_dir && (out->dest == NULL || strcmp(out->dest, "-") == 0))
		return error_set(err, ERR_USAGE, "%s needs dest=DIRECTORY",
		                 out->layout_dir ? "tar=false" : "type=local");
	if (out->docker_types && out->compression == COMPRESS_ZSTD &&
	    out->compression_given) {
		error_set(err, ERR_USAGE,
		          "oci-mediatypes=false: Docker's media types know no zstd");
		return error_hint(err, "leave one of the two out, or use "
		                       "compression=gzip");
	}
	if (out->docker_types && annotations_need_oci(&out->annotations))
		return error_set(err, ERR_USAGE,
		                 "oci-mediatypes=false: Docker's media types have a "
		                 "place for annotations of manifests only");
	return 0;
}

/* ------------------------------------------------------------ one word */

/* Other builders' "oci:PATH", and a type without "type=": what would quietly become a
 * directory of that name. One that is there is meant. */
static int
check_word(struct text value, struct error *err)
{
	static const char *const others[] = { "oci-archive", "docker-archive", "dir",
		                              "docker-daemon", "containers-storage" };
	ptrdiff_t colon = text_find(value, ':');
	struct text scheme = text_first(value, colon < 0 ? value.n : (size_t)colon);
	struct text rest = text_from(value, colon < 0 ? value.n : (size_t)colon + 1);
	auto_free char *path = text_copy(value);
	const char *type = NULL;

	for (size_t i = 0; i < N_TYPES && type == NULL; i++)
		if (text_is(scheme, types[i]))
			type = types[i];
	for (size_t i = 0; i < sizeof others / sizeof *others && type == NULL; i++)
		if (colon >= 0 && text_is(scheme, others[i]))
			type = i == 0   ? "oci"
			       : i == 1 ? "docker"
			       : i == 2 ? "local"
			                : "image";
	if (type == NULL || access(path, F_OK) == 0)
		return 0;
	error_set(err, ERR_USAGE, "\"%.*s\" would be a directory of this name",
	          (int)value.n, value.p);
	if (colon < 0 || rest.n == 0)
		return error_hint(err, "did you mean type=%s? (the directory: ./%s)",
		                  type, path);
	return error_hint(err, "did you mean type=%s,%s=%.*s? (the directory: ./%s)",
	                  type, strcmp(type, "image") == 0 ? "name" : "dest", (int)rest.n,
	                  rest.p, path);
}

int
output_parse(struct output *out, struct text value, struct error *err)
{
	auto_buf struct buf field = BUF_INIT;
	struct text rest = value;
	int found = 0;

	*out = (struct output){ .type = OUTPUT_LOCAL, .level = COMPRESS_LEVEL_DEFAULT };
	if (value.n == 0)
		return error_set(err, ERR_USAGE, "the output is empty");
	if (text_find(value, '=') < 0) {
		out->type = text_is(value, "-") ? OUTPUT_TAR : OUTPUT_LOCAL;
		out->dest = text_copy(value);
		return check_word(value, err);
	}
	while ((found = csv_next(&rest, &field, err)) > 0)
		if (set_attribute(out, buf_text(&field), err) < 0)
			return -1;
	if (found < 0)
		return -1;
	if (!out->type_given) {
		error_set(err, ERR_USAGE, "the type is missing");
		return error_hint(err, "for a directory: type=local,dest=PATH");
	}
	return check(out, err);
}

void
output_clear(struct output *out)
{
	for (size_t i = 0; i < out->names.n; i++)
		free((char *)out->names.at[i].p);
	array_clear(&out->names);
	annotations_clear(&out->annotations);
	destination_drop(out->destination);
	free(out->dest);
	*out = (struct output){ 0 };
}
