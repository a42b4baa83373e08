#include "base/count.h"
#include "builder/export/export.h"

#include <unistd.h>

#include "base/base.h"
#include "base/csv.h"
#include "base/number.h"
#include "base/suggest.h"

/* Words for types, among them what other builders call one. IS_SCHEME: in "WORD:PATH"
 * only. */
static const struct {
	const char *word;
	enum output_type type;
	bool is_scheme;
} other_words[] = {
	{ "cacheonly", OUTPUT_NONE, false },
	{ "oci-archive", OUTPUT_OCI, true },
	{ "docker-archive", OUTPUT_DOCKER, true },
	{ "dir", OUTPUT_LOCAL, true },
	{ "docker-daemon", OUTPUT_IMAGE, true },
	{ "containers-storage", OUTPUT_IMAGE, true },
};
#define N_OTHER_WORDS (COUNT_OF(other_words))

/* The type that WORD stands for, N_OUTPUT_TYPES if there is none. */
static enum output_type
find_type(struct text word, bool is_scheme)
{
	for (size_t i = 0; i < N_OUTPUT_TYPES; i++)
		if (text_is(word, output_rows[i].name))
			return (enum output_type)i;
	for (size_t i = 0; i < N_OTHER_WORDS; i++)
		if ((is_scheme || !other_words[i].is_scheme) &&
		    text_is(word, other_words[i].word))
			return other_words[i].type;
	return N_OUTPUT_TYPES;
}

/* ------------------------------------------------------------ attributes */

typedef int attribute_fn(struct output *out, struct text value, struct error *err);

static int
set_bool(bool *to, bool wanted, struct text value, struct error *err)
{
	bool given = false;

	if (!number_bool(value, &given))
		return error_set(err, ERR_USAGE, "%.*s: not true or false",
		                 TEXT_ARG(value));
	*to = given == wanted;
	return 0;
}

static int
unknown_type(struct text value, struct error *err)
{
	const char *names[N_OUTPUT_TYPES + N_OTHER_WORDS];
	size_t n = 0;

	for (size_t i = 0; i < N_OUTPUT_TYPES; i++)
		names[n++] = output_rows[i].name;
	for (size_t i = 0; i < N_OTHER_WORDS; i++)
		if (!other_words[i].is_scheme)
			names[n++] = other_words[i].word;
	error_set(err, ERR_USAGE, "unknown output type \"%.*s\"", TEXT_ARG(value));
	return suggest_hint(err, suggest_find(value, names, n, false));
}

static int
set_type(struct output *out, struct text value, struct error *err)
{
	enum output_type type = find_type(value, false);

	out->type_given = true;
	if (type == N_OUTPUT_TYPES)
		return unknown_type(value, err);
	out->type = type;
	return 0;
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
		struct text one = text_cut(&value, ',');
		auto_reference struct reference ref = REFERENCE_INIT;

		if (reference_parse(&ref, one, err) < 0)
			return error_wrap(err, "name");
		array_push(&out->names, text_of(text_copy(one)));
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
		          TEXT_ARG(value));
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
		                 TEXT_ARG(value));
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
		                 TEXT_ARG(value));
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
		                 TEXT_ARG(value));
	out->level = (int)level;
	return 0;
}

static int
set_force(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->force_compression, true, value, err);
}

static int
set_base(struct output *out, struct text value, struct error *err)
{
	return set_bool(&out->base_annotations, true, value, err);
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
	return set_bool(&out->is_for_daemon, true, value, err);
}

#define ATTRIBUTE(name, set, value, help) { name, set },

static const struct attribute {
	const char *name;
	attribute_fn *set;
} attributes[] = {
	{ "type", set_type },
	OUTPUT_KEYS(ATTRIBUTE){ "unpack", set_nothing },
	{ "store", set_nothing },
	{ "oci-artifact", set_nothing },
	{ "name-canonical", set_nothing },
	{ "attestation-inline", set_nothing },
};
#define N_ATTRIBUTES (COUNT_OF(attributes))

static int
unknown_attribute(struct text key, struct error *err)
{
	const char *names[N_ATTRIBUTES];

	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		names[i] = attributes[i].name;
	error_set(err, ERR_USAGE, "unknown output attribute \"%.*s\"", TEXT_ARG(key));
	return suggest_hint(err, suggest_find(key, names, N_ATTRIBUTES, false));
}

static int
set_attribute(struct output *out, struct text field, struct error *err)
{
	struct text value = field, key = text_cut(&value, '=');
	int is_annotation = 0;

	if (value.p == NULL)
		return error_set(err, ERR_USAGE, "\"%.*s\": must be key=value",
		                 TEXT_ARG(field));
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
	return output_rows[out->type].packing != PACKING_NONE;
}

/* "has no KEY" for a key that would be ignored although the user relies on it. */
static int
check_ignored(const struct output *out, struct error *err)
{
	const struct output_row *row = &output_rows[out->type];
	const struct {
		unsigned key;
		bool is_asked;
		const char *name;
	} asked[] = {
		{ KEY_DEST, out->dest != NULL, "dest" },
		{ KEY_PUSH, out->push, "push" },
		{ KEY_PUSH, out->push_by_digest, "push-by-digest" },
		{ KEY_MODE, out->deletes, "mode=delete" },
		{ KEY_ANNOTATION, out->annotations.list.n > 0, "annotation" },
		{ KEY_TAR, out->layout_dir, "tar=false" },
		{ KEY_SPLIT, out->split == SPLIT_ALWAYS, "platform-split=true" },
		{ KEY_IMAGE, out->names.n > 0, "name" },
		{ KEY_PUSH, out->insecure, "registry.insecure" },
		{ KEY_IMAGE, out->docker_types, "oci-mediatypes=false" },
		{ KEY_IMAGE, out->compression_given, "compression" },
		{ KEY_IMAGE, out->level != COMPRESS_LEVEL_DEFAULT, "compression-level" },
		{ KEY_IMAGE, out->force_compression, "force-compression" },
		{ KEY_ANNOTATION, out->base_annotations, "base-annotations" },
		{ KEY_IMAGE, out->is_for_daemon, "attribute of images" },
		{ KEY_TIMES, out->keep_times, "rewrite-timestamp" },
		{ KEY_TIMES, out->epoch_given, "source-date-epoch" },
	};

	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		if (!asked[i].is_asked || (row->keys & asked[i].key) != 0)
			continue;
		error_set(err, ERR_USAGE, "type=%s has no %s", row->name, asked[i].name);
		if (asked[i].key == KEY_DEST)
			error_hint(err, "for a file use type=oci, docker or tar, for a "
			                "directory type=local");
		return -1;
	}
	return 0;
}

static int
check_level(const struct output *out, struct error *err)
{
	const struct compressor c = { .kind = out->compression, .level = out->level };

	if (compressor_check(&c, err) == 0)
		return 0;
	return error_wrap(err, "compression-level");
}

int
output_check(const struct output *out, struct error *err)
{
	const struct output_row *row = &output_rows[out->type];
	bool needs_dir = row->opens == OPENS_DIR || out->layout_dir;

	if (check_ignored(out, err) < 0 ||
	    (out->compression_given && check_level(out, err) < 0))
		return -1;
	if (needs_dir && (out->dest == NULL || strcmp(out->dest, "-") == 0))
		return error_set(err, ERR_USAGE, "%s%s needs dest=DIRECTORY",
		                 out->layout_dir ? "" : "type=",
		                 out->layout_dir ? "tar=false" : row->name);
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

/* One field as it is written, with nothing that CSV means otherwise. */
static bool
is_word(struct text value)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf field = BUF_INIT;
	struct text rest = value;

	return text_find(value, '=') < 0 && csv_next(&rest, &field, &ignored) > 0 &&
	       text_equal(buf_text(&field), value);
}

/* Other builders' "oci:PATH", and a type without "type=", would silently become a
 * directory of that name. An existing directory is accepted. */
static int
check_word(struct text value, struct error *err)
{
	struct text rest = value, scheme = text_cut(&rest, ':');
	auto_free char *path = text_copy(value);
	enum output_type type = find_type(scheme, rest.p != NULL);
	const struct output_row *row = &output_rows[type];

	if (type == N_OUTPUT_TYPES || access(path, F_OK) == 0)
		return 0;
	error_set(err, ERR_USAGE, "\"%.*s\" would be a directory of this name",
	          TEXT_ARG(value));
	if (rest.n == 0)
		return error_hint(err, "did you mean type=%s? (the directory: ./%s)",
		                  row->name, path);
	return error_hint(err, "did you mean type=%s,%s=%.*s? (the directory: ./%s)",
	                  row->name, row->opens == OPENS_NOTHING ? "name" : "dest",
	                  TEXT_ARG(rest), path);
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
	if (is_word(value)) {
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
	/* The default compression of layers. */
	if (out->level != COMPRESS_LEVEL_DEFAULT && !out->compression_given) {
		out->compression = COMPRESS_GZIP;
		out->compression_given = output_has_layers(out);
	}
	return output_check(out, err);
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
