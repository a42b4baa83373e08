/*
 * visible: makes untrusted text (from a Dockerfile, a registry's answer, a file's name)
 * safe to print. It cannot control the terminal: every character that is not plain text
 * is written as its number.
 */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

enum visible {
	VISIBLE_LINE,    /* a name or a line: line feeds are escaped, tabs stay */
	VISIBLE_CELL,    /* a cell of a table: tabs are escaped, too */
	VISIBLE_TITLE,   /* a step's title: line feeds and tabs become blanks */
	VISIBLE_LINES,   /* several lines, also JSON: line feeds and tabs stay */
	VISIBLE_MESSAGE, /* text after a line feed is indented, so that it does not look
	                    like a message of ours */
};

/* False for characters that move, hide, colour or reverse other text: controls (C0, DEL,
 * C1), direction marks (Unicode, annex 9), line separators. */
bool visible_rune(uint32_t rune);

/* Appends T; characters that are not visible become \x1b or \u202e, invalid UTF-8 becomes
 * \xff. A second call on the result changes nothing. JSON keeps its meaning. */
void visible_add(struct buf *out, struct text t, enum visible how);

/* The same for a string, which is often on the stack. The caller frees the result. */
char *visible_copy(struct text t, enum visible how);

/* The same, appended to OUT. */
void visible_write(FILE *out, struct text t, enum visible how);

/* Appends at most MAX bytes of T; of a longer text, the beginning and the end. */
void visible_add_part(struct buf *out, struct text t, size_t max, enum visible how);

#endif
