/*
 * words: the ways to split the rest of a line.
 *
 * All results are views of the text they came from.
 */
#ifndef PARSER_WORDS_H
#define PARSER_WORDS_H

#include <stdbool.h>

#include "base/array.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"

/* Moves the elements of SCRATCH to ARENA. TO is an ARRAY of the same element type, which
 * must not grow any more; SCRATCH is empty afterwards. */
#define words_freeze(arena, to, scratch)                                                 \
	do {                                                                             \
		(to)->n = (to)->cap = (scratch)->n;                                      \
		(to)->at = NULL;                                                         \
		if ((scratch)->n > 0)                                                    \
			(to)->at = memcpy(                                               \
			        arena_alloc_n((arena), (scratch)->n, sizeof *(to)->at),  \
			        (scratch)->at, (scratch)->n * sizeof *(to)->at);         \
		(scratch)->n = 0;                                                        \
	} while (0)

/* Lets TO share the elements of FROM, both ARRAYs of the same element type. */
#define words_share(to, from)                                                            \
	((to)->at = (from)->at, (to)->n = (from)->n, (to)->cap = (from)->cap)

struct pairs {
	ARRAY(struct pair) list;
};

/* Cuts the first plain word and the blanks after it off *REST. Quotes have no
 * meaning. False if *REST is empty. */
bool words_cut(struct text *rest, struct text *word);

/* Adds all plain words of T. */
void words_split(struct text t, struct words *out);

/* Adds the words of T, where quotes group and ESCAPE protects. Quotes and
 * escapes stay in the word. */
void words_split_quoted(struct text t, char escape, struct words *out);

/* The arguments of ENV and LABEL (KEYWORD): "k=v k2=v2", or the legacy form
 * "k v". Sets *LEGACY. */
int words_split_pairs(struct text t, char escape, const char *keyword, struct pairs *out,
                      bool *legacy, struct error *err);

/* "name=value" or "name". */
struct pair words_pair(struct text word);

#endif
