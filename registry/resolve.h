/*
 * resolve: manifests by name, verified; shared with pull.c.
 */
#ifndef REGISTRY_RESOLVE_H
#define REGISTRY_RESOLVE_H

#include "registry/api.h"

/* GETs the manifest NAME (a tag or a digest) of at most MAX bytes into RESPONSE's
 * body. *GOT is its digest: WANT if known, else the server's. */
int manifest_get(const struct call *call, const char *name, const struct digest *want,
                 size_t max, struct http_response *response, struct digest *got,
                 struct error *err);

/* The media type of RESPONSE's body, which is a manifest or an index; caller frees. NULL
 * with ERR. */
char *manifest_type_of(const struct http_response *response, const char *where,
                       struct error *err);

#endif
