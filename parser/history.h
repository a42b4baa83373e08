/*
 * history: the texts of instructions in an image's history.
 */
#ifndef PARSER_HISTORY_H
#define PARSER_HISTORY_H

#include "parser/config.h"
#include "parser/planner.h"

/* " name=value" */
void history_add_pair(struct buf *b, struct text name, struct text value);

/* KEYWORD ["a" "b c"] */
void history_add_quoted(struct buf *b, const char *keyword, const struct text *words,
                        size_t n);

/* KEYWORD [a b c] */
void
history_add_list(struct buf *b, const char *keyword, const struct text *words, size_t n);

/* HEALTHCHECK {Test:[CMD x] Interval:5s …} */
void history_add_health(struct buf *b, const struct health *health);

/* RUN |2 a=1 b= argv… # buildkit: the declared arguments come first. */
struct text history_run(struct planner *p, const struct node *node,
                        const struct text *argv, size_t n);

#endif
