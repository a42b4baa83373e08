/*
 * base64: RFC 4648, section 4, by libcrypto.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>

#include "base/text.h"

/* Appends N bytes in base64, padded. */
void base64_add(struct buf *out, const void *bytes, size_t n);

/* Decodes T from base64 and appends the bytes; padding may be missing. False if T is not
 * valid base64, or larger than 16 MiB. */
bool base64_read(struct buf *out, struct text t);

#endif
