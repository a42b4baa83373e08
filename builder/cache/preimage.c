#include "builder/cache/preimage.h"

#include "base/base.h"
#include "base/jsonio.h"

void
preimage_add(struct preimage *p, const char *name, struct text value)
{
	struct preimage_field *field = array_add(&p->fields);

	field->name = mem_copy(name);
	field->value = (struct text){ mem_copy_n(value.p, value.n), value.n };
}

void
preimage_add_str(struct preimage *p, const char *name, const char *value)
{
	if (value != NULL)
		preimage_add(p, name, text_of(value));
}

void
preimage_add_digest(struct preimage *p, const char *name, const struct digest *d)
{
	char text[DIGEST_TEXT_MAX];

	preimage_add(p, name, text_of(digest_text(d, text)));
}

void
preimage_add_u64(struct preimage *p, const char *name, uint64_t value)
{
	auto_free char *text = mem_print("%llu", (unsigned long long)value);

	preimage_add(p, name, text_of(text));
}

static void
add_framed(struct hasher *h, uint64_t n, size_t width, const void *bytes)
{
	uint8_t length[8];

	for (size_t i = 0; i < width; i++)
		length[i] = (uint8_t)(n >> (8 * i));
	hasher_add(h, length, width);
	hasher_add(h, bytes, n);
}

struct digest
preimage_key(const struct preimage *p)
{
	static const char magic[] = "cooper-key-1\n";
	auto_hasher struct hasher *h = hasher_new(DIGEST_SHA256);

	hasher_add(h, magic, sizeof magic - 1);
	for (size_t i = 0; i < p->fields.n; i++) {
		const struct preimage_field *field = &p->fields.at[i];

		add_framed(h, strlen(field->name), 4, field->name);
		add_framed(h, field->value.n, 8, field->value.p);
	}
	return hasher_end(h);
}

const struct preimage_field *
preimage_find(const struct preimage *p, const char *name)
{
	for (size_t i = 0; i < p->fields.n; i++)
		if (strcmp(p->fields.at[i].name, name) == 0)
			return &p->fields.at[i];
	return NULL;
}

struct text
preimage_value(const struct preimage *p, const char *name)
{
	const struct preimage_field *field = preimage_find(p, name);

	return field == NULL ? (struct text){ 0 } : field->value;
}

bool
preimage_difference(const struct preimage *was, const struct preimage *is,
                    const struct preimage_field **old, const struct preimage_field **now)
{
	for (size_t i = 0; i < is->fields.n; i++) {
		*now = &is->fields.at[i];
		*old = preimage_find(was, (*now)->name);
		if (*old == NULL || !text_equal((*old)->value, (*now)->value))
			return true;
	}
	*now = NULL;
	for (size_t i = 0; i < was->fields.n; i++) {
		*old = &was->fields.at[i];
		if (preimage_find(is, (*old)->name) == NULL)
			return true;
	}
	return false;
}

/* JSON strings cannot hold every byte sequence; others are written in hex. */
static json_t *
value_write(struct text value)
{
	static const char digits[] = "0123456789abcdef";
	json_t *plain = json_stringn(value.p, value.n);
	auto_buf struct buf hex = BUF_INIT;
	json_t *object = NULL;

	if (plain != NULL)
		return plain;
	for (size_t i = 0; i < value.n; i++) {
		buf_add_char(&hex, digits[(uint8_t)value.p[i] >> 4]);
		buf_add_char(&hex, digits[(uint8_t)value.p[i] & 15]);
	}
	object = json_object();
	jsonio_set(object, "hex", jsonio_string(buf_text(&hex)));
	return object;
}

json_t *
preimage_write(const struct preimage *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->fields.n; i++) {
		json_t *pair = json_array();

		json_array_append_new(pair, jsonio_string(text_of(p->fields.at[i].name)));
		json_array_append_new(pair, value_write(p->fields.at[i].value));
		json_array_append_new(list, pair);
	}
	return list;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static int
value_read(struct buf *out, const json_t *value)
{
	const char *hex = NULL;

	if (json_is_string(value)) {
		buf_add(out, json_string_value(value), json_string_length(value));
		return 0;
	}
	hex = json_string_value(json_object_get(value, "hex"));
	if (hex == NULL || strlen(hex) % 2 != 0)
		return -1;
	for (; *hex != '\0'; hex += 2) {
		int high = hex_digit(hex[0]), low = hex_digit(hex[1]);

		if (high < 0 || low < 0)
			return -1;
		buf_add_char(out, (char)(high << 4 | low));
	}
	return 0;
}

int
preimage_read(struct preimage *out, const json_t *json)
{
	size_t i = 0;
	json_t *pair = NULL;

	if (!json_is_array(json))
		return -1;
	json_array_foreach(json, i, pair)
	{
		const char *name = json_string_value(json_array_get(pair, 0));
		auto_buf struct buf value = BUF_INIT;

		if (name == NULL || value_read(&value, json_array_get(pair, 1)) < 0)
			return -1;
		preimage_add(out, name, buf_text(&value));
	}
	return 0;
}

void
preimage_clear(struct preimage *p)
{
	for (size_t i = 0; i < p->fields.n; i++) {
		free(p->fields.at[i].name);
		free((char *)p->fields.at[i].value.p);
	}
	array_clear(&p->fields);
}
