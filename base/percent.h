/*
 * percent: %xx in the parts of addresses (RFC 3986, section 2.1).
 */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include "base/text.h"

/* Appends T to OUT with every %xx replaced by its byte; what is no such escape, and
 * %00, stays as it is. */
void percent_decode(struct text t, struct buf *out);

#endif
