/*
 * frame: prints the lines around a mistake and marks it.
 */
#ifndef PARSER_FRAME_H
#define PARSER_FRAME_H

#include <stddef.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

/* Appends the code frame of N PLACES in the text BYTES called NAME, as BuildKit prints
 * it: "Dockerfile:15", dashes, lines with >>> marks, dashes. */
void frame_print(struct buf *out, struct text bytes, const char *name,
                 const struct place *places, size_t n);

/* The same for many places of one text, which is split into lines only once. */
struct frame_source {
	const char *name;
	ARRAY(struct text) lines; /* views of the text, without LF */
};

void frame_source_init(struct frame_source *s, struct text bytes, const char *name);
void frame_source_clear(struct frame_source *s);
#define auto_frame_source __attribute__((cleanup(frame_source_clear)))

/* Appends one frame; nothing if PLACE is outside of the text. */
void frame_add(struct buf *out, const struct frame_source *s, struct place place);

#endif
