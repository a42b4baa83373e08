/*
 * inflate: one member of a gzip file after the other. The library that does it depends on
 * the program: ISA-L (inflate_isal.c), or zlib where everything is linked in
 * (packaging/static/inflate_zlib.c).
 */
#ifndef LAYERS_INFLATE_H
#define LAYERS_INFLATE_H

#include <stdbool.h>

#include "layers/decompress_formats.h"

struct inflater;

struct inflater *inflater_new(void);
void inflater_free(struct inflater *z); /* takes NULL */

/* The next byte of the input is the first of a member. Comes first, too. */
void inflater_begin(struct inflater *z);

/* Takes what IN has at hand and writes up to N bytes to BYTES. Returns how many came out,
 * perhaps none, or -1 with ERR_DAMAGED. *IS_DONE: the member has ended, and its checksum
 * was right. */
ssize_t inflater_step(struct inflater *z, struct input *in, void *bytes, size_t n,
                      bool *is_done, struct error *err);

#endif
