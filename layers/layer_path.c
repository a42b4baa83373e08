#include "layers/layers.h"

#define SHOWN 60

int
layer_path_check(struct text path, struct error *err)
{
	if (path.n <= LAYER_PATH_MAX)
		return 0;
	return error_set(err, ERR_SOURCE,
	                 "/%.*s…: its path has %zu bytes, more than the %d that the path "
	                 "of a file may have",
	                 SHOWN, path.p, path.n, LAYER_PATH_MAX);
}
