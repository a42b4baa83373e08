#include "builder/export/package.h"

#include "base/base.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/image/image.h"
#include "layers/layer.h"
#include "layers/tags.h"
#include "parser/plan.h"

/* The image is exported as it was pulled, including uncompressed layers. */
static int
tag(struct store *store, const char *name, const struct descriptor *root,
    struct error *err)
{
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	json_t *notes = NULL;

	descriptor_copy(&target, root);
	notes = target.annotations == NULL ? json_object()
	                                   : json_copy(target.annotations);
	jsonio_set(notes, AS_PULLED, json_string("true"));
	json_decref(target.annotations);
	target.annotations = notes;
	return tags_set(store, name, &target, err);
}

/* Blobs that were in the store before are verified. */
static int
drop_damaged(const struct source_image *image, const struct cancel *cancel,
             struct error *err)
{
	for (size_t i = 0; i < image->layers.n; i++) {
		const struct descriptor *d = layer_blob(image->layers.at[i]);

		if (d != NULL && layer_has(image->layers.at[i], LAYER_BLOB) &&
		    layer_check_blob(image->layers.at[i], cancel, err) < 0)
			return -1;
	}
	return 0;
}

/* All blobs are fetched, so that the store no longer needs the registry. */
int
import_pull(const struct export_options *options, const struct reference *ref,
            const struct platform *platform, struct descriptor *root, struct error *err)
{
	struct source_options source = { .store = options->store,
		                         .registry = options->registry,
		                         .policy = PULL_ALWAYS,
		                         .cancel = options->cancel };
	auto_free char *name = reference_print(ref);
	struct missing_base wanted = { .name = text_of(name), .platform = *platform };
	struct source_image *image = source_image_load(&source, &wanted, err);
	int failed = 0;

	if (image == NULL)
		return error_wrap(err, "pull %s", name);
	failed = drop_damaged(image, options->cancel, err);
	if (failed == 0)
		failed = layers_make(image->layers.at, image->layers.n, LAYER_BLOB,
		                     options->cancel, err);
	if (failed == 0)
		failed = tag(options->store, name, &image->root, err);
	if (failed == 0)
		descriptor_copy(root, &image->root);
	source_image_free(image);
	return failed < 0 ? error_wrap(err, "pull %s", name) : 0;
}
