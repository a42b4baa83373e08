#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/flags.h"
#include "parser/statement.h"

/* Characters of a stage name after its first letter, in lower case. */
static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.';
}

static bool
is_stage_name(struct text name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] | 0x20)
		                                              : name.p[i];

		if (!is_name_byte(c) || (i == 0 && (c < 'a' || c > 'z')))
			return false;
	}
	return name.n > 0;
}

static int
wrong_words(const struct statement *s, struct error *err)
{
	error_set(err, ERR_DOCKERFILE, "FROM requires either one or three arguments");
	if (s->args.n == 2)
		return error_hint(err, "a stage gets its name by AS: FROM %.*s AS %.*s",
		                  TEXT_ARG(s->args.at[0]), TEXT_ARG(s->args.at[1]));
	return error_hint(err, "FROM IMAGE, or FROM IMAGE AS NAME");
}

int
parse_from(struct arena *arena, const struct statement *s, struct instruction *out,
           struct error *err)
{
	const struct flag table[] = { { "platform", FLAG_TEXT, &out->flag.platform } };
	auto_buf struct buf quoted = BUF_INIT;

	(void)arena;
	if (s->args.n != 1 &&
	    (s->args.n != 3 || !text_equal_nocase(s->args.at[1], TEXT("as"))))
		return wrong_words(s, err);
	out->image = s->args.at[0];
	if (s->args.n == 3)
		out->alias = s->args.at[2];
	if (s->args.n == 3 && !is_stage_name(out->alias)) {
		buf_add_quoted(&quoted, out->alias);
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid name for build stage: %s, name can't start "
		                 "with a number or contain symbols",
		                 buf_str(&quoted));
	}
	return flags_read(s->flags.at, s->flags.n, table, 1, err);
}
