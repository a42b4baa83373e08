#include "builder/template/functions.h"

#include <ctype.h>

#include "base/base.h"
#include "base/count.h"
#include "base/jsonio.h"

#define ARGS_MAX  16
#define WIDTH_MAX 4096 /* columns that pad may add */

static int
wrong(const struct value *v, const char *want, struct error *err)
{
	return error_set(err, ERR_USAGE, "%s where %s is needed", value_kind(v), want);
}

static int
need_text(const struct value *v, struct text *out, struct error *err)
{
	*out = value_get_text(v);
	return out->p == NULL ? wrong(v, "a text", err) : 0;
}

static int
need_number(const struct value *v, int64_t *out, struct error *err)
{
	if (!json_is_integer(v->json))
		return wrong(v, "a number", err);
	*out = json_integer_value(v->json);
	return 0;
}

/* ------------------------------------------------------------ texts */

static struct value
map_text(struct text t, int (*change)(int))
{
	auto_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < t.n; i++)
		buf_add_char(&b, (t.p[i] & 0x80) != 0
		                         ? t.p[i]
		                         : (char)change((unsigned char)t.p[i]));
	return value_text(buf_text(&b));
}

static int
call_lower(const struct value *args, size_t n, struct value *out, struct error *err)
{
	struct text t;

	(void)n;
	if (need_text(&args[0], &t, err) < 0)
		return -1;
	*out = map_text(t, tolower);
	return 0;
}

static int
call_upper(const struct value *args, size_t n, struct value *out, struct error *err)
{
	struct text t;

	(void)n;
	if (need_text(&args[0], &t, err) < 0)
		return -1;
	*out = map_text(t, toupper);
	return 0;
}

static int
call_title(const struct value *args, size_t n, struct value *out, struct error *err)
{
	auto_buf struct buf b = BUF_INIT;
	bool begins = true;
	struct text t;

	(void)n;
	if (need_text(&args[0], &t, err) < 0)
		return -1;
	for (size_t i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		buf_add_char(&b, begins && c < 0x80 ? (char)toupper(c) : t.p[i]);
		begins = c < 0x80 && !isalnum(c) && c != '_' && c != '\'';
	}
	*out = value_text(buf_text(&b));
	return 0;
}

static int
call_split(const struct value *args, size_t n, struct value *out, struct error *err)
{
	struct text t, by;
	json_t *list = NULL;

	(void)n;
	if (need_text(&args[0], &t, err) < 0 || need_text(&args[1], &by, err) < 0)
		return -1;
	if (by.n == 0)
		return error_set(err, ERR_USAGE, "split by nothing");
	list = json_array();
	for (;;) {
		const char *p = t.n == 0 ? NULL : memmem(t.p, t.n, by.p, by.n);

		if (p == NULL)
			break;
		json_array_append_new(
		        list, jsonio_string((struct text){ t.p, (size_t)(p - t.p) }));
		t = text_from(t, (size_t)(p - t.p) + by.n);
	}
	json_array_append_new(list, jsonio_string(t));
	*out = value_of(list);
	return 0;
}

static int
call_join(const struct value *args, size_t n, struct value *out, struct error *err)
{
	auto_buf struct buf b = BUF_INIT;
	struct text by;

	(void)n;
	if (need_text(&args[1], &by, err) < 0)
		return -1;
	if (!json_is_array(args[0].json) && !json_is_null(args[0].json))
		return wrong(&args[0], "a list", err);
	for (size_t i = 0; i < json_array_size(args[0].json); i++) {
		const struct value v = { .json = json_array_get(args[0].json, i) };

		if (i > 0)
			buf_add_text(&b, by);
		value_print(&v, &b);
	}
	*out = value_text(buf_text(&b));
	return 0;
}

static int
call_pad(const struct value *args, size_t n, struct value *out, struct error *err)
{
	auto_free char *text = NULL;
	int64_t before = 0, after = 0;
	struct text t;

	(void)n;
	if (need_text(&args[0], &t, err) < 0 || need_number(&args[1], &before, err) < 0 ||
	    need_number(&args[2], &after, err) < 0)
		return -1;
	if (before < 0 || after < 0 || before > WIDTH_MAX || after > WIDTH_MAX)
		return error_set(err, ERR_USAGE, "a width must be 0 to %d", WIDTH_MAX);
	text = mem_print("%*s%.*s%*s", (int)before, "", (int)t.n, t.p, (int)after, "");
	*out = value_text(text_of(text));
	return 0;
}

static int
call_truncate(const struct value *args, size_t n, struct value *out, struct error *err)
{
	int64_t max = 0;
	struct text t;

	(void)n;
	if (need_text(&args[0], &t, err) < 0 || need_number(&args[1], &max, err) < 0)
		return -1;
	*out = value_text(max >= 0 && (uint64_t)max < t.n ? text_first(t, (size_t)max)
	                                                  : t);
	return 0;
}

static int
call_json(const struct value *args, size_t n, struct value *out, struct error *err)
{
	auto_free char *text = args[0].json == NULL ? mem_copy("null")
	                                            : jsonio_print(args[0].json);

	(void)n;
	(void)err;
	*out = value_text(text_of(text));
	return 0;
}

/* Go puts blanks between values of which none is a text. */
static void
print_all(const struct value *args, size_t n, bool line, struct value *out)
{
	auto_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		bool texts = json_is_string(args[i].json) ||
		             (i > 0 && json_is_string(args[i - 1].json));

		if (i > 0 && (line || !texts))
			buf_add_char(&b, ' ');
		value_print(&args[i], &b);
	}
	if (line)
		buf_add_char(&b, '\n');
	*out = value_text(buf_text(&b));
}

static int
call_print(const struct value *args, size_t n, struct value *out, struct error *err)
{
	(void)err;
	print_all(args, n, false, out);
	return 0;
}

static int
call_println(const struct value *args, size_t n, struct value *out, struct error *err)
{
	(void)err;
	print_all(args, n, true, out);
	return 0;
}

/* ------------------------------------------------------------ lists */

static int
call_len(const struct value *args, size_t n, struct value *out, struct error *err)
{
	size_t size = 0;

	(void)n;
	if (json_is_array(args[0].json))
		size = json_array_size(args[0].json);
	else if (json_is_object(args[0].json))
		size = json_object_size(args[0].json);
	else if (json_is_string(args[0].json))
		size = json_string_length(args[0].json);
	else if (!json_is_null(args[0].json))
		return wrong(&args[0], "a list or a text", err);
	*out = value_of(json_integer((json_int_t)size));
	return 0;
}

/* One step of index. A key that an object lacks gives "", as in maps of texts. */
static int
index_once(const json_t *json, const struct value *key, json_t **out, struct error *err)
{
	const struct value list = { .json = (json_t *)(uintptr_t)json };
	int64_t i = 0;

	*out = NULL;
	if (json_is_string(key->json) && (json_is_object(json) || json_is_null(json))) {
		*out = json_object_get(json, json_string_value(key->json));
		return 0;
	}
	if (!json_is_array(json) && !json_is_null(json))
		return wrong(&list, "a list or an object", err);
	if (need_number(key, &i, err) < 0)
		return -1;
	if (i < 0 || (uint64_t)i >= json_array_size(json))
		return error_set(err, ERR_USAGE, "index %lld of a list with %zu members",
		                 (long long)i, json_array_size(json));
	*out = json_array_get(json, (size_t)i);
	return 0;
}

static int
call_index(const struct value *args, size_t n, struct value *out, struct error *err)
{
	json_t *json = args[0].json;

	if (json == NULL)
		return wrong(&args[0], "a list or an object", err);
	for (size_t i = 1; i < n; i++) {
		if (index_once(json, &args[i], &json, err) < 0)
			return -1;
		if (json == NULL && i + 1 < n)
			return error_set(err, ERR_USAGE, "there is no such key");
		if (json == NULL) {
			*out = value_text(TEXT(""));
			return 0;
		}
	}
	*out = value_of(json_incref(json));
	return 0;
}

static int
slice_of(const json_t *json, size_t from, size_t to, struct value *out)
{
	json_t *list = NULL;

	if (json_is_string(json)) {
		*out = value_text(
		        (struct text){ json_string_value(json) + from, to - from });
		return 0;
	}
	list = json_array();
	for (size_t i = from; i < to; i++)
		json_array_append(list, json_array_get(json, i));
	*out = value_of(list);
	return 0;
}

static int
call_slice(const struct value *args, size_t n, struct value *out, struct error *err)
{
	const json_t *json = args[0].json;
	int64_t from = 0, to = 0;

	if (!json_is_string(json) && !json_is_array(json))
		return wrong(&args[0], "a list or a text", err);
	to = (int64_t)(json_is_string(json) ? json_string_length(json)
	                                    : json_array_size(json));
	if (n > 1 && need_number(&args[1], &from, err) < 0)
		return -1;
	if (n > 2) {
		int64_t end = to;

		if (need_number(&args[2], &to, err) < 0)
			return -1;
		if (to > end)
			to = -1;
	}
	if (from < 0 || to < from)
		return error_set(err, ERR_USAGE, "the slice is outside of it");
	return slice_of(json, (size_t)from, (size_t)to, out);
}

/* ------------------------------------------------------------ logic */

static int
call_not(const struct value *args, size_t n, struct value *out, struct error *err)
{
	(void)n;
	(void)err;
	*out = value_of(json_boolean(!value_is_true(&args[0])));
	return 0;
}

/* The last one that was looked at decides; who calls stops early. */
static int
call_last(const struct value *args, size_t n, struct value *out, struct error *err)
{
	(void)err;
	*out = value_copy(&args[n - 1]);
	return 0;
}

/* -1, 0, 1 in *ORDER. */
static int
compare(const struct value *a, const struct value *b, int *order, struct error *err)
{
	struct text s = value_get_text(a), t = value_get_text(b);

	if (s.p != NULL && t.p != NULL) {
		*order = text_compare(s, t);
		return 0;
	}
	if (json_is_integer(a->json) && json_is_integer(b->json)) {
		json_int_t x = json_integer_value(a->json),
		           y = json_integer_value(b->json);

		*order = (x > y) - (x < y);
		return 0;
	}
	if (json_is_number(a->json) && json_is_number(b->json)) {
		double x = json_number_value(a->json), y = json_number_value(b->json);

		*order = (x > y) - (x < y);
		return 0;
	}
	return error_set(err, ERR_USAGE, "%s cannot be compared with %s", value_kind(a),
	                 value_kind(b));
}

static bool
is_nothing(const struct value *v)
{
	return v->json == NULL || json_is_null(v->json);
}

static int
is_equal(const struct value *a, const struct value *b, bool *equal, struct error *err)
{
	int order = 1;

	if (is_nothing(a) || is_nothing(b)) {
		*equal = is_nothing(a) && is_nothing(b);
		return 0;
	}
	if (json_is_boolean(a->json) && json_is_boolean(b->json)) {
		*equal = json_typeof(a->json) == json_typeof(b->json);
		return 0;
	}
	if (compare(a, b, &order, err) < 0)
		return -1;
	*equal = order == 0;
	return 0;
}

static int
call_eq(const struct value *args, size_t n, struct value *out, struct error *err)
{
	bool equal = false;

	for (size_t i = 1; i < n && !equal; i++)
		if (is_equal(&args[0], &args[i], &equal, err) < 0)
			return -1;
	*out = value_of(json_boolean(equal));
	return 0;
}

static int
call_ne(const struct value *args, size_t n, struct value *out, struct error *err)
{
	bool equal = false;

	(void)n;
	if (is_equal(&args[0], &args[1], &equal, err) < 0)
		return -1;
	*out = value_of(json_boolean(!equal));
	return 0;
}

#define ORDER(name, test)                                                                \
	static int name(const struct value *args, size_t n, struct value *out,           \
	                struct error *err)                                               \
	{                                                                                \
		int order = 0;                                                           \
                                                                                         \
		(void)n;                                                                 \
		if (compare(&args[0], &args[1], &order, err) < 0)                        \
			return -1;                                                       \
		*out = value_of(json_boolean(order test 0));                             \
		return 0;                                                                \
	}
ORDER(call_lt, <)
ORDER(call_le, <=)
ORDER(call_gt, >)
ORDER(call_ge, >=)

static const struct function functions[] = {
	{ "and", 1, ARGS_MAX, call_last, ORDER_AND },
	{ "eq", 2, ARGS_MAX, call_eq, ORDER_ALL },
	{ "ge", 2, 2, call_ge, ORDER_ALL },
	{ "gt", 2, 2, call_gt, ORDER_ALL },
	{ "index", 1, ARGS_MAX, call_index, ORDER_ALL },
	{ "join", 2, 2, call_join, ORDER_ALL },
	{ "json", 1, 1, call_json, ORDER_ALL },
	{ "le", 2, 2, call_le, ORDER_ALL },
	{ "len", 1, 1, call_len, ORDER_ALL },
	{ "lower", 1, 1, call_lower, ORDER_ALL },
	{ "lt", 2, 2, call_lt, ORDER_ALL },
	{ "ne", 2, 2, call_ne, ORDER_ALL },
	{ "not", 1, 1, call_not, ORDER_ALL },
	{ "or", 1, ARGS_MAX, call_last, ORDER_OR },
	{ "pad", 3, 3, call_pad, ORDER_ALL },
	{ "print", 0, ARGS_MAX, call_print, ORDER_ALL },
	{ "printf", 1, ARGS_MAX, function_printf, ORDER_ALL },
	{ "println", 0, ARGS_MAX, call_println, ORDER_ALL },
	{ "slice", 1, 3, call_slice, ORDER_ALL },
	{ "split", 2, 2, call_split, ORDER_ALL },
	{ "title", 1, 1, call_title, ORDER_ALL },
	{ "truncate", 2, 2, call_truncate, ORDER_ALL },
	{ "upper", 1, 1, call_upper, ORDER_ALL },
};

const struct function *
function_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (text_is(name, functions[i].name))
			return &functions[i];
	return NULL;
}
