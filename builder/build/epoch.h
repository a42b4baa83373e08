/*
 * epoch: SOURCE_DATE_EPOCH as a build sees it. Internal to build.
 */
#ifndef BUILDER_BUILD_EPOCH_H
#define BUILDER_BUILD_EPOCH_H

#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Seconds, or -1 if TEXT is absent (p NULL) or empty. */
int epoch_parse(struct text text, int64_t *out, struct error *err);

#endif
