#include "builder/template/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/jsonio.h"

struct value
value_of(json_t *json)
{
	return (struct value){ .json = json };
}

struct value
value_text(struct text t)
{
	return value_of(jsonio_string(t));
}

struct value
value_copy(const struct value *v)
{
	struct value copy = *v;

	json_incref(copy.json);
	return copy;
}

void
value_clear(struct value *v)
{
	json_decref(v->json);
	*v = (struct value)VALUE_NIL;
}

bool
value_is_true(const struct value *v)
{
	switch (v->json == NULL ? JSON_NULL : json_typeof(v->json)) {
	case JSON_OBJECT:
		return !v->is_map || json_object_size(v->json) > 0;
	case JSON_ARRAY:
		return json_array_size(v->json) > 0;
	case JSON_STRING:
		return json_string_length(v->json) > 0;
	case JSON_INTEGER:
		return json_integer_value(v->json) != 0;
	case JSON_REAL:
		return fpclassify(json_real_value(v->json)) != FP_ZERO;
	case JSON_TRUE:
		return true;
	default:
		return false;
	}
}

const char *
value_kind(const struct value *v)
{
	if (v->json == NULL)
		return v->is_absent ? "no value" : "nil";
	switch (json_typeof(v->json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		break;
	}
	return "nothing";
}

struct text
value_get_text(const struct value *v)
{
	if (!json_is_string(v->json))
		return (struct text){ 0 };
	return (struct text){ json_string_value(v->json), json_string_length(v->json) };
}

/* The shortest digits that give the same number. */
static void
print_real(double real, struct buf *out)
{
	char text[40];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, real);
		if (!(strtod(text, NULL) < real) && !(strtod(text, NULL) > real))
			break;
	}
	buf_add_str(out, text);
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print(const json_t *json, struct buf *out);

static void
print_object(const json_t *object, struct buf *out)
{
	size_t n = 0;
	auto_free const char **keys = mem_new_n(json_object_size(object) + 1,
	                                        sizeof *keys);
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)object, key, member)
	{
		keys[n++] = key;
	}
	qsort(keys, n, sizeof *keys, compare_keys);
	buf_add_str(out, "map[");
	for (size_t i = 0; i < n; i++) {
		buf_print(out, "%s%s:", i > 0 ? " " : "", keys[i]);
		print(json_object_get(object, keys[i]), out);
	}
	buf_add_char(out, ']');
}

static void
print_array(const json_t *array, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			buf_add_char(out, ' ');
		print(json_array_get(array, i), out);
	}
	buf_add_char(out, ']');
}

/* What is null in our documents is a list or an object without members. */
static void
print(const json_t *json, struct buf *out)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		print_object(json, out);
		break;
	case JSON_ARRAY:
		print_array(json, out);
		break;
	case JSON_STRING:
		buf_add(out, json_string_value(json), json_string_length(json));
		break;
	case JSON_INTEGER:
		buf_print(out, "%lld", (long long)json_integer_value(json));
		break;
	case JSON_REAL:
		print_real(json_real_value(json), out);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_add_str(out, json_is_true(json) ? "true" : "false");
		break;
	case JSON_NULL:
		buf_add_str(out, "[]");
		break;
	}
}

void
value_print(const struct value *v, struct buf *out)
{
	if (v->json == NULL)
		buf_add_str(out, v->is_absent ? "<no value>" : "<nil>");
	else
		print(v->json, out);
}
