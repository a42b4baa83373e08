#include "base/base.h"
#include "base/count.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/flags.h"
#include "parser/heredoc.h"
#include "parser/statement.h"

static int
check_arguments(struct arena *arena, const struct statement *s, struct error *err)
{
	struct heredoc ignored;

	if (s->args.n < 2)
		return error_set(err, ERR_DOCKERFILE,
		                 "%s requires at least two arguments, but only one was "
		                 "provided. Destination could not be determined",
		                 s->keyword->name);
	if (heredoc_parse(arena, s->args.at[s->args.n - 1], &ignored))
		return error_set(err, ERR_DOCKERFILE,
		                 "%s cannot accept a heredoc as a destination",
		                 s->keyword->name);
	return 0;
}

/* Too few arguments are reported before an invalid flag, an invalid destination after
 * it. */
static int
read_both(struct arena *arena, const struct statement *s, const struct flag *table,
          size_t n, struct error *err)
{
	if (s->args.n < 2)
		return check_arguments(arena, s, err);
	if (flags_read(s->flags.at, s->flags.n, table, n, err) < 0)
		return -1;
	return check_arguments(arena, s, err);
}

int
parse_copy(struct arena *arena, const struct statement *s, struct instruction *out,
           struct error *err)
{
	struct words excludes = { 0 };
	int link = 0, parents = 0, result;
	const struct flag table[] = {
		{ "parents", FLAG_BOOL, &parents },
		{ "exclude", FLAG_LIST, &excludes },
		{ "chown", FLAG_TEXT, &out->flag.chown },
		{ "from", FLAG_TEXT, &out->flag.from },
		{ "chmod", FLAG_TEXT, &out->flag.chmod },
		{ "link", FLAG_BOOL, &link },
	};

	result = read_both(arena, s, table, COUNT_OF(table), err);
	words_freeze(arena, &out->flag.excludes, &excludes.list);
	words_clear(&excludes);
	out->flag.link = link;
	out->flag.parents = parents;
	return result;
}

int
parse_add(struct arena *arena, const struct statement *s, struct instruction *out,
          struct error *err)
{
	struct words excludes = { 0 };
	int link = 0, result;
	const struct flag table[] = {
		{ "exclude", FLAG_LIST, &excludes },
		{ "chown", FLAG_TEXT, &out->flag.chown },
		{ "chmod", FLAG_TEXT, &out->flag.chmod },
		{ "link", FLAG_BOOL, &link },
		{ "keep-git-dir", FLAG_BOOL, &out->flag.keep_git_dir },
		{ "checksum", FLAG_TEXT, &out->flag.checksum },
		{ "unpack", FLAG_BOOL, &out->flag.unpack },
	};

	result = read_both(arena, s, table, COUNT_OF(table), err);
	words_freeze(arena, &out->flag.excludes, &excludes.list);
	words_clear(&excludes);
	out->flag.link = link;
	return result;
}
