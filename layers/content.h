/*
 * content: where the content of a regular file is.
 */
#ifndef LAYERS_CONTENT_H
#define LAYERS_CONTENT_H

#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

struct content {
	enum { CONTENT_NONE, CONTENT_MEMORY, CONTENT_FILE, CONTENT_RANGE } kind;
	struct text memory; /* CONTENT_MEMORY */
	int dir_fd; /* CONTENT_FILE: opened as PATH below it, links not followed */
	struct text path;
	int fd; /* CONTENT_RANGE: SIZE bytes from OFFSET, by pread */
	uint64_t offset, size;
};

/* Content of entry E, derived (LAYER_TAR or LAYER_DIR) if the layer has neither.
 * Descriptors inside are borrowed from the layer. */
int layer_content(struct layer *l, const struct entry *e, struct content *out,
                  struct error *err);

/* Opens C for reading: an fd whose next C-size bytes are the content (caller
 * closes), and its size. For CONTENT_MEMORY a memfd. */
int content_open(const struct content *c, uint64_t *size, struct error *err);

#endif
