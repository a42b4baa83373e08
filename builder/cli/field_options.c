#include "builder/cli/field_options.h"

#include <ctype.h>

#include "base/base.h"
#include "base/csv.h"
#include "builder/cli/build_options.h"
#include "parser/config.h"

void
field_clear(struct field *f)
{
	free(f->key);
	f->key = NULL;
}

int
field_next(struct build_options *o, struct text *rest, struct field *out,
           struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	int found = csv_next(rest, &bytes, err);
	struct text text;

	field_clear(out);
	if (found <= 0)
		return found;
	text = build_options_own(o, text_copy(buf_text(&bytes)));
	out->whole = text;
	out->key = text_copy(text_cut(&text, '='));
	for (char *p = out->key; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	out->value = text;
	return 1;
}

int
field_unknown(const struct field *f, struct error *err)
{
	return error_set(err, ERR_USAGE, "unknown field \"%.*s\"", TEXT_ARG(f->whole));
}

/* ------------------------------------------------------------ secret */

static int
set_secret(struct secret_source *s, const struct field *f, bool *is_env,
           struct error *err)
{
	struct text key = text_of(f->key);

	if (f->value.p == NULL)
		return field_unknown(f, err);
	if (text_is(key, "id"))
		s->id = f->value;
	else if (text_is(key, "src") || text_is(key, "source"))
		s->file = f->value;
	else if (text_is(key, "env"))
		s->env = f->value;
	else if (text_is(key, "type") &&
	         (text_is(f->value, "file") || text_is(f->value, "env")))
		*is_env = text_is(f->value, "env");
	else
		return field_unknown(f, err);
	return 0;
}

int
add_secret(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_field struct field field = { 0 };
	struct secret_source s = { 0 };
	bool is_env = false;
	int found = 0;

	if (value.n == 0)
		return error_set(err, ERR_USAGE, "needs id=NAME");
	while ((found = field_next(o, &value, &field, err)) > 0)
		if (set_secret(&s, &field, &is_env, err) < 0)
			return -1;
	if (found < 0)
		return -1;
	if (s.id.n == 0)
		return error_set(err, ERR_USAGE, "needs id=NAME");
	if (is_env && s.env.p == NULL) {
		s.env = s.file.p != NULL ? s.file : s.id;
		s.file = (struct text){ 0 };
	}
	array_push(&o->request.secrets, s);
	return 0;
}

/* ------------------------------------------------------------ ssh */

/* Ids count as they are written. */
int
add_ssh(void *target, struct text value, struct error *err)
{
	struct build_options *o = target;
	auto_buf struct buf first = BUF_INIT, more = BUF_INIT;
	struct text text, socket = { 0 };
	ptrdiff_t equal = 0;

	if (csv_next(&value, &first, err) < 0)
		return -1;
	text = build_options_own(o, text_copy(buf_text(&first)));
	equal = text_find(text, '=');
	if (text.n == 0 || equal == 0)
		return error_set(err, ERR_USAGE, "must be default, ID or ID=SOCKET");
	if (equal > 0) {
		socket = text_from(text, (size_t)equal + 1);
		text = text_first(text, (size_t)equal);
	}
	switch (csv_next(&value, &more, err)) {
	case 0:
		array_push(&o->request.agents, ((struct variable){ text, socket }));
		return 0;
	case 1:
		error_set(err, ERR_USAGE, "each id has one socket");
		return error_hint(err,
		                  "for keys in files: ssh-add FILE…, then --ssh %.*s",
		                  TEXT_ARG(text));
	default:
		return -1;
	}
}
