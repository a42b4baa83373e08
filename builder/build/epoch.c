#include "builder/build/epoch.h"

#include "base/number.h"

int
epoch_parse(struct text text, int64_t *out, struct error *err)
{
	int64_t seconds = 0;

	*out = -1;
	if (text.p == NULL || text.n == 0)
		return 0;
	if (!number_i64(text, &seconds) || seconds < 0)
		return error_set(err, ERR_DOCKERFILE, "invalid SOURCE_DATE_EPOCH: %.*s",
		                 (int)text.n, text.p);
	*out = seconds;
	return 0;
}
