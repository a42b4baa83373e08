/*
 * explained: what `cooper explain` says of a build, from its record.
 */
#ifndef BUILDER_CLI_EXPLAINED_H
#define BUILDER_CLI_EXPLAINED_H

#include <jansson.h>

/* The document of docs/reference/schemas/explain.json, without advice, from RECORD, one of
 * docs/reference/schemas/build.json. A new reference. */
json_t *explained_build(const json_t *record);

#endif
