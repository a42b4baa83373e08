#include "builder/export/output_types.h"

#include "builder/export/package.h"

#define ROW(id, name, write, opens, packing, keys, help)                                 \
	{ name, write, opens, packing, keys },

const struct output_row output_rows[] = { OUTPUT_TYPES(ROW) };
