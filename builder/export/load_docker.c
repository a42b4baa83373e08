#include "base/base.h"
#include "base/jsonio.h"
#include "builder/export/load_tree.h"
#include "layers/blob.h"

/* The layers of one image in a manifest.json. */
#define LAYERS_MAX 1000

/* Plain tars are called by their diffID. Compressed ones are compared with it when they are
 * unpacked, as pulled ones are. */
static int
load_layer(const struct load_tree *t, const char *path, const char *diffid,
           struct descriptor *out, struct error *err)
{
	struct digest want, got;
	uint64_t size = 0;
	unsigned char magic[4] = { 0 };
	auto_fd int fd = load_open(t, path, &size, err);
	bool gzip = false, zstd = false;

	if (fd < 0)
		return -1;
	if (pread(fd, magic, sizeof magic, 0) < 0)
		return error_sys(err, "read %s", path);
	gzip = magic[0] == 0x1f && magic[1] == 0x8b;
	zstd = memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0;
	if (!digest_parse(&want, text_of(diffid)))
		return error_set(err, ERR_DAMAGED, "%s is no digest", diffid);
	if (load_blob(t, path, gzip || zstd ? NULL : &want, &got, &size, err) < 0)
		return -1;
	out->media_type = mem_copy(gzip   ? MEDIA_OCI_LAYER_GZIP
	                           : zstd ? MEDIA_OCI_LAYER_ZSTD
	                                  : MEDIA_OCI_LAYER);
	out->digest = got;
	out->size = size;
	return 0;
}

static int
load_layers(const struct load_tree *t, const json_t *paths, const json_t *diffids,
            struct manifest *m, struct error *err)
{
	size_t n = json_array_size(paths);

	if (n > LAYERS_MAX || n != json_array_size(diffids))
		return error_set(err, ERR_DAMAGED, "%zu layers, but the config names %zu",
		                 n, json_array_size(diffids));
	for (size_t i = 0; i < n; i++) {
		const char *path = json_string_value(json_array_get(paths, i));
		const char *diffid = json_string_value(json_array_get(diffids, i));

		if (path == NULL || diffid == NULL)
			return error_set(err, ERR_DAMAGED, "layer %zu has no name",
			                 i + 1);
		if (load_layer(t, path, diffid, array_add(&m->layers), err) < 0)
			return error_wrap(err, "layer %zu", i + 1);
	}
	return 0;
}

static int
load_config(const struct load_tree *t, const char *path, struct manifest *m,
            json_t **config, struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	int found = load_read(t, path, &text, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_SOURCE, "there is no file %s", path);
	*config = jsonio_parse_limited(buf_text(&text), 100000, path, err);
	if (*config == NULL)
		return -1;
	m->config.media_type = mem_copy(MEDIA_OCI_CONFIG);
	m->config.size = text.n;
	return blob_write(t->options->store, buf_str(&text), text.n, &m->config.digest,
	                  err);
}

static int
load_names(struct load_tree *t, const json_t *names, const struct descriptor *root,
           struct error *err)
{
	if (json_array_size(names) == 0)
		return load_name(t, NULL, root, err);
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (name == NULL)
			return error_set(err, ERR_DAMAGED, "RepoTags: not a text");
		if (load_name(t, name, root, err) < 0)
			return -1;
	}
	return 0;
}

static int
load_image(struct load_tree *t, const json_t *entry, struct error *err)
{
	auto_manifest struct manifest m = { .media_type = mem_copy(MEDIA_OCI_MANIFEST) };
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	auto_json json_t *config = NULL;
	auto_free char *text = NULL;
	const char *path = NULL;
	json_t *layers = NULL, *names = NULL, *rootfs = NULL, *diffids = NULL;

	if (!json_is_object(entry) ||
	    jsonio_str(entry, "Config", &path, "manifest.json", err) < 0 ||
	    jsonio_array(entry, "Layers", &layers, "manifest.json", err) < 0 ||
	    jsonio_array(entry, "RepoTags", &names, "manifest.json", err) < 0)
		return err->code != ERR_NONE ? -1
		                             : error_set(err, ERR_DAMAGED,
		                                         "manifest.json: not an object");
	if (path == NULL)
		return error_set(err, ERR_DAMAGED, "manifest.json names no config");
	if (load_config(t, path, &m, &config, err) < 0 ||
	    jsonio_object(config, "rootfs", &rootfs, path, err) < 0 ||
	    (rootfs != NULL &&
	     jsonio_array(rootfs, "diff_ids", &diffids, path, err) < 0) ||
	    load_layers(t, layers, diffids, &m, err) < 0)
		return -1;
	text = manifest_write(&m, NULL);
	root.media_type = mem_copy(MEDIA_OCI_MANIFEST);
	root.size = strlen(text);
	if (blob_write(t->options->store, text, strlen(text), &root.digest, err) < 0)
		return -1;
	return load_names(t, names, &root, err);
}

int
load_docker(struct load_tree *t, const json_t *list, struct error *err)
{
	if (!json_is_array(list) || json_array_size(list) == 0)
		return error_set(err, ERR_SOURCE, "manifest.json lists no image");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (load_image(t, json_array_get(list, i), err) < 0)
			return -1;
	return 0;
}
