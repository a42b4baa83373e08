#include "builder/export/export.h"

#include "base/base.h"
#include "base/number.h"
#include "base/suggest.h"
#include "builder/export/csv.h"

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
	static const char *const names[] = { "image", "registry", "oci",  "docker",
		                             "tar",   "local",    "none", "cacheonly" };
	const char *near = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (text_is(value, names[i])) {
			out->type = i > OUTPUT_NONE ? OUTPUT_NONE : (enum output_type)i;
			return 0;
		}
	}
	near = suggest_find(value, names, sizeof names / sizeof *names, false);
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

	if (equal < 0)
		return error_set(err, ERR_USAGE, "\"%.*s\": must be key=value",
		                 (int)field.n, field.p);
	if (text_starts(key, "annotation")) {
		struct variable *note = array_add(&out->annotations);

		note->name = text_of(text_copy(key));
		note->value = text_of(text_copy(value));
		return 0;
	}
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (text_is(key, attributes[i].name))
			return attributes[i].set(out, value, err);
	return unknown_attribute(key, err);
}

int
output_parse(struct output *out, struct text value, struct error *err)
{
	auto_buf struct buf field = BUF_INIT;
	struct text rest = value;

	*out = (struct output){ .type = OUTPUT_LOCAL, .level = COMPRESS_LEVEL_DEFAULT };
	if (text_find(value, '=') < 0) {
		out->type = text_is(value, "-") ? OUTPUT_TAR : OUTPUT_LOCAL;
		out->dest = text_copy(value);
		return 0;
	}
	while (csv_next(&rest, &field))
		if (set_attribute(out, buf_text(&field), err) < 0)
			return -1;
	return 0;
}

void
output_clear(struct output *out)
{
	for (size_t i = 0; i < out->names.n; i++)
		free((char *)out->names.at[i].p);
	for (size_t i = 0; i < out->annotations.n; i++) {
		free((char *)out->annotations.at[i].name.p);
		free((char *)out->annotations.at[i].value.p);
	}
	array_clear(&out->names);
	array_clear(&out->annotations);
	free(out->dest);
	*out = (struct output){ 0 };
}
