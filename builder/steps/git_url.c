#include "base/base.h"
#include "base/number.h"
#include "builder/steps/git.h"

static int
set_once(struct text key, struct text value, struct text *field, struct error *err)
{
	if (field->p != NULL && !text_equal(*field, value))
		return error_set(err, ERR_USAGE,
		                 "git URL: conflicting values for \"%.*s\"", (int)key.n,
		                 key.p);
	*field = value;
	return 0;
}

static int
set_bool(struct text key, struct text value, bool *field, struct error *err)
{
	/* "?keep-git-dir" alone means yes. */
	if (value.n == 0) {
		*field = true;
		return 0;
	}
	if (!number_bool(value, field))
		return error_set(err, ERR_USAGE, "git URL: %.*s=%.*s is no boolean",
		                 (int)key.n, key.p, (int)value.n, value.p);
	return 0;
}

static int
set_prefixed(struct arena *arena, struct text key, const char *prefix, struct text value,
             struct git_source *out, struct error *err)
{
	struct text ref = text_of(arena_print(arena, "%s%.*s",
	                                      text_starts(value, "refs/") ? "" : prefix,
	                                      (int)value.n, value.p));

	return set_once(key, ref, &out->ref, err);
}

static int
set_query(struct arena *arena, struct text key, struct text value, struct git_source *out,
          struct error *err)
{
	bool by_commit = false;

	if (text_is(key, "ref"))
		return set_once(key, value, &out->ref, err);
	if (text_is(key, "tag"))
		return set_prefixed(arena, key, "refs/tags/", value, out, err);
	if (text_is(key, "branch"))
		return set_prefixed(arena, key, "refs/heads/", value, out, err);
	if (text_is(key, "subdir"))
		return set_once(key, value, &out->subdir, err);
	if (text_is(key, "checksum") || text_is(key, "commit"))
		return set_once(key, value, &out->checksum, err);
	if (text_is(key, "keep-git-dir"))
		return set_bool(key, value, &out->keep_git_dir, err);
	if (text_is(key, "submodules"))
		return set_bool(key, value, &out->submodules, err);
	/* A commit is fetched alone anyway, and times are always the commit's. */
	if (text_is(key, "fetch-by-commit"))
		return set_bool(key, value, &by_commit, err);
	if (text_is(key, "mtime") &&
	    (text_is(value, "checkout") || text_is(value, "commit")))
		return 0;
	return error_set(err, ERR_USAGE, "unexpected query \"%.*s\"", (int)key.n, key.p);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %2F and the like. */
static struct text
unescape(struct arena *arena, struct text t)
{
	auto_buf struct buf out = BUF_INIT;

	for (size_t i = 0; i < t.n; i++) {
		int high = t.p[i] == '%' && i + 2 < t.n ? hex_value(t.p[i + 1]) : -1;
		int low = high >= 0 ? hex_value(t.p[i + 2]) : -1;

		if (low > 0 || (low == 0 && high > 0)) {
			buf_add_char(&out, (char)(high << 4 | low));
			i += 2;
		} else {
			buf_add_char(&out, t.p[i]);
		}
	}
	return arena_text(arena, buf_text(&out));
}

static int
parse_query(struct arena *arena, struct text query, struct git_source *out,
            struct error *err)
{
	while (query.n > 0) {
		ptrdiff_t end = text_find(query, '&');
		struct text one = end < 0 ? query : text_first(query, (size_t)end);
		ptrdiff_t equals = text_find(one, '=');
		struct text key = equals < 0 ? one : text_first(one, (size_t)equals);
		struct text value = equals < 0 ? text_from(one, one.n)
		                               : text_from(one, (size_t)equals + 1);

		if (key.n > 0 && set_query(arena, unescape(arena, key),
		                           unescape(arena, value), out, err) < 0)
			return -1;
		query = text_from(query, end < 0 ? query.n : (size_t)end + 1);
	}
	return 0;
}

/* "ref:subdir", either may be missing. */
static int
parse_fragment(struct arena *arena, struct text fragment, struct git_source *out,
               struct error *err)
{
	ptrdiff_t colon = text_find(fragment, ':');
	struct text ref = colon < 0 ? fragment : text_first(fragment, (size_t)colon);
	struct text subdir = colon < 0 ? (struct text){ 0 }
	                               : text_from(fragment, (size_t)colon + 1);

	if (ref.n > 0 &&
	    set_once(TEXT("ref"), arena_text(arena, ref), &out->ref, err) < 0)
		return -1;
	if (subdir.n == 0)
		return 0;
	return set_once(TEXT("subdir"), arena_text(arena, subdir), &out->subdir, err);
}

int
git_parse(struct arena *arena, struct text url, struct git_source *out, struct error *err)
{
	struct git_source src = { .submodules = true };
	ptrdiff_t hash = text_find(url, '#'), question = 0;
	struct text front = hash < 0 ? url : text_first(url, (size_t)hash);

	question = text_find(front, '?');
	src.url = arena_text(arena,
	                     question < 0 ? front : text_first(front, (size_t)question));
	if (hash >= 0 &&
	    parse_fragment(arena, text_from(url, (size_t)hash + 1), &src, err) < 0)
		return -1;
	if (question >= 0 &&
	    parse_query(arena, text_from(front, (size_t)question + 1), &src, err) < 0)
		return -1;
	*out = src;
	return 0;
}
