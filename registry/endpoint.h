/*
 * endpoint: does something with a repository where it can be done: at its
 * mirrors first if it is only read, then at its own place.
 */
#ifndef REGISTRY_ENDPOINT_H
#define REGISTRY_ENDPOINT_H

#include "registry/api.h"

typedef int endpoint_fn(void *arg, const struct call *call, struct error *err);

/* Runs FN for each endpoint of REF until it succeeds, or fails in a way that is
 * not the endpoint's. ACTIONS as in struct scope; "pull" allows mirrors. */
int endpoint_each(struct registry *reg, const struct reference *ref, const char *actions,
                  endpoint_fn *fn, void *arg, struct error *err);

#endif
