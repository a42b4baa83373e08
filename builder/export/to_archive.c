#include "builder/export/archive_put.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/draft.h"
#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "layers/blob.h"
#include "layers/layer.h"
#include "layers/tar_out.h"

#define LAYOUT_FILE "{\"imageLayoutVersion\":\"1.0.0\"}"

/* ------------------------------------------------------------ documents */

#define NAME_KEY "io.containerd.image.name"
#define REF_KEY  "org.opencontainers.image.ref.name"

/* REF NULL: the image has no name. */
static json_t *
layout_entry(const struct descriptor *root, const struct reference *ref,
             int64_t created_ns)
{
	json_t *entry = descriptor_write(root);
	json_t *notes = root->annotations == NULL ? json_object()
	                                          : json_copy(root->annotations);
	char created[CLOCK_TEXT_MAX];

	if (ref != NULL) {
		auto_free char *name = reference_print(ref);

		jsonio_set(notes, NAME_KEY, json_string(name));
	}
	if (created_ns > 0)
		jsonio_set(notes, "org.opencontainers.image.created",
		           json_string(clock_print(created_ns, created)));
	if (ref != NULL && ref->tag != NULL)
		jsonio_set(notes, REF_KEY, json_string(ref->tag));
	if (json_object_size(notes) > 0)
		jsonio_set(entry, "annotations", notes);
	else
		json_decref(notes);
	return entry;
}

static const char *
note_of(const json_t *entry, const char *key)
{
	return json_string_value(
	        json_object_get(json_object_get(entry, "annotations"), key));
}

static bool
is_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Whether NEW replaces OLD: it has the same name, or OLD has none. */
static bool
is_replaced(const json_t *old, const json_t *new)
{
	const char *name = note_of(old, NAME_KEY), *ref = note_of(old, REF_KEY);

	if (name != NULL)
		return is_text(name, note_of(new, NAME_KEY));
	if (ref != NULL)
		return is_text(ref, note_of(new, REF_KEY));
	return is_text(json_string_value(json_object_get(old, "digest")),
	               json_string_value(json_object_get(new, "digest")));
}

/* Existing images of a layout stay, except under NEW's own names. */
static void
keep_others(json_t *list, const json_t *new, const json_t *old)
{
	for (size_t i = 0; i < json_array_size(old); i++) {
		json_t *entry = json_array_get(old, i);
		bool replaced = false;

		for (size_t j = 0; j < json_array_size(new); j++)
			replaced |= is_replaced(entry, json_array_get(new, j));
		if (!replaced)
			json_array_append(list, entry);
	}
}

char *
layout_index(const struct descriptor *root, const struct export_names *names,
             int64_t created_ns, const json_t *there)
{
	auto_json json_t *index = json_object(), *new = json_array();
	json_t *list = json_array();

	for (size_t i = 0; i == 0 || i < names->list.n; i++)
		json_array_append_new(
		        new,
		        layout_entry(root, names->list.n > 0 ? &names->list.at[i] : NULL,
		                     created_ns));
	keep_others(list, new, json_object_get(there, "manifests"));
	json_array_extend(list, new);
	jsonio_set(index, "schemaVersion", json_integer(2));
	jsonio_set(index, "mediaType", json_string(MEDIA_OCI_INDEX));
	jsonio_set(index, "manifests", list);
	return jsonio_print(index);
}

/* Damaged content of the store is fetched or made again before the first byte is written,
 * because a stream cannot be rewound. */
static int
heal(const struct package_blobs *blobs, const struct output *output,
     const struct export_options *options, struct error *err)
{
	const struct compressor packed = output_compressor(output, false);

	for (size_t i = 0; i < blobs->list.n; i++) {
		const struct package_blob *blob = &blobs->list.at[i];
		int sound = 1;

		if (blob->layer != NULL)
			sound = blob_check(options->store, &blob->descriptor.digest,
			                   options->cancel, err);
		if (sound < 0 ||
		    (sound == 0 && layer_remake(blob->layer, &packed, &blob->descriptor,
		                                options->cancel, err) < 0))
			return -1;
	}
	return 0;
}

/* Fetches the layers of a base that were not needed so far. */
static int
fetch_missing(const struct package_blobs *blobs, const struct export_options *options,
              struct error *err)
{
	auto_free struct layer **missing = mem_new_n(blobs->list.n + 1, sizeof *missing);
	size_t n = 0;

	for (size_t i = 0; i < blobs->list.n; i++) {
		const struct package_blob *blob = &blobs->list.at[i];

		if (blob->layer != NULL &&
		    !blob_has(options->store, &blob->descriptor.digest, NULL))
			missing[n++] = blob->layer;
	}
	return layers_make(missing, n, LAYER_BLOB, options->cancel, err);
}

static int
put_blobs(struct archive *a, const struct export_options *options,
          const struct packages *p, const struct package_blobs *blobs, struct error *err)
{
	if (archive_put_directories(a, err) < 0)
		return -1;
	for (size_t i = 0; i < blobs->list.n; i++)
		if (archive_put_blob(a, options->store, &blobs->list.at[i],
		                     options->cancel, err) < 0)
			return -1;
	for (size_t i = 0; i < p->list.n; i++) {
		auto_free char *path =
		        archive_blob_path(a, &p->list.at[i].descriptor.digest);

		if (archive_put_text(a, path, text_of(p->list.at[i].text), err) < 0)
			return -1;
	}
	if (p->index_text != NULL) {
		auto_free char *path = archive_blob_path(a, &p->root.digest);

		return archive_put_text(a, path, text_of(p->index_text), err);
	}
	return 0;
}

static int
put_indexes(struct archive *a, const struct output *output, const struct packages *p,
            const struct export_names *names, const json_t *there, struct error *err)
{
	int64_t created = p->list.n > 0 ? p->list.at[0].image->created_ns : 0;
	auto_free char *index = layout_index(&p->root, names, created, there);
	auto_free char *docker = NULL;
	auto_json json_t *list = NULL;

	if (archive_put_text(a, "oci-layout", TEXT(LAYOUT_FILE), err) < 0 ||
	    archive_put_text(a, "index.json", text_of(index), err) < 0)
		return -1;
	if (output->type != OUTPUT_DOCKER)
		return 0;
	list = json_array();
	json_array_append_new(list,
	                      archive_docker_entry(a, &p->list.at[0].manifest, names));
	docker = jsonio_print(list);
	return archive_put_text(a, "manifest.json", text_of(docker), err);
}

/* manifest.json and index.json come first, so that a reader of the stream knows the blobs
 * when they arrive. */
static int
write_tar(const struct output *output, const struct export_options *options,
          const struct packages *p, const struct export_names *names,
          const struct package_blobs *blobs, struct error *err)
{
	struct destination *d = output->destination;
	struct archive a = { .tar = tar_out_new(destination_write, d), .dir_fd = -1 };
	int failed = put_indexes(&a, output, p, names, NULL, err);

	if (failed == 0)
		failed = put_blobs(&a, options, p, blobs, err);
	if (failed == 0)
		failed = tar_out_end(a.tar, err);
	tar_out_free(a.tar);
	return failed < 0 ? -1 : destination_keep(d, err);
}

int
output_check_layout(const struct output *output, struct error *err)
{
	struct stat sb;
	auto_json json_t *there = NULL;
	int dir_fd = -1;

	if (!output->layout_dir)
		return 0;
	dir_fd = destination_dir_fd(output->destination);
	if (fstatat(dir_fd, "index.json", &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
	    sb.st_size == 0)
		return 0;
	there = archive_read_index(dir_fd);
	if (json_is_array(json_object_get(there, "manifests")))
		return 0;
	error_set(err, ERR_USAGE, "%s: index.json there is no index of images",
	          destination_shown(output->destination));
	return error_hint(err, "name another directory, or remove that file");
}

/* The indexes last, when everything that they name exists. */
static int
write_directory(const struct output *output, const struct export_options *options,
                const struct packages *p, const struct export_names *names,
                const struct package_blobs *blobs, struct error *err)
{
	struct archive a = { .dir_fd = destination_dir_fd(output->destination) };
	auto_json json_t *there = archive_read_index(a.dir_fd);

	if (put_blobs(&a, options, p, blobs, err) < 0 ||
	    put_indexes(&a, output, p, names, there, err) < 0)
		return error_wrap(err, "%s", destination_shown(output->destination));
	return destination_keep(output->destination, err);
}

static int
write_all(const struct output *output, const struct export_options *options,
          const struct packages *p, const struct export_names *names, struct error *err)
{
	auto_package_blobs struct package_blobs blobs = { 0 };

	packages_blobs(p, &blobs);
	if (fetch_missing(&blobs, options, err) < 0 ||
	    heal(&blobs, output, options, err) < 0)
		return -1;
	return output->layout_dir
	               ? write_directory(output, options, p, names, &blobs, err)
	               : write_tar(output, options, p, names, &blobs, err);
}

int
to_archive(const struct output *output, const struct export_options *options,
           const struct image *images, size_t n, struct descriptor *root,
           struct error *err)
{
	auto_packages struct packages p = PACKAGES_INIT;
	auto_export_names struct export_names names = { 0 };
	bool docker = output->type == OUTPUT_DOCKER;
	int vertex = 0, failed = 0;

	if (docker && (n != 1 || options->multi))
		return error_set(err, ERR_USAGE,
		                 "docker archives hold one platform: use type=oci");
	if (export_names_read(output, options, &names, err) < 0)
		return -1;
	vertex = event_begin(docker ? "exporting to docker image format"
	                            : "exporting to oci image format");
	failed = packages_make(output, options, images, n, false, &p, err);
	if (failed == 0)
		packages_tell(&p, vertex);
	if (failed == 0)
		failed = write_all(output, options, &p, &names, err);
	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	if (failed == 0)
		descriptor_copy(root, &p.root);
	return failed < 0 ? error_wrap(err, "export") : 0;
}
