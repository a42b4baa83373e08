#include "base/csv.h"

#include <stdbool.h>

int
csv_next(struct text *rest, struct buf *out, struct error *err)
{
	bool quoted = false;
	size_t i = 0;

	if (rest->p == NULL)
		return 0;
	buf_truncate(out, 0);
	for (; i < rest->n && (quoted || rest->p[i] != ','); i++) {
		if (rest->p[i] != '"') {
			buf_add_char(out, rest->p[i]);
		} else if (quoted && i + 1 < rest->n && rest->p[i + 1] == '"') {
			buf_add_char(out, '"');
			i++;
		} else {
			quoted = !quoted;
		}
	}
	if (quoted)
		return error_set(err, ERR_USAGE, "a double quote has no end");
	if (i < rest->n)
		*rest = text_from(*rest, i + 1);
	else
		rest->p = NULL;
	return 1;
}
