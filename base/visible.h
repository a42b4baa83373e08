/*
 * visible: text of foreign origin (out of a Dockerfile, a registry's answer, a file's
 * name) made fit to be printed. A terminal obeys none of it: what is no character of a
 * line is written as its number, which one can read.
 */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

enum visible {
	VISIBLE_LINE,    /* a name or a line: line feeds are escaped, tabs stay */
	VISIBLE_CELL,    /* of a table: tabs are escaped, too */
	VISIBLE_TITLE,   /* of a step: line feeds and tabs are blanks */
	VISIBLE_LINES,   /* several lines, also JSON: line feeds and tabs stay */
	VISIBLE_MESSAGE, /* what follows a line feed is indented: it looks like no message
	                    of ours */
};

/* False for what moves, hides, colours or turns around other text: controls (C0, DEL,
 * C1), marks of direction (Unicode, annex 9), separators of lines. */
bool visible_rune(uint32_t rune);

/* Appends T with \x1b or \u202e in the place of what is not visible, \xff for a byte
 * that is no UTF-8. What was made visible stays as it is when it is made so again. JSON
 * stays the JSON it is. */
void visible_add(struct buf *out, struct text t, enum visible how);

/* The same of a string, which is often on a stack: caller frees. */
char *visible_copy(struct text t, enum visible how);

/* The same, onto OUT. */
void visible_write(FILE *out, struct text t, enum visible how);

/* Appends at most MAX bytes of T: of a longer one the beginning and the end. */
void visible_add_part(struct buf *out, struct text t, size_t max, enum visible how);

#endif
