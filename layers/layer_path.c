#include "layers/changes.h"

#include "base/path.h"

#define SHOWN 60

int
layer_path_check(struct text path, struct error *err)
{
	struct text rest = path, name;

	if (path.n > LAYER_PATH_MAX)
		return error_set(
		        err, ERR_SOURCE,
		        "/%.*s…: its path has %zu bytes, more than the %d that the path "
		        "of a file may have",
		        SHOWN, path.p, path.n, LAYER_PATH_MAX);
	while (path_next(&rest, &name))
		if (name.n > LAYER_NAME_MAX)
			return error_set(
			        err, ERR_SOURCE,
			        "%.*s…: the name has %zu bytes, more than the %d that "
			        "the name of a file may have",
			        SHOWN, name.p, name.n, LAYER_NAME_MAX);
	return 0;
}
