/*
 * document: what was collected, as JSON. Internal to record.
 */
#ifndef BUILDER_RECORD_DOCUMENT_H
#define BUILDER_RECORD_DOCUMENT_H

#include <jansson.h>

struct record;

/* The document of R, of which nothing is collected any more. */
json_t *record_document(const struct record *r, const char *status);

#endif
