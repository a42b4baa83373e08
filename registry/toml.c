#include "registry/toml.h"

#include "base/base.h"
#include "base/jsonio.h"
#include "base/number.h"

/* Arrays are read by recursion; no such file nests deeper. */
#define NESTING_MAX 16

struct reader {
	struct text rest;
	int line;
	const char *where;
	struct error *err;
};

static int
fault(const struct reader *r, const char *what)
{
	return error_set(r->err, ERR_USAGE, "%s:%d: %s", r->where, r->line, what);
}

static char
peek(const struct reader *r)
{
	return r->rest.n > 0 ? r->rest.p[0] : '\0';
}

static void
advance(struct reader *r)
{
	if (peek(r) == '\n')
		r->line++;
	r->rest = text_from(r->rest, 1);
}

static void
skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		advance(r);
}

static void
skip_comment(struct reader *r)
{
	if (peek(r) == '#')
		while (r->rest.n > 0 && peek(r) != '\n')
			advance(r);
}

/* Skips blanks, comments and line ends. */
static void
skip_all(struct reader *r)
{
	for (;;) {
		skip_blanks(r);
		skip_comment(r);
		if (peek(r) != '\n' && peek(r) != '\r')
			return;
		advance(r);
	}
}

static bool
is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int
read_escape(struct reader *r, struct buf *out)
{
	static const char names[] = "\"\\btnfre", values[] = "\"\\\b\t\n\f\r\x1b";
	const char *at = peek(r) != '\0' ? strchr(names, peek(r)) : NULL;

	if (at == NULL)
		return fault(r, "unknown escape in a string");
	buf_add_char(out, values[at - names]);
	advance(r);
	return 0;
}

/* "basic" or 'literal', in one line. */
static int
read_string(struct reader *r, struct buf *out)
{
	char quote = peek(r);

	advance(r);
	if (peek(r) == quote && r->rest.n > 1 && r->rest.p[1] == quote)
		return fault(r, "strings of several lines are not supported");
	while (peek(r) != quote) {
		if (r->rest.n == 0 || peek(r) == '\n')
			return fault(r, "a string does not end");
		if (peek(r) == '\\' && quote == '"') {
			advance(r);
			if (read_escape(r, out) < 0)
				return -1;
			continue;
		}
		buf_add_char(out, peek(r));
		advance(r);
	}
	advance(r);
	return 0;
}

/* One part of a key. */
static int
read_name(struct reader *r, struct buf *out)
{
	if (peek(r) == '"' || peek(r) == '\'')
		return read_string(r, out);
	while (is_bare(peek(r))) {
		buf_add_char(out, peek(r));
		advance(r);
	}
	return out->n > 0 ? 0 : fault(r, "a key is missing");
}

static json_t *read_value(struct reader *r, int depth);

static json_t *
read_array(struct reader *r, int depth)
{
	auto_json json_t *array = json_array();

	advance(r);
	for (;;) {
		json_t *item;

		skip_all(r);
		if (peek(r) == ']') {
			advance(r);
			return take(array);
		}
		item = read_value(r, depth + 1);
		if (item == NULL)
			return NULL;
		json_array_append_new(array, item);
		skip_all(r);
		if (peek(r) == ',') {
			advance(r);
		} else if (peek(r) != ']') {
			fault(r, "\",\" or \"]\" is missing in a list");
			return NULL;
		}
	}
}

static json_t *
read_word(struct reader *r)
{
	auto_buf struct buf word = BUF_INIT;
	int64_t number;

	while (is_bare(peek(r)) || peek(r) == '+' || peek(r) == '.' || peek(r) == ':') {
		buf_add_char(&word, peek(r));
		advance(r);
	}
	if (strcmp(buf_str(&word), "true") == 0)
		return json_true();
	if (strcmp(buf_str(&word), "false") == 0)
		return json_false();
	if (number_i64(buf_text(&word), &number))
		return json_integer(number);
	fault(r, "this kind of value is not supported");
	return NULL;
}

static json_t *
read_value(struct reader *r, int depth)
{
	auto_buf struct buf text = BUF_INIT;

	if (depth > NESTING_MAX) {
		fault(r, "lists are nested too deeply");
		return NULL;
	}
	if (peek(r) == '[')
		return read_array(r, depth);
	if (peek(r) != '"' && peek(r) != '\'')
		return read_word(r);
	return read_string(r, &text) < 0 ? NULL : jsonio_string(buf_text(&text));
}

/* The object NAME of TABLE; of an array of tables the last one. */
static json_t *
enter(struct reader *r, json_t *table, const char *name)
{
	json_t *inner = json_object_get(table, name);

	if (inner == NULL) {
		jsonio_set(table, name, json_object());
		inner = json_object_get(table, name);
	}
	if (json_is_array(inner) && json_array_size(inner) > 0)
		inner = json_array_get(inner, json_array_size(inner) - 1);
	if (!json_is_object(inner)) {
		fault(r, "a table has the name of a value");
		return NULL;
	}
	return inner;
}

/* Reads a.b.c; *TABLE becomes a.b of what it was, NAME is c. */
static int
read_key(struct reader *r, json_t **table, struct buf *name)
{
	for (;;) {
		buf_truncate(name, 0);
		skip_blanks(r);
		if (read_name(r, name) < 0)
			return -1;
		skip_blanks(r);
		if (peek(r) != '.')
			return 0;
		advance(r);
		*table = enter(r, *table, buf_str(name));
		if (*table == NULL)
			return -1;
	}
}

static int
end_line(struct reader *r)
{
	skip_blanks(r);
	skip_comment(r);
	if (r->rest.n > 0 && peek(r) != '\n' && peek(r) != '\r')
		return fault(r, "more on the line than expected");
	return 0;
}

static json_t *
add_to_list(struct reader *r, json_t *table, const char *name)
{
	json_t *list = json_object_get(table, name), *item;

	if (list == NULL) {
		jsonio_set(table, name, json_array());
		list = json_object_get(table, name);
	}
	if (!json_is_array(list)) {
		fault(r, "a list of tables has the name of something else");
		return NULL;
	}
	item = json_object();
	json_array_append_new(list, item);
	return item;
}

/* [a.b] or [[a.b]]: *TABLE is what the next lines belong to. */
static int
read_header(struct reader *r, json_t *root, json_t **table)
{
	auto_buf struct buf name = BUF_INIT;
	bool list;

	advance(r);
	list = peek(r) == '[';
	if (list)
		advance(r);
	*table = root;
	if (read_key(r, table, &name) < 0)
		return -1;
	for (int i = 0; i < (list ? 2 : 1); i++) {
		if (peek(r) != ']')
			return fault(r, "\"]\" is missing");
		advance(r);
	}
	*table = list ? add_to_list(r, *table, buf_str(&name))
	              : enter(r, *table, buf_str(&name));
	return *table == NULL ? -1 : end_line(r);
}

static int
read_pair(struct reader *r, json_t *table)
{
	auto_buf struct buf name = BUF_INIT;
	json_t *value;

	if (read_key(r, &table, &name) < 0)
		return -1;
	if (peek(r) != '=')
		return fault(r, "\"=\" is missing");
	advance(r);
	skip_blanks(r);
	value = read_value(r, 0);
	if (value == NULL)
		return -1;
	if (json_object_get(table, buf_str(&name)) != NULL) {
		json_decref(value);
		return fault(r, "a key is there twice");
	}
	jsonio_set(table, buf_str(&name), value);
	return end_line(r);
}

json_t *
toml_parse(struct text text, const char *where, struct error *err)
{
	auto_json json_t *root = json_object();
	struct reader r = { .rest = text, .line = 1, .where = where, .err = err };
	json_t *table = root;

	for (skip_all(&r); r.rest.n > 0; skip_all(&r)) {
		int rc = peek(&r) == '[' ? read_header(&r, root, &table)
		                         : read_pair(&r, table);

		if (rc < 0)
			return NULL;
	}
	return take(root);
}
