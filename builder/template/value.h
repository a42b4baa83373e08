/*
 * value: what expressions of a template give.
 */
#ifndef BUILDER_TEMPLATE_VALUE_H
#define BUILDER_TEMPLATE_VALUE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

struct value {
	json_t *json;   /* a reference of its own; NULL: nil */
	bool is_map;    /* an object with any keys */
	bool is_absent; /* no such key: prints as <no value> */
};

#define VALUE_NIL                                                                        \
	{                                                                                \
		0                                                                        \
	}

/* Takes JSON's reference. */
struct value value_of(json_t *json);
struct value value_text(struct text t);
struct value value_copy(const struct value *v);
void value_clear(struct value *v);
#define auto_value __attribute__((cleanup(value_clear)))

/* As Go says what is true: not false, 0, "", nil, or empty. */
bool value_is_true(const struct value *v);

/* "a string", for messages. */
const char *value_kind(const struct value *v);

/* Appends V as Go's fmt.Print does: [a b], map[k:v]. */
void value_print(const struct value *v, struct buf *out);
struct text value_get_text(const struct value *v); /* borrowed; p NULL: no text */

#endif
