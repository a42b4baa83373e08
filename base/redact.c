#include "base/redact.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/count.h"
#include "base/mem.h"

#define HIDDEN "xxxxx"

static bool
is_scheme_char(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '-' || c == '.';
}

/* Other schemes use "@" differently: "docker-image://alpine@sha256:…". SCHEME includes
 * its "://". */
static bool
has_users(struct text scheme)
{
	static const char *const known[] = { "http",    "https",   "git",     "ssh",
		                             "ftp",     "ftps",    "socks4",  "socks4a",
		                             "socks5",  "socks5h", "git+ssh", "git+https",
		                             "git+http" };

	scheme.n -= strlen("://");
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (text_equal_nocase(scheme, text_of(known[i])))
			return true;
	return false;
}

/* Whether C ends a URL within other text. */
static bool
ends_word(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || strchr("\"'<>`", c) != NULL;
}

static size_t
word_length(struct text t)
{
	size_t n = 0;

	while (n < t.n && !ends_word(t.p[n]))
		n++;
	return n;
}

/* Index of the last "@" of T, or -1. */
static ptrdiff_t
last_at(struct text t)
{
	const char *at = t.n == 0 ? NULL : memrchr(t.p, '@', t.n);

	return at == NULL ? -1 : at - t.p;
}

/* The text after ":" in AUTHORITY is not a port: an unescaped "/" has split a
 * password. */
static bool
is_cut(struct text authority)
{
	ptrdiff_t colon = text_find(authority, ':');

	if (colon < 0 || (authority.n > 0 && authority.p[0] == '['))
		return false;
	for (size_t i = (size_t)colon + 1; i < authority.n; i++)
		if (!isdigit((unsigned char)authority.p[i]))
			return true;
	return false;
}

/* The length of user and password at the beginning of T, which follows "://"; -1:
 * there are none. */
static ptrdiff_t
userinfo_length(struct text t)
{
	size_t n = 0;
	ptrdiff_t at;

	t = text_first(t, word_length(t));
	while (n < t.n && strchr("/?#\\", t.p[n]) == NULL)
		n++;
	at = last_at(text_first(t, n));
	if (at < 0 && n < t.n && is_cut(text_first(t, n)))
		at = last_at(t);
	return at;
}

static bool
split(struct text url, size_t scheme, struct userinfo *out)
{
	struct text behind = text_from(url, scheme), info;
	ptrdiff_t n = userinfo_length(behind), colon;

	if (n < 0 || !has_users(text_first(url, scheme)))
		return false;
	info = text_first(behind, (size_t)n);
	colon = text_find(info, ':');
	*out = (struct userinfo){ .scheme = text_first(url, scheme),
		                  .user = info,
		                  .rest = text_from(behind, (size_t)n + 1) };
	if (colon >= 0) {
		out->user = text_first(info, (size_t)colon);
		out->password = text_from(info, (size_t)colon + 1);
	}
	return true;
}

bool
userinfo_find(struct text url, struct userinfo *out)
{
	size_t n = 0;

	while (n < url.n && is_scheme_char(url.p[n]))
		n++;
	return n > 0 && text_starts(text_from(url, n), "://") && split(url, n + 3, out);
}

/* An ssh URL names the login user, which is rarely a secret. */
static bool
is_harmless(const struct userinfo *u)
{
	return u->password.p == NULL &&
	       (u->user.n == 0 || text_ends(u->scheme, "ssh://"));
}

/* The next URL with something to hide: its "://" ends at *SCHEME in T. */
static bool
next_secret(struct text t, size_t from, size_t *scheme, struct userinfo *out)
{
	while (from < t.n) {
		const char *found = memmem(t.p + from, t.n - from, "://", 3);
		size_t at = found == NULL ? 0 : (size_t)(found - t.p), start = at;

		if (found == NULL)
			return false;
		while (start > from && is_scheme_char(t.p[start - 1]))
			start--;
		if (start < at && split(text_from(t, start), at + 3 - start, out) &&
		    !is_harmless(out)) {
			*scheme = at + 3;
			return true;
		}
		from = at + 3;
	}
	return false;
}

void
buf_add_redacted(struct buf *out, struct text t)
{
	struct userinfo u;
	size_t at = 0, scheme;

	while (next_secret(t, at, &scheme, &u)) {
		buf_add(out, t.p + at, scheme - at);
		if (u.user.n > 0)
			buf_add_str(out, HIDDEN);
		if (u.password.p != NULL)
			buf_add_str(out, ":" HIDDEN);
		buf_add_char(out, '@');
		at = (size_t)(u.rest.p - t.p);
	}
	if (at < t.n)
		buf_add(out, t.p + at, t.n - at);
}

bool
text_has_userinfo(struct text t)
{
	struct userinfo u;
	size_t scheme;

	return next_secret(t, 0, &scheme, &u);
}

char *
redact_own(char *text)
{
	auto_buf struct buf out = BUF_INIT;

	if (text == NULL || !text_has_userinfo(text_of(text)))
		return text;
	buf_add_redacted(&out, text_of(text));
	free(text);
	return buf_take(&out);
}
