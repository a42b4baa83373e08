/*
 * percent: percent-encoding in parts of URLs (RFC 3986, section 2.1).
 */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include "base/text.h"

/* Appends T to OUT with every %xx replaced by its byte; invalid escapes and %00
 * stay as they are. */
void percent_decode(struct text t, struct buf *out);

#endif
