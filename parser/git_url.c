#include "parser/git_url.h"

#include <ctype.h>

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"
#include "base/percent.h"

/* The keys of a URL's query, each allowed once. */
struct query {
	struct text ref, tag, branch, subdir, checksum, commit, keep_git_dir, submodules,
	        mtime, fetch_by_commit;
};

/* "user@host:path": what ssh and scp understand. */
static bool
is_scp_like(struct text t)
{
	ptrdiff_t at = text_find(t, '@'), colon = text_find(t, ':');

	if (at < 1 || colon < at + 2 || (size_t)colon + 1 == t.n)
		return false;
	for (ptrdiff_t i = 0; i < colon; i++)
		if (!isalnum((unsigned char)t.p[i]) && i != at && t.p[i] != '-' &&
		    t.p[i] != '_' && t.p[i] != '.')
			return false;
	return !text_starts(text_from(t, (size_t)colon), "://");
}

/* BARE is the URL without query and fragment. */
static bool
is_repository(struct text bare)
{
	if (text_starts(bare, "git://") || text_starts(bare, "ssh://"))
		return true;
	if (text_starts(bare, "http://") || text_starts(bare, "https://"))
		return text_ends(bare, ".git");
	return is_scp_like(bare);
}

/* Resolves %xx and "+". */
static struct text
decode(struct arena *arena, struct text t)
{
	auto_buf struct buf plain = BUF_INIT, out = BUF_INIT;

	buf_add_text(&plain, t);
	for (size_t i = 0; i < plain.n; i++)
		if (plain.p[i] == '+')
			plain.p[i] = ' ';
	percent_decode(buf_text(&plain), &out);
	return arena_text(arena, buf_text(&out));
}

static int
fail_query(const char *before, struct text key, const char *after, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;

	buf_add_quoted(&quoted, key);
	return error_set(err, ERR_DOCKERFILE, "%s %s%s", before, buf_str(&quoted), after);
}

static int
read_query_part(struct arena *arena, struct text part, struct query *q, struct error *err)
{
	const struct {
		const char *name;
		struct text *value;
		bool may_be_empty;
	} keys[] = {
		{ "ref", &q->ref, false },
		{ "tag", &q->tag, false },
		{ "branch", &q->branch, false },
		{ "subdir", &q->subdir, false },
		{ "checksum", &q->checksum, false },
		{ "commit", &q->commit, false },
		{ "keep-git-dir", &q->keep_git_dir, true },
		{ "submodules", &q->submodules, true },
		{ "mtime", &q->mtime, false },
		{ "fetch-by-commit", &q->fetch_by_commit, true },
	};
	struct text key = decode(arena, text_cut(&part, '='));
	struct text value = part.p == NULL ? TEXT("") : decode(arena, part);

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		if (!text_is(key, keys[i].name))
			continue;
		if (keys[i].value->p != NULL)
			return fail_query("query", key, " has multiple values", err);
		if (value.n == 0 && !keys[i].may_be_empty)
			return fail_query("query", key, " has no value", err);
		*keys[i].value = value;
		return 0;
	}
	return fail_query("unexpected query", key, "", err);
}

static int
read_query(struct arena *arena, struct text query, struct query *q, struct error *err)
{
	while (query.n > 0) {
		struct text part = text_cut(&query, '&');

		if (part.n > 0 && read_query_part(arena, part, q, err) < 0)
			return -1;
	}
	return 0;
}

/* Sets *TO. If it is already set to another value, that is an error. */
static int
agree(struct text *to, struct text value, const char *what, struct error *err)
{
	auto_buf struct buf was = BUF_INIT, is = BUF_INIT;

	if (to->n == 0 || text_equal(*to, value)) {
		*to = value;
		return 0;
	}
	buf_add_quoted(&was, *to);
	buf_add_quoted(&is, value);
	return error_set(err, ERR_DOCKERFILE, "%s conflicts: %s vs %s", what,
	                 buf_str(&was), buf_str(&is));
}

static struct text
with_prefix(struct arena *arena, const char *prefix, struct text name)
{
	if (text_starts(name, prefix))
		return name;
	return text_of(arena_print(arena, "%s%.*s", prefix, TEXT_ARG(name)));
}

static int
read_bool(struct text value, const char *name, bool *out, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;

	if (value.p == NULL || number_bool(value, out))
		return 0;
	if (value.n == 0) {
		*out = true;
		return 0;
	}
	buf_add_quoted(&quoted, value);
	return error_set(err, ERR_DOCKERFILE, "invalid %s value: %s", name,
	                 buf_str(&quoted));
}

static int
apply_refs(struct arena *arena, const struct query *q, struct step_git *git,
           struct error *err)
{
	if (q->ref.n > 0 && agree(&git->ref, q->ref, "ref", err) < 0)
		return -1;
	if (q->tag.n > 0 && q->branch.n > 0)
		return error_set(err, ERR_DOCKERFILE, "branch conflicts with tag");
	if (q->tag.n > 0 &&
	    agree(&git->ref, with_prefix(arena, "refs/tags/", q->tag), "ref", err) < 0)
		return -1;
	if (q->branch.n > 0 &&
	    agree(&git->ref, with_prefix(arena, "refs/heads/", q->branch), "ref", err) <
	            0)
		return -1;
	if (q->subdir.n > 0 && agree(&git->subdir, q->subdir, "subdir", err) < 0)
		return -1;
	if (q->checksum.n > 0 && agree(&git->checksum, q->checksum, "checksum", err) < 0)
		return -1;
	return q->commit.n > 0 ? agree(&git->checksum, q->commit, "checksum", err) : 0;
}

static int
apply(struct arena *arena, const struct query *q, struct git_url *out, struct error *err)
{
	bool keep = false, by_commit = false;

	out->git.submodules = true;
	out->keep_git_dir = -1;
	if (apply_refs(arena, q, &out->git, err) < 0 ||
	    read_bool(q->keep_git_dir, "keep-git-dir", &keep, err) < 0 ||
	    read_bool(q->submodules, "submodules", &out->git.submodules, err) < 0 ||
	    read_bool(q->fetch_by_commit, "fetch-by-commit", &by_commit, err) < 0)
		return -1;
	if (q->keep_git_dir.p != NULL)
		out->keep_git_dir = keep;
	out->git.keep_git_dir = keep;
	out->git.commit_time = text_is(q->mtime, "commit");
	if (q->mtime.p != NULL && !out->git.commit_time && !text_is(q->mtime, "checkout"))
		return error_set(err, ERR_DOCKERFILE, "invalid mtime value: \"%.*s\"",
		                 TEXT_ARG(q->mtime));
	return 0;
}

/* Cuts the fragment and the query, in this order, off T. */
static struct text
cut(struct text t, struct text *query, struct text *fragment)
{
	*fragment = t;
	*query = text_cut(fragment, '#');
	return text_cut(query, '?');
}

bool
git_url_is(struct text t)
{
	struct text query, fragment;

	return is_repository(cut(t, &query, &fragment));
}

int
git_url_parse(struct arena *arena, struct text t, struct git_url *out, struct error *err)
{
	struct text fragment = { 0 }, query = { 0 };
	struct text bare = cut(t, &query, &fragment);
	struct git_url url = { 0 };
	struct query q = { 0 };
	struct text ref = { 0 };

	if (!is_repository(bare))
		return 0;
	url.git.url = arena_text(arena, bare);
	ref = text_cut(&fragment, ':');
	if (fragment.n > 0)
		url.git.subdir = arena_text(arena, fragment);
	if (ref.n > 0)
		url.git.ref = arena_text(arena, ref);
	if (read_query(arena, query, &q, err) < 0 || apply(arena, &q, &url, err) < 0)
		return -1;
	*out = url;
	return 1;
}
