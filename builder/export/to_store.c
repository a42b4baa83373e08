#include "builder/export/package.h"

#include "base/base.h"
#include "base/event.h"
#include "builder/image/image.h"
#include "layers/blob.h"
#include "layers/layer.h"
#include "layers/tags.h"

/* Pulled layers are in the store as pulled. Layers that were not needed so far are
 * fetched now, so that the layout is complete. */
static int
fetch_pulled(const struct image *image, const struct cancel *cancel, struct error *err)
{
	auto_free struct layer **pulled = mem_new_n(image->layers.n + 1, sizeof *pulled);
	size_t n = 0;

	for (size_t i = 0; i < image->layers.n; i++)
		if (layer_blob(image->layers.at[i]) != NULL)
			pulled[n++] = image->layers.at[i];
	return layers_make(pulled, n, LAYER_BLOB, cancel, err);
}

static int
write_document(struct store *store, const char *text, struct error *err)
{
	struct digest kept;

	return blob_write(store, text, strlen(text), &kept, err);
}

static int
write_documents(struct store *store, const struct packages *p, struct error *err)
{
	for (size_t i = 0; i < p->list.n; i++)
		if (write_document(store, p->list.at[i].image->config, err) < 0 ||
		    write_document(store, p->list.at[i].text, err) < 0)
			return -1;
	return p->index_text == NULL ? 0 : write_document(store, p->index_text, err);
}

static int
write_all(const struct output *output, const struct export_options *options,
          const struct image *images, size_t n, int vertex, struct descriptor *root,
          struct error *err)
{
	auto_packages struct packages p = PACKAGES_INIT;
	auto_export_names struct export_names names = { 0 };

	for (size_t i = 0; i < n; i++)
		if (fetch_pulled(&images[i], options->cancel, err) < 0)
			return -1;
	if (export_names_read(output, options, &names, err) < 0 ||
	    packages_make(output, options, images, n, true, &p, err) < 0 ||
	    write_documents(options->store, &p, err) < 0)
		return -1;
	packages_tell(&p, vertex);
	for (size_t i = 0; i < names.list.n; i++) {
		auto_free char *name = reference_print(&names.list.at[i]);
		auto_free char *shown = mem_print("naming to %s", name);

		if (tags_set(options->store, name, &p.root, err) < 0)
			return error_wrap(err, "tag %s", name);
		event_status(vertex, shown, 0, 0, true);
	}
	descriptor_copy(root, &p.root);
	return 0;
}

int
to_store(const struct output *output, const struct export_options *options,
         const struct image *images, size_t n, struct descriptor *root, struct error *err)
{
	int vertex = event_begin("exporting to image");
	int failed = write_all(output, options, images, n, vertex, root, err);

	event_end(vertex, failed < 0 ? OUTCOME_FAILED : OUTCOME_DONE,
	          failed < 0 ? err->text : NULL);
	if (failed == 0 && output->push) {
		descriptor_clear(root);
		failed = to_registry(output, options, images, n, root, err);
	}
	return failed;
}
