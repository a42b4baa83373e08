#include "builder/export/export.h"

#include "base/base.h"
#include "builder/export/package.h"

int
export_write_by(output_write_fn *write, const struct output *output,
                const struct export_options *options, const struct image *images,
                size_t n, struct descriptor *root, struct error *err)
{
	struct export_options own = *options;

	if (output->epoch_given)
		own.epoch = output->epoch;
	if (output->keep_times)
		own.epoch = -1;
	return write(output, &own, images, n, root, err);
}

int
export_write(const struct output *output, const struct export_options *options,
             const struct image *images, size_t n, struct descriptor *root,
             struct error *err)
{
	return export_write_by(output_rows[output->type].write, output, options, images,
	                       n, root, err);
}

int
to_nowhere(const struct output *output, const struct export_options *options,
           const struct image *images, size_t n, struct descriptor *root,
           struct error *err)
{
	(void)output;
	(void)options;
	(void)images;
	(void)n;
	(void)root;
	(void)err;
	return 0;
}
