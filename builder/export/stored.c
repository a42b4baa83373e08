#include "builder/export/export.h"

#include "base/base.h"
#include "base/event.h"
#include "builder/image/image.h"

/* With all blobs: the store must be able to do without the registry from now on. */
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
	failed = layers_make(image->layers.at, image->layers.n, LAYER_BLOB,
	                     options->cancel, err);
	if (failed == 0)
		failed = tags_set(options->store, name, &image->root, err);
	if (failed == 0)
		descriptor_copy(root, &image->root);
	source_image_free(image);
	return failed < 0 ? error_wrap(err, "pull %s", name) : 0;
}
