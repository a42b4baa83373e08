/*
 * answer: the common parts of the results of subrequests (subrequests.h).
 */
#ifndef PARSER_ANSWER_H
#define PARSER_ANSWER_H

#include <jansson.h>

#include "parser/dockerfile.h"

/* {"ranges": [{"start": {"line": 1}, "end": {"line": 1}}, …]}, one range for each
 * line of N places (at most ERROR_PLACES_MAX); NULL if there is no line. */
json_t *answer_location(const struct place *places, size_t n);

/* Sets NAME of OBJECT unless T is absent or empty. */
void answer_set_text(json_t *object, const char *name, struct text t);

/* "sources": the bytes of the Dockerfile in base64. */
void answer_set_source(json_t *object, const struct dockerfile *df);

/* Appends rows of N_COLUMNS cells each. All cells of a column except the last
 * column are padded to the widest of them plus GAP blanks. */
void answer_table(struct buf *out, const struct text *cells, size_t n_cells,
                  size_t n_columns, size_t gap);

#endif
