#include "builder/depots/depot.h"

#include "base/base.h"
#include "base/jsonio.h"

static int
read_document(void *arg, const struct descriptor *d, struct buf *out, struct error *err)
{
	return depot_document(arg, d, out, err);
}

/* The only image of the index in ROOT, whatever machine it is for. 1, 0, -1. */
static int
find_only(struct depot *p, const struct registry_document *root, struct descriptor *out,
          struct buf *text, struct error *err)
{
	auto_index struct index ix = { 0 };
	const struct descriptor *only = NULL;

	if (index_read(&ix, buf_text(&root->bytes), p->shown, err) < 0)
		return -1;
	for (size_t i = 0; i < ix.manifests.n; i++) {
		const struct descriptor *d = &ix.manifests.at[i];

		if (d->platform.os != NULL && strcmp(d->platform.os, "unknown") == 0)
			continue;
		if (only != NULL)
			return 0;
		only = d;
	}
	if (only == NULL)
		return 0;
	return manifest_find(only, &only->platform, p->shown, read_document, p, out, text,
	                     err) < 0
	               ? -1
	               : 1;
}

static int
find_manifest(struct depot *p, const struct platform *platform, struct depot_image *image,
              struct error *err)
{
	auto_platform struct platform host = PLATFORM_INIT;
	auto_error struct error fault = ERROR_INIT;
	int found = 0;

	if (!image->is_index) {
		descriptor_copy(&image->manifest, &image->root.descriptor);
		buf_add_text(&image->manifest_text, buf_text(&image->root.bytes));
		return 0;
	}
	if (platform == NULL) {
		platform_host(&host);
		found = find_only(p, &image->root, &image->manifest,
		                  &image->manifest_text, &fault);
		if (found > 0)
			return 0;
	}
	if (found < 0) {
		error_move(err, &fault);
		return -1;
	}
	return manifest_find(&image->root.descriptor, platform == NULL ? &host : platform,
	                     p->shown, read_document, p, &image->manifest,
	                     &image->manifest_text, err);
}

int
depot_image(struct depot *p, const struct platform *platform, struct depot_image *out,
            struct error *err)
{
	auto_json json_t *json = NULL;

	if (depot_find(p, &out->root, err) < 0)
		return -1;
	json = depot_json(buf_text(&out->root.bytes), p->shown, err);
	if (json == NULL || depot_is_index(json, p->shown, &out->is_index, err) < 0 ||
	    find_manifest(p, platform, out, err) < 0 ||
	    manifest_read(&out->document, buf_text(&out->manifest_text), p->shown, err) <
	            0 ||
	    depot_bytes(p, &out->document.config, DEPOT_DOCUMENT_MAX * 4,
	                &out->config_text, err) < 0)
		return -1;
	out->config = depot_json(buf_text(&out->config_text), p->shown, err);
	return out->config == NULL ? -1 : 0;
}

void
depot_image_clear(struct depot_image *image)
{
	registry_document_clear(&image->root);
	descriptor_clear(&image->manifest);
	buf_clear(&image->manifest_text);
	manifest_clear(&image->document);
	buf_clear(&image->config_text);
	json_decref(image->config);
	*image = (struct depot_image){ 0 };
}
