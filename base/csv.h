/*
 * csv: lists of attributes as BuildKit's options have them. Fields are separated by
 * commas; a field may be in double quotes, "" inside is one.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/error.h"
#include "base/text.h"

/* Cuts the next field off *REST into OUT. 1 there is one, 0 none is left, -1: a quote has
 * no end (ERR_USAGE). */
int csv_next(struct text *rest, struct buf *out, struct error *err);

#endif
