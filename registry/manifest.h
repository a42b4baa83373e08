/*
 * manifest: what manifest.c and index.c share: limits, media types, members.
 */
#ifndef REGISTRY_MANIFEST_H
#define REGISTRY_MANIFEST_H

#include "registry/registry.h"

/* Registries must accept at least this size (distribution-spec). Nobody needs more, and
 * the whole manifest is kept in memory. */
#define MANIFEST_MAX (4u << 20)

/* Parses BYTES as an object with schemaVersion 2. NULL with ERR set. */
json_t *manifest_parse(struct text bytes, const char *where, struct error *err);

bool media_is_manifest(const char *media_type);

/* Removes the annotations from WRITTEN if MEDIA_TYPE is Docker's, whose format has
 * none. */
json_t *manifest_entry_write(const struct descriptor *d, const char *media_type);

/* A new object with schemaVersion and mediaType. */
json_t *manifest_head_write(const char *media_type);

#endif
