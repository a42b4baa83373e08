/*
 * preimage: the readable text whose hash is a cache key.
 *
 * It consists of named fields in the order they were added. Length prefixes frame
 * each field, so two different lists never give the same bytes:
 *
 *	"cooper-key-1\n"  then per field  u32 LE length, name, u64 LE length, value
 *
 * The same list is stored with the result, so that a miss can be explained by
 * the first field that differs. It never contains secrets.
 */
#ifndef BUILDER_CACHE_PREIMAGE_H
#define BUILDER_CACHE_PREIMAGE_H

#include <jansson.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/text.h"

struct preimage_field {
	char *name;        /* "argv[2]", "base", "source[0]" */
	struct text value; /* owned copy */
};

struct preimage {
	ARRAY(struct preimage_field) fields;
};

#define PREIMAGE_INIT                                                                    \
	{                                                                                \
		0                                                                        \
	}

void preimage_add(struct preimage *p, const char *name, struct text value);
void preimage_add_str(struct preimage *p, const char *name,
                      const char *value); /* NULL: skipped */
void preimage_add_digest(struct preimage *p, const char *name, const struct digest *d);
void preimage_add_u64(struct preimage *p, const char *name, uint64_t value);

/* SHA-256 of the framed fields. */
struct digest preimage_key(const struct preimage *p);

/* The field NAME, or NULL; its value, or one with p NULL. */
const struct preimage_field *preimage_find(const struct preimage *p, const char *name);
struct text preimage_value(const struct preimage *p, const char *name);

/* The first field that differs: *OLD is NULL if it is new, *NOW if it is gone. False
 * if the lists are equal. Names must be unique. */
bool
preimage_difference(const struct preimage *was, const struct preimage *is,
                    const struct preimage_field **old, const struct preimage_field **now);

/* JSON array of [name, value] pairs, and back. Values that are not UTF-8 are
 * written as {"hex": …}. */
json_t *preimage_write(const struct preimage *p);
int preimage_read(struct preimage *out, const json_t *json);
void preimage_clear(struct preimage *p);
#define auto_preimage __attribute__((cleanup(preimage_clear)))

#endif
