#include "builder/export/export.h"

#include "base/base.h"
#include "builder/export/package.h"

int
export_write(const struct output *output, const struct export_options *options,
             const struct image *images, size_t n, struct descriptor *root,
             struct error *err)
{
	struct export_options own = *options;

	if (output->epoch_given)
		own.epoch = output->epoch;
	if (output->keep_times)
		own.epoch = -1;
	switch (output->type) {
	case OUTPUT_IMAGE:
		return to_store(output, &own, images, n, root, err);
	case OUTPUT_REGISTRY:
		return to_registry(output, &own, images, n, root, err);
	case OUTPUT_OCI:
	case OUTPUT_DOCKER:
		return to_archive(output, &own, images, n, root, err);
	case OUTPUT_TAR:
	case OUTPUT_LOCAL:
		return to_files(output, &own, images, n, err);
	case OUTPUT_NONE:
		return 0;
	}
	return error_set(err, ERR_INTERNAL, "unknown output type");
}
