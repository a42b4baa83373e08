#include "registry/message.h"

#include <ctype.h>

#include "base/base.h"
#include "base/jsonio.h"

#define MESSAGE_MAX 400
#define LISTED_MAX  3

char *
message_clean(struct text t)
{
	auto_buf struct buf out = BUF_INIT;
	bool blank = false;

	while (t.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		if (out.n > MESSAGE_MAX) {
			buf_add_str(&out, "…");
			break;
		}
		/* C0, DEL and C1: a terminal must not obey a server. */
		if (n > 0 && (rune <= ' ' || (rune >= 0x7f && rune <= 0xa0))) {
			blank = out.n > 0;
		} else {
			if (blank)
				buf_add_char(&out, ' ');
			blank = false;
			if (n == 0)
				buf_add_str(&out, "\xEF\xBF\xBD");
			else
				buf_add_text(&out, text_first(t, n));
		}
		t = text_from(t, n == 0 ? 1 : n);
	}
	return buf_take(&out);
}

static const char *
member(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s != NULL ? s : "";
}

/* "NAME_UNKNOWN" reads "name unknown". */
static void
add_code(struct buf *out, const char *code)
{
	for (; *code != '\0'; code++)
		buf_add_char(out,
		             *code == '_' ? ' ' : (char)tolower((unsigned char)*code));
}

static void
add_fault(struct buf *out, const char *code, const char *text)
{
	auto_buf struct buf words = BUF_INIT;

	add_code(&words, code);
	if (words.n == 0 && *text == '\0')
		return;
	if (out->n > 0)
		buf_add_str(out, "; ");
	/* "manifest unknown: manifest unknown" says nothing more. */
	if (words.n > 0 && strcmp(buf_str(&words), text) != 0)
		buf_print(out, "%s%s", buf_str(&words), *text != '\0' ? ": " : "");
	buf_add_str(out, text);
}

/* {"errors":[{"code","message","detail"}]} of the distribution-spec; a detail
 * is worth showing only where it is a text. */
static void
add_errors(struct buf *out, const json_t *errors)
{
	for (size_t i = 0; i < json_array_size(errors) && i < LISTED_MAX; i++) {
		const json_t *e = json_array_get(errors, i);
		const char *detail = member(e, "detail");

		add_fault(out, member(e, "code"), member(e, "message"));
		if (*detail != '\0' && strcmp(detail, member(e, "message")) != 0)
			buf_print(out, " (%s)", detail);
	}
}

char *
message_of_body(struct text body)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *root = NULL;
	auto_buf struct buf out = BUF_INIT;

	body = text_trim(body);
	if (body.n == 0 || body.p[0] == '<')
		return mem_copy("");
	root = jsonio_parse(body, "", &ignored);
	if (!json_is_object(root))
		return message_clean(body);
	add_errors(&out, json_object_get(root, "errors"));
	if (out.n == 0)
		add_fault(&out, member(root, "error"), member(root, "error_description"));
	if (out.n == 0)
		add_fault(&out, member(root, "code"), member(root, "message"));
	if (out.n == 0)
		add_fault(&out, "", member(root, "details"));
	return message_clean(buf_text(&out));
}
