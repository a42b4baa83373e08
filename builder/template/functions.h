/*
 * functions: what templates can call. Internal to the template.
 */
#ifndef BUILDER_TEMPLATE_FUNCTIONS_H
#define BUILDER_TEMPLATE_FUNCTIONS_H

#include "base/error.h"
#include "base/text.h"
#include "builder/template/value.h"

/* Gets N values and sets *OUT. An error has no place yet. */
typedef int
function_fn(const struct value *args, size_t n, struct value *out, struct error *err);

enum function_order { ORDER_ALL, ORDER_AND, ORDER_OR }; /* and, or: stop early */

struct function {
	const char *name;
	size_t min, max; /* of values */
	function_fn *call;
	enum function_order order;
};

/* NULL: there is none of that name. */
const struct function *function_find(struct text name);

/* printf; it has a file of its own. */
function_fn function_printf;

#endif
