/*
 * csv: lists of attributes as BuildKit's options have them. Fields are separated by
 * commas; a field may be in double quotes, "" inside is one.
 */
#ifndef BUILDER_EXPORT_CSV_H
#define BUILDER_EXPORT_CSV_H

#include <stdbool.h>

#include "base/text.h"

/* Cuts the next field off *REST into OUT. False when none is left. */
bool csv_next(struct text *rest, struct buf *out);

#endif
