/*
 * base64: as of RFC 4648, section 4, by libcrypto.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>

#include "base/text.h"

/* Appends N bytes in base64, padded. */
void base64_add(struct buf *out, const void *bytes, size_t n);

/* Appends what T says in base64; padding may be missing. False if it is none, or larger
 * than 16 MiB. */
bool base64_read(struct buf *out, struct text t);

#endif
