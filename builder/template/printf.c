#include <stdio.h>

#include "base/base.h"
#include "builder/template/functions.h"

#define WIDTH_MAX 1000

/* One "%-10.3s": flags, width, precision (-1: none) and letter. */
struct verb {
	bool left, zero, plus, sharp;
	int width, precision;
	char letter;
};

static int
read_number(struct text *t, int *out, struct error *err)
{
	*out = 0;
	while (t->n > 0 && t->p[0] >= '0' && t->p[0] <= '9') {
		*out = *out * 10 + (t->p[0] - '0');
		*t = text_from(*t, 1);
		if (*out > WIDTH_MAX)
			return error_set(err, ERR_USAGE, "printf: a width above %d",
			                 WIDTH_MAX);
	}
	return 0;
}

/* REST begins behind the "%". */
static int
read_verb(struct text *rest, struct verb *out, struct error *err)
{
	*out = (struct verb){ .precision = -1 };
	for (; rest->n > 0 && strchr("-0+# ", rest->p[0]) != NULL;
	     *rest = text_from(*rest, 1)) {
		out->left = out->left || rest->p[0] == '-';
		out->zero = out->zero || rest->p[0] == '0';
		out->plus = out->plus || rest->p[0] == '+';
		out->sharp = out->sharp || rest->p[0] == '#';
	}
	if (read_number(rest, &out->width, err) < 0)
		return -1;
	if (rest->n > 0 && rest->p[0] == '.') {
		*rest = text_from(*rest, 1);
		if (read_number(rest, &out->precision, err) < 0)
			return -1;
	}
	if (rest->n == 0)
		return error_set(err, ERR_USAGE, "printf: %% without a letter");
	out->letter = rest->p[0];
	*rest = text_from(*rest, 1);
	return 0;
}

static void
add_padded(const struct verb *v, struct text t, struct buf *out)
{
	size_t columns = 0;
	struct text left = t;

	while (left.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(left, &rune);

		left = text_from(left, n == 0 ? 1 : n);
		columns++;
	}
	for (size_t i = columns; !v->left && i < (size_t)v->width; i++)
		buf_add_char(out, v->zero ? '0' : ' ');
	buf_add_text(out, t);
	for (size_t i = columns; v->left && i < (size_t)v->width; i++)
		buf_add_char(out, ' ');
}

static void
add_hex(struct text t, bool upper, struct buf *out)
{
	for (size_t i = 0; i < t.n; i++)
		if (upper)
			buf_print(out, "%02X", (unsigned char)t.p[i]);
		else
			buf_print(out, "%02x", (unsigned char)t.p[i]);
}

static int
add_number(const struct verb *v, const struct value *value, struct buf *out,
           struct error *err)
{
	long long whole = json_integer_value(value->json);
	int precision = v->precision < 0 ? 6 : v->precision;

	if (strchr("feg", v->letter) != NULL) {
		double real = json_real_value(value->json);

		if (!json_is_real(value->json))
			return error_set(
			        err, ERR_USAGE,
			        "printf: %%%c takes a number with a point, not %s",
			        v->letter, value_kind(value));
		if (v->letter == 'f')
			buf_print(out, "%.*f", precision, real);
		else if (v->letter == 'e')
			buf_print(out, "%.*e", precision, real);
		else
			buf_print(out, "%.*g", precision, real);
		return 0;
	}
	if (!json_is_integer(value->json))
		return error_set(err, ERR_USAGE, "printf: %%%c takes a number, not %s",
		                 v->letter, value_kind(value));
	switch (v->letter) {
	case 'd':
		buf_print(out, v->plus ? "%+lld" : "%lld", whole);
		break;
	case 'o':
		buf_print(out, "%llo", (unsigned long long)whole);
		break;
	default:
		buf_print(out, v->letter == 'X' ? "%llX" : "%llx",
		          (unsigned long long)whole);
		break;
	}
	return 0;
}

static int
add_value(const struct verb *v, const struct value *value, struct buf *out,
          struct error *err)
{
	auto_buf struct buf plain = BUF_INIT, shown = BUF_INIT;
	struct text t;

	value_print(value, &plain);
	t = buf_text(&plain);
	switch (v->letter) {
	case 's':
	case 'v':
		if (v->precision >= 0 && (size_t)v->precision < t.n)
			t = text_first(t, (size_t)v->precision);
		break;
	case 'q':
		buf_add_quoted(&shown, t);
		t = buf_text(&shown);
		break;
	case 't':
		if (!json_is_boolean(value->json))
			return error_set(err, ERR_USAGE,
			                 "printf: %%t takes true or "
			                 "false, not %s",
			                 value_kind(value));
		break;
	case 'x':
	case 'X':
		if (json_is_string(value->json)) {
			add_hex(t, v->letter == 'X', &shown);
			t = buf_text(&shown);
			break;
		}
		__attribute__((fallthrough));
	case 'd':
	case 'o':
	case 'f':
	case 'e':
	case 'g':
		if (add_number(v, value, &shown, err) < 0)
			return -1;
		t = buf_text(&shown);
		break;
	default:
		return error_set(err, ERR_USAGE, "printf: unknown %%%c", v->letter);
	}
	add_padded(v, t, out);
	return 0;
}

int
function_printf(const struct value *args, size_t n, struct value *out, struct error *err)
{
	auto_buf struct buf b = BUF_INIT;
	struct text rest = value_get_text(&args[0]);
	size_t next = 1;

	if (rest.p == NULL)
		return error_set(err, ERR_USAGE, "printf: the format is not a text");
	while (rest.n > 0) {
		struct verb v;

		if (rest.p[0] != '%') {
			buf_add_char(&b, rest.p[0]);
			rest = text_from(rest, 1);
			continue;
		}
		rest = text_from(rest, 1);
		if (read_verb(&rest, &v, err) < 0)
			return -1;
		if (v.letter == '%') {
			buf_add_char(&b, '%');
			continue;
		}
		if (next == n)
			return error_set(err, ERR_USAGE, "printf: a value is missing");
		if (add_value(&v, &args[next++], &b, err) < 0)
			return -1;
	}
	if (next < n)
		return error_set(err, ERR_USAGE, "printf: there are too many values");
	*out = value_text(buf_text(&b));
	return 0;
}
