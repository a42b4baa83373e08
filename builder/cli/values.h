/*
 * values: values of options that `cooper build` and `cooper run` have in common.
 */
#ifndef BUILDER_CLI_VALUES_H
#define BUILDER_CLI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "builder/sandbox/sandbox.h"
#include "parser/config.h"

/* A flag's value; none (p NULL) is true. All of these: ERR_USAGE. */
int value_flag(struct text value, bool *out, struct error *err);

/* Whether T is an IPv4 or IPv6 address. */
bool value_is_address(struct text t);

/* HOST:ADDRESS or HOST=ADDRESS; an IPv6 address may be in brackets, "host-gateway" is this
 * machine. The texts are VALUE's. */
int value_host(struct text value, struct variable *out, struct error *err);

/* TYPE=SOFT[:HARD] */
int value_ulimit(struct text value, struct sandbox_limit *out, struct error *err);

/* A number of CPUs with a fraction; 100 is one. */
int value_cpus(struct text value, uint32_t *percent, struct error *err);

/* How often a request is repeated: as in registry_options, so -1 for "0". */
int value_tries(struct text value, int *out, struct error *err);

/* A time like "2s" or a number of seconds, up to an hour, in nanoseconds. */
int value_wait(struct text value, int64_t *out, struct error *err);

/* The same in seconds, rounded up, and more than nothing. */
int value_silence(struct text value, int *seconds, struct error *err);

#endif
