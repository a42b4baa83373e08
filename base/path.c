#include "base/path.h"

#include "base/own.h"

/* Cuts the last component off OUT, unless nothing is there or it is itself
 * a ".." that could not be cut. True if it did. */
static bool
cut_last(struct buf *out, bool absolute)
{
	struct text dir;

	if (absolute ? out->n == 1 : out->n == 0)
		return absolute;
	if (text_is(path_base(buf_text(out)), ".."))
		return false;
	dir = path_dir(buf_text(out));
	buf_truncate(out, dir.n);
	return true;
}

static char *
clean(struct text p, bool absolute)
{
	auto_buf struct buf out = BUF_INIT;
	struct text part;

	if (absolute)
		buf_add_char(&out, '/');
	while (path_next(&p, &part)) {
		if (text_is(part, "."))
			continue;
		if (text_is(part, "..") && cut_last(&out, absolute))
			continue;
		if (out.n > 0 && out.p[out.n - 1] != '/')
			buf_add_char(&out, '/');
		buf_add_text(&out, part);
	}
	if (out.n == 0)
		buf_add_char(&out, '.');
	return buf_take(&out);
}

char *
path_clean(struct text p)
{
	return clean(p, p.n > 0 && p.p[0] == '/');
}

char *
path_clean_abs(struct text p)
{
	return clean(p, true);
}

char *
path_join(const char *dir, const char *name)
{
	auto_buf struct buf both = BUF_INIT;

	if (*dir != '\0') {
		buf_add_str(&both, dir);
		buf_add_char(&both, '/');
	}
	buf_add_str(&both, name);
	return path_clean(buf_text(&both));
}

/* Index of the last "/", or -1. */
static ptrdiff_t
last_slash(struct text p)
{
	ptrdiff_t i = (ptrdiff_t)p.n - 1;

	while (i >= 0 && p.p[i] != '/')
		i--;
	return i;
}

struct text
path_base(struct text p)
{
	return text_from(p, (size_t)(last_slash(p) + 1));
}

struct text
path_dir(struct text p)
{
	ptrdiff_t slash = last_slash(p);

	if (slash == 0)
		return text_first(p, 1);
	return text_first(p, slash < 0 ? 0 : (size_t)slash);
}

bool
path_next(struct text *rest, struct text *component)
{
	ptrdiff_t end;

	while (rest->n > 0 && rest->p[0] == '/')
		*rest = text_from(*rest, 1);
	if (rest->n == 0)
		return false;
	end = text_find(*rest, '/');
	*component = text_first(*rest, end < 0 ? rest->n : (size_t)end);
	*rest = text_from(*rest, component->n);
	return true;
}

bool
path_is_below(struct text p, struct text dir)
{
	if (text_is(dir, "."))
		return !text_starts(p, "/") && !text_is(p, "..") &&
		       !text_starts(p, "../");
	if (p.n < dir.n || !text_equal(text_first(p, dir.n), dir))
		return false;
	return p.n == dir.n || dir.n == 0 || dir.p[dir.n - 1] == '/' || p.p[dir.n] == '/';
}

/* Rank of a byte in a path: the end of the text before "/", and that before all
 * others. */
static int
rank(struct text t, size_t i)
{
	if (i >= t.n)
		return 0;
	return t.p[i] == '/' ? 1 : (unsigned char)t.p[i] + 2;
}

int
path_compare(struct text a, struct text b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	return rank(a, i) - rank(b, i);
}
