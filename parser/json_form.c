#include "parser/json_form.h"

#include <jansson.h>

#include "base/base.h"
#include "parser/rune.h"

struct reader {
	struct arena *arena;
	struct text in;
	size_t pos;
};

static void
skip_blanks(struct reader *r)
{
	while (r->pos < r->in.n && rune_is_one_of(r->in.p[r->pos], " \t\n\r"))
		r->pos++;
}

/* Takes C if it comes next after blanks. */
static bool
take_char(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->pos >= r->in.n || r->in.p[r->pos] != c)
		return false;
	r->pos++;
	return true;
}

static void
add_rune(struct buf *out, uint32_t rune)
{
	if (rune < 0x80) {
		buf_add_char(out, (char)rune);
	} else if (rune < 0x800) {
		buf_add_char(out, (char)(0xC0 | rune >> 6));
		buf_add_char(out, (char)(0x80 | (rune & 0x3F)));
	} else if (rune < 0x10000) {
		buf_add_char(out, (char)(0xE0 | rune >> 12));
		buf_add_char(out, (char)(0x80 | (rune >> 6 & 0x3F)));
		buf_add_char(out, (char)(0x80 | (rune & 0x3F)));
	} else {
		buf_add_char(out, (char)(0xF0 | rune >> 18));
		buf_add_char(out, (char)(0x80 | (rune >> 12 & 0x3F)));
		buf_add_char(out, (char)(0x80 | (rune >> 6 & 0x3F)));
		buf_add_char(out, (char)(0x80 | (rune & 0x3F)));
	}
}

/* The four hex digits at POS, or -1. */
static int32_t
hex_at(const struct reader *r, size_t pos)
{
	int32_t value = 0;

	if (r->in.n < 4 || pos > r->in.n - 4)
		return -1;
	for (size_t i = pos; i < pos + 4; i++) {
		char c = r->in.p[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			value |= (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* After "\u": half a surrogate pair without the other half is U+FFFD. */
static bool
read_hex(struct reader *r, struct buf *out)
{
	int32_t high = hex_at(r, r->pos), low = -1;

	if (high < 0)
		return false;
	r->pos += 4;
	if (high < 0xD800 || high > 0xDFFF) {
		add_rune(out, (uint32_t)high);
		return true;
	}
	if (high < 0xDC00 && text_starts(text_from(r->in, r->pos), "\\u"))
		low = hex_at(r, r->pos + 2);
	if (low < 0xDC00 || low > 0xDFFF) {
		add_rune(out, 0xFFFD);
		return true;
	}
	r->pos += 6;
	add_rune(out,
	         0x10000 + (((uint32_t)high & 0x3FF) << 10) + ((uint32_t)low & 0x3FF));
	return true;
}

static bool
read_escape(struct reader *r, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (r->pos >= r->in.n)
		return false;
	c = r->in.p[r->pos++];
	if (c == 'u')
		return read_hex(r, out);
	found = memchr(from, c, sizeof from - 1);
	if (found == NULL)
		return false;
	buf_add_char(out, to[found - from]);
	return true;
}

/* The string after its opening quote, with something to decode in it. */
static bool
decode_string(struct reader *r, struct text *out)
{
	auto_buf struct buf value = BUF_INIT;

	while (r->pos < r->in.n) {
		struct text rest = text_from(r->in, r->pos);
		uint32_t rune = 0;
		size_t n = text_rune(rest, &rune);

		r->pos += n == 0 ? 1 : n;
		if (rest.p[0] == '"') {
			*out = arena_text(r->arena, buf_text(&value));
			return true;
		}
		if (rest.p[0] == '\\') {
			if (!read_escape(r, &value))
				return false;
		} else if ((unsigned char)rest.p[0] < ' ') {
			return false;
		} else if (n == 0) {
			add_rune(&value, 0xFFFD);
		} else {
			buf_add(&value, rest.p, n);
		}
	}
	return false;
}

static bool
read_string(struct reader *r, struct text *out)
{
	size_t start = r->pos, i = start;

	while (i < r->in.n && r->in.p[i] >= ' ' && r->in.p[i] < 0x7F &&
	       r->in.p[i] != '"' && r->in.p[i] != '\\')
		i++;
	if (i == r->in.n || r->in.p[i] != '"')
		return decode_string(r, out);
	*out = text_first(text_from(r->in, start), i - start);
	r->pos = i + 1;
	return true;
}

/* An element is not a string. That is an error only if the whole text is valid JSON. */
static int
not_a_string(const struct reader *r, struct error *err)
{
	json_t *json = json_loadb(r->in.p, r->in.n,
	                          JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);

	if (json == NULL)
		return 0;
	json_decref(json);
	return error_set(err, ERR_DOCKERFILE,
	                 "when using JSON array syntax, arrays must be comprised of "
	                 "strings only");
}

static int
read_array(struct reader *r, struct words *out, struct error *err)
{
	struct text value;

	if (!take_char(r, '['))
		return 0;
	if (!take_char(r, ']')) {
		do {
			if (!take_char(r, '"'))
				return not_a_string(r, err);
			if (!read_string(r, &value))
				return 0;
			array_push(&out->list, value);
		} while (take_char(r, ','));
		if (!take_char(r, ']'))
			return 0;
	}
	skip_blanks(r);
	return r->pos == r->in.n;
}

int
json_form_read(struct arena *arena, struct text t, struct words *out, struct error *err)
{
	struct reader r = { .arena = arena, .in = rune_trim_left(t) };
	size_t before = out->list.n;
	int result = read_array(&r, out, err);

	if (result != 1)
		out->list.n = before;
	return result;
}
