#include "builder/export/export.h"

#include "base/base.h"

int
output_open(struct output *output, const char *option, struct error *err)
{
	const char *dest = output->dest == NULL ? "-" : output->dest;
	enum output_opens opens = output->layout_dir ? OPENS_DIR
	                                             : output_rows[output->type].opens;

	if (opens == OPENS_NOTHING)
		return 0;
	output->destination = destination_open(opens == OPENS_DIR ? DESTINATION_DIR
	                                                          : DESTINATION_ARCHIVE,
	                                       option, dest, err);
	return output->destination == NULL ? -1 : 0;
}
