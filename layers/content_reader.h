/*
 * content_reader: reads the bytes of a struct content.
 */
#ifndef LAYERS_CONTENT_READER_H
#define LAYERS_CONTENT_READER_H

#include "layers/content.h"

/* An open content and how much of it is left. */
struct content_reader {
	struct content content;
	int fd; /* of CONTENT_FILE; owned */
	uint64_t at, size;
};

/* Opens C, which must have SIZE bytes (ERR_SOURCE if not, naming NAME). */
int content_reader_open(struct content_reader *r, const struct content *c, uint64_t size,
                        struct text name, struct error *err);

/* Reads exactly the next N bytes, which must not be more than are left; else -1. */
int content_reader_read(struct content_reader *r, void *bytes, size_t n, struct text name,
                        struct error *err);
void content_reader_close(struct content_reader *r);

/* Reads all of C, a CONTENT_FILE, with few system calls. True if it is a file of exactly
 * SIZE bytes. TO has room for one byte more. */
bool content_read_small(const struct content *c, size_t size, char *to);

/* All of C, appended to OUT; more than MAX bytes is an error. */
int content_read(const struct content *c, size_t max, struct buf *out, struct error *err);

#endif
