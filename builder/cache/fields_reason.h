/*
 * fields_reason: what a different field of a key means to users.
 */
#ifndef BUILDER_CACHE_FIELDS_REASON_H
#define BUILDER_CACHE_FIELDS_REASON_H

#include "builder/cache/preimage.h"

/* True if FIELD is PATTERN, or one of its numbered fields if PATTERN ends in "[". */
bool field_is(const char *field, const char *pattern);

/* OLD NULL: the field is new; NOW NULL: it is gone; not both. Caller frees. */
char *field_reason(const struct preimage_field *old, const struct preimage_field *now);

/* The facts of an image or a source: "name", "digest", "platform" of an image; "url",
 * "content" of a download; "url", "ref", "commit" of a repository. NULL: nothing that is
 * known differs. Caller frees. */
char *facts_reason(const struct preimage *was, const struct preimage *is);

#endif
