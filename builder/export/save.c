#include "builder/export/save.h"

#include "base/base.h"
#include "base/count.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/export/archive_put.h"
#include "builder/export/stored_image.h"
#include "layers/blob.h"

#define LAYOUT_FILE  "{\"imageLayoutVersion\":\"1.0.0\"}"
#define VERSION_FILE "Directory Transport Version: 1.1\n"

static const struct {
	const char *word;
	enum save_form form;
} forms[] = {
	{ "docker-archive", SAVE_DOCKER_ARCHIVE },
	{ "docker", SAVE_DOCKER_ARCHIVE },
	{ "oci-archive", SAVE_OCI_ARCHIVE },
	{ "oci", SAVE_OCI_ARCHIVE },
	{ "oci-dir", SAVE_OCI_DIR },
	{ "docker-dir", SAVE_DIR },
};

bool
save_form_parse(struct text word, enum save_form *out)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (text_is(word, forms[i].word)) {
			*out = forms[i].form;
			return true;
		}
	return false;
}

enum destination_form
save_destination_form(enum save_form form)
{
	return form == SAVE_OCI_DIR || form == SAVE_DIR ? DESTINATION_DIR
	                                                : DESTINATION_ARCHIVE;
}

void
save_image_clear(struct save_image *image)
{
	for (size_t i = 0; i < image->names.list.n; i++)
		reference_clear(&image->names.list.at[i]);
	array_clear(&image->names.list);
	free(image->word);
}

struct saving {
	const struct export_options *export;
	const struct save_options *options;
	const struct save_image *images;
	struct stored_image *stored; /* of each image */
	size_t n;
	struct archive archive;
	struct {
		ARRAY(const struct digest *) list;
	} written;
};

/* ------------------------------------------------------------ documents */

/* The names of image I, borrowed. */
static struct export_names
names_of(const struct saving *s, size_t i)
{
	struct export_names names = { 0 };

	names.list.at = s->images[i].names.list.at;
	names.list.n = s->images[i].names.list.n;
	return names;
}

/* The entry of a layout that has the text WORD as name, whatever it is. */
static void
set_word(json_t *index, const char *word)
{
	json_t *list = json_object_get(index, "manifests");
	json_t *entry = json_array_get(list, json_array_size(list) - 1);
	json_t *notes = json_object_get(entry, "annotations");

	for (size_t i = json_array_size(list) - 1; i > 0; i--) {
		const json_t *old = json_object_get(json_array_get(list, i - 1),
		                                    "annotations");
		const char *name = json_string_value(
		        json_object_get(old, "org.opencontainers.image.ref.name"));

		if (name != NULL && strcmp(name, word) == 0)
			json_array_remove(list, i - 1);
	}
	notes = notes == NULL ? json_object() : json_copy(notes);
	jsonio_set(notes, "org.opencontainers.image.ref.name",
	           jsonio_string(text_of(word)));
	json_object_del(notes, "io.containerd.image.name");
	jsonio_set(entry, "annotations", notes);
}

/* index.json with all images, and with what was THERE (its reference is taken). */
static json_t *
make_index(const struct saving *s, json_t *there)
{
	for (size_t i = 0; i < s->n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		const struct export_names names = names_of(s, i);
		struct descriptor root = s->stored[i].root.descriptor;
		auto_free char *text = NULL;

		/* Notes of the store are not the image's. */
		root.annotations = NULL;
		text = layout_index(&root, &names, 0, there);
		json_decref(there);
		there = jsonio_parse(text_of(text), "index.json", &ignored);
		if (s->images[i].word != NULL)
			set_word(there, s->images[i].word);
	}
	return there;
}

static int
put_indexes(struct saving *s, json_t *there, struct error *err)
{
	auto_json json_t *index = make_index(s, there), *list = json_array();
	auto_free char *text = jsonio_print(index), *docker = NULL;

	if (archive_put_text(&s->archive, "oci-layout", TEXT(LAYOUT_FILE), err) < 0 ||
	    archive_put_text(&s->archive, "index.json", text_of(text), err) < 0)
		return -1;
	if (s->options->form != SAVE_DOCKER_ARCHIVE)
		return 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct export_names names = names_of(s, i);

		json_array_append_new(list, archive_docker_entry(&s->archive,
		                                                 &s->stored[i].manifest,
		                                                 &names));
	}
	docker = jsonio_print(list);
	return archive_put_text(&s->archive, "manifest.json", text_of(docker), err);
}

/* ------------------------------------------------------------ blobs */

/* Images share blobs; in a tar each is written once. */
static bool
is_first(struct saving *s, const struct digest *d)
{
	for (size_t i = 0; i < s->written.list.n; i++)
		if (digest_equal(s->written.list.at[i], d))
			return false;
	array_push(&s->written.list, d);
	return true;
}

static int
put_document(struct saving *s, const struct document *d, struct error *err)
{
	auto_free char *path = archive_blob_path(&s->archive, &d->descriptor.digest);

	if (!is_first(s, &d->descriptor.digest))
		return 0;
	return archive_put_text(&s->archive, path, buf_text(&d->bytes), err);
}

static int
put_image(struct saving *s, const struct stored_image *image, struct error *err)
{
	for (size_t i = 0; i < image->blobs.list.n; i++) {
		const struct package_blob *blob = &image->blobs.list.at[i];

		if (is_first(s, &blob->descriptor.digest) &&
		    archive_put_blob(&s->archive, s->export->store, blob,
		                     s->export->cancel, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < image->children.n; i++)
		if (put_document(s, &image->children.at[i], err) < 0)
			return -1;
	return s->options->form == SAVE_DIR ? 0 : put_document(s, &image->root, err);
}

static int
put_images(struct saving *s, struct error *err)
{
	if (archive_put_directories(&s->archive, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (put_image(s, &s->stored[i], err) < 0)
			return -1;
	return 0;
}

/* A stream cannot be rewound: all is looked at before the first byte is written. */
static int
check_blobs(const struct saving *s, struct error *err)
{
	char text[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->stored[i].blobs.list.n; j++) {
			const struct digest *d =
			        &s->stored[i].blobs.list.at[j].descriptor.digest;
			int sound = blob_check(s->export->store, d, s->export->cancel,
			                       err);

			if (sound < 0)
				return -1;
			if (sound == 0) {
				error_set(err, ERR_DAMAGED,
				          "%s: blob %s is not in the "
				          "store",
				          s->images[i].name, digest_text(d, text));
				return error_hint(err, "pull or build the image again");
			}
		}
	return 0;
}

/* ------------------------------------------------------------ forms */

static int
write_tar(struct saving *s, struct error *err)
{
	int failed = 0;

	s->archive.tar = tar_out_new(destination_write, s->options->destination);
	failed = put_indexes(s, NULL, err);
	if (failed == 0)
		failed = put_images(s, err);
	if (failed == 0)
		failed = tar_out_end(s->archive.tar, err);
	tar_out_free(s->archive.tar);
	return failed;
}

/* The index last, when everything that it names exists. */
static int
write_layout(struct saving *s, struct error *err)
{
	const struct output layout = { .type = OUTPUT_OCI,
		                       .layout_dir = true,
		                       .destination = s->options->destination };

	s->archive.dir_fd = destination_dir_fd(s->options->destination);
	if (output_check_layout(&layout, err) < 0)
		return -1;
	return put_images(s, err) < 0
	               ? -1
	               : put_indexes(s, archive_read_index(s->archive.dir_fd), err);
}

static int
write_dir(struct saving *s, struct error *err)
{
	s->archive.dir_fd = destination_dir_fd(s->options->destination);
	s->archive.is_flat = true;
	if (put_images(s, err) < 0 ||
	    archive_put_text(&s->archive, "version", TEXT(VERSION_FILE), err) < 0)
		return -1;
	return archive_put_text(&s->archive, "manifest.json",
	                        buf_text(&s->stored[0].root.bytes), err);
}

static int
write_form(struct saving *s, struct error *err)
{
	switch (s->options->form) {
	case SAVE_OCI_DIR:
		return write_layout(s, err);
	case SAVE_DIR:
		return write_dir(s, err);
	case SAVE_DOCKER_ARCHIVE:
	case SAVE_OCI_ARCHIVE:
		break;
	}
	return write_tar(s, err);
}

static int
prepare(struct saving *s, struct error *err)
{
	bool single = s->options->form == SAVE_DOCKER_ARCHIVE ||
	              s->options->form == SAVE_DIR || s->options->platform != NULL;

	if (s->options->form == SAVE_DIR && s->n != 1)
		return error_set(err, ERR_USAGE,
		                 "a directory of this form holds one "
		                 "image");
	for (size_t i = 0; i < s->n; i++) {
		s->stored[i].options = s->export;
		s->stored[i].compressor = &s->options->compressor;
		s->stored[i].single = single;
		s->stored[i].platform = s->options->platform;
		if (stored_image_prepare(&s->stored[i], s->images[i].name, err) < 0)
			return -1;
	}
	return check_blobs(s, err);
}

int
export_save(const struct export_options *export, const struct save_options *options,
            const struct save_image *images, size_t n, struct descriptor *root,
            struct error *err)
{
	auto_free struct stored_image *stored = mem_new_n(n + 1, sizeof *stored);
	struct saving s = { .export = export,
		            .options = options,
		            .images = images,
		            .stored = stored,
		            .n = n,
		            .archive = { .dir_fd = -1 } };
	int vertex = event_begin("saving");
	int failed = prepare(&s, err);

	if (failed == 0)
		failed = write_form(&s, err);
	if (failed == 0)
		failed = destination_keep(options->destination, err);
	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	if (failed == 0)
		descriptor_copy(root, &stored[0].root.descriptor);
	for (size_t i = 0; i < n; i++)
		stored_image_clear(&stored[i]);
	array_clear(&s.written.list);
	return failed < 0 ? error_wrap(err, "save") : 0;
}
