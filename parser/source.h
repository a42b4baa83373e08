/*
 * source: splits bytes into physical lines and joins them to logical lines.
 *
 * A logical line is the text of one instruction: physical lines that end in the escape
 * character are joined with the next one. Comments and blank lines between them are
 * dropped; nothing is inserted where lines are joined.
 *
 *	RUN echo a \            "RUN echo a   b"   lines 1 to 3
 *	  # note
 *	  b
 */
#ifndef PARSER_SOURCE_H
#define PARSER_SOURCE_H

#include <stdbool.h>

#include "parser/directive.h"
#include "parser/expand.h"

/* Bytes of a physical line, its LF included. */
#define SOURCE_LINE_MAX 65535

struct source {
	struct text bytes;
	size_t pos;    /* of the next line */
	int line;      /* number of the line read last */
	bool too_long; /* stopped before a line beyond the limit */
};

struct logical_line {
	struct text text; /* a view of the source, or in the arena */
	struct place at;
	bool empty_continuation;
	struct words comments; /* that stand above it; views of the source */
};

/* BYTES without a UTF-8 byte order mark. */
struct text source_skip_mark(struct text bytes);

void source_init(struct source *s, struct text bytes);

/* Reads the next logical line: 1, 0 at the end, -1 for a wrong directive. OUT
 * is reused from call to call; the caller clears its comments in the end. */
int source_next(struct source *s, struct arena *arena, struct directives *d,
                struct logical_line *out, struct error *err);

/* Reads physical lines up to the line TERMINATOR (after TABs if CHOMP); *BODY becomes a
 * view of the lines before it. False at the end of the source. */
bool source_body(struct source *s, struct text terminator, bool chomp, struct text *body);

#endif
