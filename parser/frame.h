/*
 * frame: the code frames of many places of one text, cut into lines once.
 */
#ifndef PARSER_FRAME_H
#define PARSER_FRAME_H

#include "parser/parser.h"

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
