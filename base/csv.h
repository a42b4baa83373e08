/*
 * csv: lists of attributes as in BuildKit's options. Commas separate the fields. A field
 * may be in double quotes; inside, "" means one double quote.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/error.h"
#include "base/text.h"

/* Moves the next field from *REST to OUT. Returns 1 if there is one, 0 if none is left,
 * -1 if a quote does not end (ERR_USAGE). */
int csv_next(struct text *rest, struct buf *out, struct error *err);

#endif
