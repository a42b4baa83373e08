/*
 * log_tail: the last lines of a log, in bounded memory.
 */
#ifndef BUILDER_UI_LOG_TAIL_H
#define BUILDER_UI_LOG_TAIL_H

#include <stdint.h>

#include "base/text.h"

#define LOG_TAIL_LINES 64

struct log_line {
	char *text;
	size_t size;     /* its capacity; usually large enough from an earlier line */
	int64_t time_ns; /* since the vertex began */
};

struct log_tail {
	struct log_line lines[LOG_TAIL_LINES]; /* a ring */
	size_t n;                              /* lines ever added */
};

/* Longer lines are cut at 4 KiB. */
void log_tail_add(struct log_tail *t, struct text line, int64_t time_ns);

/* The I-th of the kept lines, oldest first. */
size_t log_tail_count(const struct log_tail *t);
const struct log_line *log_tail_get(const struct log_tail *t, size_t i);
void log_tail_clear(struct log_tail *t);

#endif
