#include "base/jsonio.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"

static json_t *
parse(struct text t, size_t flags, const char *where, struct error *err)
{
	json_error_t fault;
	json_t *json = json_loadb(t.n == 0 ? "" : t.p, t.n, flags | JSON_DECODE_ANY,
	                          &fault);

	if (json == NULL)
		error_set(err, ERR_DAMAGED, "%s: line %d, column %d: %s", where,
		          fault.line, fault.column, fault.text);
	return json;
}

json_t *
jsonio_parse(struct text t, const char *where, struct error *err)
{
	return parse(t, 0, where, err);
}

json_t *
jsonio_parse_printed(const char *text, const char *where, struct error *err)
{
	return parse(text_of(text), JSON_ALLOW_NUL, where, err);
}

int
jsonio_read(int dir_fd, const char *name, size_t max, json_t **out, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	int found = file_read(dir_fd, name, max, &bytes, err);
	json_t *json = NULL;

	if (found <= 0)
		return found;
	json = jsonio_parse(buf_text(&bytes), name, err);
	if (json == NULL)
		return -1;
	*out = json;
	return 1;
}

/* Counts brackets and commas outside strings: the number of values is at most this plus
 * one. The parser deals with invalid JSON. */
static size_t
count_values(struct text t)
{
	bool in_string = false;
	size_t n = 1;

	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[' || c == ','))
			n++;
	}
	return n;
}

json_t *
jsonio_parse_limited(struct text t, size_t max, const char *where, struct error *err)
{
	if (count_values(t) <= max)
		return jsonio_parse(t, where, err);
	error_set(err, ERR_DAMAGED, "%s: more than %zu values", where, max);
	return NULL;
}

/* The member NAME of OBJECT, or NULL if absent or null. */
static json_t *
member(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

static int
wrong_type(const char *where, const char *name, const char *type, struct error *err)
{
	return error_set(err, ERR_DAMAGED, "%s: %s: not %s", where, name, type);
}

int
jsonio_str(const json_t *object, const char *name, const char **out, const char *where,
           struct error *err)
{
	const json_t *value = member(object, name);

	if (value == NULL)
		return 0;
	if (!json_is_string(value))
		return wrong_type(where, name, "a string", err);
	*out = json_string_value(value);
	return 1;
}

int
jsonio_u64(const json_t *object, const char *name, uint64_t *out, const char *where,
           struct error *err)
{
	const json_t *value = member(object, name);

	if (value == NULL)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return wrong_type(where, name, "a number of 0 or more", err);
	*out = (uint64_t)json_integer_value(value);
	return 1;
}

int
jsonio_array(const json_t *object, const char *name, json_t **out, const char *where,
             struct error *err)
{
	json_t *value = member(object, name);

	if (value == NULL)
		return 0;
	if (!json_is_array(value))
		return wrong_type(where, name, "an array", err);
	*out = value;
	return 1;
}

int
jsonio_object(const json_t *object, const char *name, json_t **out, const char *where,
              struct error *err)
{
	json_t *value = member(object, name);

	if (value == NULL)
		return 0;
	if (!json_is_object(value))
		return wrong_type(where, name, "an object", err);
	*out = value;
	return 1;
}

static char *
print(const json_t *json, size_t flags)
{
	char *text = json_dumps(json, flags | JSON_ENCODE_ANY);

	if (text == NULL)
		mem_die("cannot print a JSON value");
	return text;
}

char *
jsonio_print(const json_t *json)
{
	return print(json, JSON_COMPACT);
}

char *
jsonio_print_pretty(const json_t *json)
{
	return print(json, JSON_INDENT(2));
}

/* Appends T with U+FFFD in place of each byte that is not UTF-8. */
static void
add_valid(struct buf *out, struct text t)
{
	while (t.n > 0) {
		uint32_t rune;
		size_t n = text_rune(t, &rune);

		if (n == 0)
			buf_add_str(out, "\xEF\xBF\xBD");
		else
			buf_add_text(out, text_first(t, n));
		t = text_from(t, n == 0 ? 1 : n);
	}
}

const char *
jsonio_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

json_t *
jsonio_string(struct text t)
{
	auto_buf struct buf valid = BUF_INIT;
	json_t *json = json_stringn(t.n == 0 ? "" : t.p, t.n);

	if (json != NULL)
		return json;
	add_valid(&valid, t);
	json = json_stringn(buf_str(&valid), valid.n);
	if (json == NULL)
		mem_die("out of memory");
	return json;
}

json_t *
jsonio_base64(struct text t)
{
	auto_buf struct buf text = BUF_INIT;

	base64_add(&text, t.p, t.n);
	return json_stringn(buf_str(&text), text.n);
}

void
jsonio_set(json_t *object, const char *name, json_t *value)
{
	auto_buf struct buf valid = BUF_INIT;

	if (value == NULL)
		return;
	if (json_object_set(object, name, value) == 0) {
		json_decref(value);
		return;
	}
	add_valid(&valid, text_of(name));
	if (json_object_set_new(object, buf_str(&valid), value) < 0)
		mem_die("cannot set a member of a JSON value");
}
