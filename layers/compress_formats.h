/*
 * compress_formats: each format's functions. A member is a gzip member (RFC 1952) or a
 * zstd frame (RFC 8878); both may follow each other.
 */
#ifndef LAYERS_COMPRESS_FORMATS_H
#define LAYERS_COMPRESS_FORMATS_H

#include <stddef.h>

/* What one thread needs to compress members. Never NULL. */
void *gzip_packer_new(int level);
void gzip_packer_free(void *packer);
size_t gzip_bound(size_t n); /* the most bytes that a member of N can have */

/* Compresses IN, N bytes, into OUT, which has gzip_bound(N). Returns the size. */
size_t gzip_pack(void *packer, const char *in, size_t n, char *out);

void *zstd_packer_new(int level);
void zstd_packer_free(void *packer);
size_t zstd_bound(size_t n);
size_t zstd_pack(void *packer, const char *in, size_t n, char *out);

#endif
