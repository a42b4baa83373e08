#include "builder/depots/depot.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "builder/export/archive_put.h"

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define REF_KEY     "org.opencontainers.image.ref.name"
#define NAME_KEY    "io.containerd.image.name"

static bool
is_docker(const struct depot *p)
{
	return p->transport.kind == TRANSPORT_DOCKER_ARCHIVE;
}

/* In an archive each path is written once. */
static bool
is_first(struct depot *p, const char *path)
{
	for (size_t i = 0; i < p->written.list.n; i++)
		if (strcmp(p->written.list.at[i], path) == 0)
			return false;
	array_push(&p->written.list, mem_copy(path));
	return true;
}

static int
put_text(struct depot *p, const char *path, struct text text, struct error *err)
{
	if (!is_first(p, path))
		return 0;
	if (tar_out_file(p->tar, path, text.n, err) < 0)
		return -1;
	return tar_out_data(p->tar, text.p, text.n, err);
}

static char *
path_of(const struct digest *d)
{
	char hex[DIGEST_HEX_MAX];

	return mem_print("blobs/%s/%s", digest_alg_name(d), digest_hex(d, hex));
}

static int
tar_begin(struct depot *p, struct error *err)
{
	if (tar_out_dir(p->tar, "blobs", err) < 0 ||
	    tar_out_dir(p->tar, "blobs/sha256", err) < 0)
		return -1;
	return put_text(p, "oci-layout", TEXT(LAYOUT_TEXT), err);
}

static int
tar_has(struct depot *p, const struct descriptor *d, struct error *err)
{
	(void)p;
	(void)d;
	(void)err;
	return 0;
}

static int
put_piece(void *arg, const void *bytes, size_t n, struct error *err)
{
	return tar_out_data(arg, bytes, n, err);
}

static int
tar_put_blob(struct depot *p, const struct descriptor *d, const char *from, bool anew,
             struct blob_in *in, enum push_outcome *outcome, struct error *err)
{
	auto_free char *path = path_of(&d->digest);

	(void)from;
	(void)anew;
	*outcome = PUSH_EXISTED;
	if (!is_first(p, path))
		return 0;
	*outcome = PUSH_SENT;
	if (tar_out_file(p->tar, path, d->size, err) < 0)
		return -1;
	return blob_in_pass(in, p->options->cancel, put_piece, p->tar, err);
}

/* manifest.json, for those that know no layouts. */
static int
put_docker(struct depot *p, struct text bytes, struct error *err)
{
	const struct archive at = { .dir_fd = -1 };
	auto_manifest struct manifest m = { 0 };
	auto_json json_t *list = json_array();
	auto_free char *text = NULL;
	struct export_names names = { 0 };

	if (manifest_read(&m, bytes, p->shown, err) < 0)
		return -1;
	if (p->ref.repo != NULL)
		reference_copy(array_add(&names.list), &p->ref);
	json_array_append_new(list, archive_docker_entry(&at, &m, &names));
	export_names_clear(&names);
	text = jsonio_print(list);
	return put_text(p, "manifest.json", text_of(text), err);
}

/* The name of an entry: that of the word, or NAME beside it. */
static json_t *
notes_for(const struct depot *p, const char *name)
{
	json_t *notes = json_object();
	auto_free char *full = NULL;

	if (*name != '\0') {
		jsonio_set(notes, REF_KEY, jsonio_string(text_of(name)));
		return notes;
	}
	if (p->ref.repo != NULL) {
		full = reference_print(&p->ref);
		jsonio_set(notes, NAME_KEY, json_string(full));
		if (p->ref.tag != NULL)
			jsonio_set(notes, REF_KEY, json_string(p->ref.tag));
	} else if (p->transport.name != NULL) {
		jsonio_set(notes, REF_KEY, jsonio_string(text_of(p->transport.name)));
	}
	return notes;
}

static int
tar_put(struct depot *p, const char *name, struct registry_put *put, struct error *err)
{
	auto_free char *path = path_of(put->digest);
	char digest[DIGEST_TEXT_MAX];
	json_t *entry = NULL;

	if (put_text(p, path, put->bytes, err) < 0)
		return -1;
	if (name == NULL || strchr(name, ':') != NULL)
		return 0;
	entry = json_object();
	jsonio_set(entry, "mediaType", json_string(put->media_type));
	jsonio_set(entry, "digest", json_string(digest_text(put->digest, digest)));
	jsonio_set(entry, "size", json_integer((json_int_t)put->bytes.n));
	jsonio_set(entry, "annotations", notes_for(p, name));
	json_array_append_new(p->entries, entry);
	return *name == '\0' && is_docker(p) ? put_docker(p, put->bytes, err) : 0;
}

static int
tar_finish(struct depot *p, struct error *err)
{
	auto_json json_t *index = json_pack("{s:i,s:s,s:O}", "schemaVersion", 2,
	                                    "mediaType", MEDIA_OCI_INDEX, "manifests",
	                                    p->entries);
	auto_free char *text = jsonio_print(index);

	if (put_text(p, "index.json", text_of(text), err) < 0 ||
	    tar_out_end(p->tar, err) < 0)
		return -1;
	return destination_keep(p->destination, err);
}

const struct depot_ops depot_ops_tar = {
	.begin = tar_begin,
	.has = tar_has,
	.put_blob = tar_put_blob,
	.put_document = tar_put,
	.finish = tar_finish,
	.is_stream = true,
};

int
tar_open(struct depot *p, struct error *err)
{
	p->ops = &depot_ops_tar;
	p->is_single = is_docker(p);
	if (p->is_single && p->transport.name != NULL &&
	    reference_parse(&p->ref, text_of(p->transport.name), err) < 0)
		return -1;
	p->destination = destination_open(DESTINATION_ARCHIVE, "the archive",
	                                  p->transport.path, err);
	if (p->destination == NULL)
		return -1;
	destination_set_cancel(p->destination, p->options->cancel);
	p->entries = json_array();
	p->tar = tar_out_new(destination_write, p->destination);
	return 0;
}
