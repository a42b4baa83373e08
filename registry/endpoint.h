/*
 * endpoint: runs an operation on a repository: first at its mirrors if it only
 * reads, then at the repository itself.
 */
#ifndef REGISTRY_ENDPOINT_H
#define REGISTRY_ENDPOINT_H

#include "registry/api.h"

typedef int endpoint_fn(void *arg, const struct call *call, struct error *err);

/* Runs FN for each endpoint of REF until it succeeds, or fails for a reason that
 * does not depend on the endpoint. ACTIONS as in struct scope; "pull" allows mirrors. */
int endpoint_each(struct registry *reg, const struct reference *ref, const char *actions,
                  endpoint_fn *fn, void *arg, struct error *err);

#endif
