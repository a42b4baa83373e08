/*
 * verdicts: what the last builds said of their steps, for `cooper explain`.
 *
 * Each build is one JSON document (docs/reference/schemas/explain.json), the file
 * contexts/verdicts-<id>, where the id is the time of its start in hex.
 */
#ifndef BUILDER_CACHE_VERDICTS_H
#define BUILDER_CACHE_VERDICTS_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "layers/layers.h"

#define VERDICTS_ID_MAX 17 /* with NUL */

/* The id of a build that started then. Returns OUT. */
char *verdicts_id(int64_t started_ns, char out[VERDICTS_ID_MAX]);

/* Keeps the document JSON of the build ID, and drops the oldest if there are too many. */
int
verdicts_write(struct store *st, const char *id, const json_t *json, struct error *err);

/* The build that REF means: NULL the last one, "^N" the N-th before it, else the
 * beginning of its id. NULL with ERR_SOURCE if there is none. The caller gives the
 * reference back. */
json_t *verdicts_read(struct store *st, const char *ref, struct error *err);

#endif
