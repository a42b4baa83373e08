/*
 * reach: how a build reaches registries, by its options. Internal to order.
 */
#ifndef BUILDER_ORDER_REACH_H
#define BUILDER_ORDER_REACH_H

#include "builder/order/order.h"

/* The session of a build; the caller frees it. Certificates, mirrors, retries and what is
 * not verified are R's; --creds are given to the registry that the build pushes to or,
 * if there is none, to all. */
struct registry *build_registry(const struct build_request *r);

#endif
