#include "builder/export/export.h"

#include "base/base.h"

static bool
is_dir(const struct output *output)
{
	return output->type == OUTPUT_LOCAL || output->layout_dir;
}

static bool
is_file(const struct output *output)
{
	return output->type == OUTPUT_OCI || output->type == OUTPUT_DOCKER ||
	       output->type == OUTPUT_TAR;
}

int
output_open(struct output *output, const char *option, struct error *err)
{
	const char *dest = output->dest == NULL ? "-" : output->dest;

	if (is_dir(output))
		output->destination = destination_open(DESTINATION_DIR, option, dest,
		                                       err);
	else if (is_file(output))
		output->destination = destination_open(DESTINATION_ARCHIVE, option, dest,
		                                       err);
	else
		return 0;
	return output->destination == NULL ? -1 : 0;
}
