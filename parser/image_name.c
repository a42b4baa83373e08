#include "parser/image_name.h"

#include <ctype.h>

#include "base/base.h"
#include "base/digest.h"

#define REPOSITORY_MAX 255
#define TAG_MAX        128
#define ID_LENGTH      64

struct parts {
	struct text host, repository, tag, digest; /* tag, digest: p NULL if absent */
	bool library;                              /* "library/" is left out */
};

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_all(struct text t, int (*test)(int))
{
	for (size_t i = 0; i < t.n; i++)
		if (!test((unsigned char)t.p[i]))
			return false;
	return t.n > 0;
}

/* Lower-case letters and digits, with ".", "_", "__" or dashes between them. */
static bool
is_component(struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		size_t start = i;

		while (i < t.n && !is_plain(t.p[i]))
			i++;
		if (i == start)
			continue;
		if (start == 0 || i == t.n)
			return false;
		for (size_t k = start; k < i; k++)
			if (t.p[k] != t.p[start])
				return false;
		if (t.p[start] != '-' && (t.p[start] != '_' || i - start > 2) &&
		    (t.p[start] != '.' || i - start > 1))
			return false;
	}
	return t.n > 0;
}

static bool
is_repository(struct text t)
{
	do
		if (!is_component(text_cut(&t, '/')))
			return false;
	while (t.p != NULL);
	return true;
}

/* Labels of letters, digits and inner dashes, separated by dots; or an IPv6 address in
 * brackets; then perhaps a port. */
static bool
is_host(struct text t)
{
	struct text port = { 0 };

	if (text_starts(t, "[")) {
		ptrdiff_t end = text_find(t, ']');

		if (end < 2)
			return false;
		for (ptrdiff_t i = 1; i < end; i++)
			if (!isxdigit((unsigned char)t.p[i]) && t.p[i] != ':')
				return false;
		t = text_from(t, (size_t)end + 1);
		return t.n == 0 || (t.p[0] == ':' && is_all(text_from(t, 1), isdigit));
	}
	port = t;
	t = text_cut(&port, ':');
	if (port.p != NULL && !is_all(port, isdigit))
		return false;
	for (size_t i = 0; i < t.n; i++) {
		bool edge = i == 0 || i + 1 == t.n || t.p[i - 1] == '.' ||
		            t.p[i + 1] == '.';

		if (!isalnum((unsigned char)t.p[i]) &&
		    (edge || (t.p[i] != '-' && t.p[i] != '.')))
			return false;
	}
	return t.n > 0;
}

static bool
is_tag(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!isalnum((unsigned char)t.p[i]) && t.p[i] != '_' &&
		    (i == 0 || (t.p[i] != '.' && t.p[i] != '-')))
			return false;
	return t.n > 0 && t.n <= TAG_MAX;
}

static bool
has_upper(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (isupper((unsigned char)t.p[i]))
			return true;
	return false;
}

/* Splits T without checking the parts. The part before the first slash is a host only if
 * it cannot be anything else. */
static struct parts
split(struct text t)
{
	struct parts parts = { .host = TEXT("docker.io") };
	struct text rest = t, first = text_cut(&rest, '/');

	if (rest.p != NULL &&
	    (text_is(first, "localhost") || text_find(first, '.') >= 0 ||
	     text_find(first, ':') >= 0 || has_upper(first))) {
		parts.host = text_is(first, "index.docker.io") ? parts.host : first;
		t = rest;
	}
	parts.digest = t;
	parts.tag = text_cut(&parts.digest, '@');
	parts.repository = text_cut(&parts.tag, ':');
	parts.library = text_is(parts.host, "docker.io") &&
	                text_find(parts.repository, '/') < 0;
	return parts;
}

static int
check(struct text t, const struct parts *parts, struct error *err)
{
	const char *library = parts->library ? "library/" : "";
	struct digest digest;

	if (t.n == ID_LENGTH && is_all(t, isxdigit) && !has_upper(t))
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid repository name (%.*s), cannot specify 64-byte "
		                 "hexadecimal strings",
		                 TEXT_ARG(t));
	if (has_upper(parts->repository))
		return error_set(err, ERR_DOCKERFILE,
		                 "invalid reference format: repository name (%s%.*s) "
		                 "must be lowercase",
		                 library, TEXT_ARG(parts->repository));
	if (!is_host(parts->host) || !is_repository(parts->repository) ||
	    (parts->tag.p != NULL && !is_tag(parts->tag)) ||
	    (parts->digest.p != NULL && !digest_parse(&digest, parts->digest)))
		return error_set(err, ERR_DOCKERFILE, "invalid reference format");
	if (parts->repository.n + strlen(library) > REPOSITORY_MAX)
		return error_set(err, ERR_DOCKERFILE,
		                 "repository name must not be more than 255 characters");
	return 0;
}

static void
add_version(struct buf *b, const struct parts *parts)
{
	if (parts->tag.p != NULL) {
		buf_add_char(b, ':');
		buf_add_text(b, parts->tag);
	}
	if (parts->digest.p != NULL) {
		buf_add_char(b, '@');
		buf_add_text(b, parts->digest);
	}
}

int
image_name_parse(struct arena *arena, struct text t, struct image_name *out,
                 struct error *err)
{
	auto_buf struct buf full = BUF_INIT, brief = BUF_INIT;
	struct parts parts = split(t);
	struct text short_name;

	if (check(t, &parts, err) < 0)
		return -1;
	if (!text_is(parts.host, "docker.io")) {
		buf_add_text(&brief, parts.host);
		buf_add_char(&brief, '/');
	}
	short_name = parts.repository;
	if (text_is(parts.host, "docker.io") && text_starts(short_name, "library/") &&
	    text_find(text_from(short_name, strlen("library/")), '/') < 0)
		short_name = text_from(short_name, strlen("library/"));
	buf_add_text(&brief, short_name);
	buf_add_text(&full, parts.host);
	buf_add_str(&full, parts.library ? "/library/" : "/");
	buf_add_text(&full, parts.repository);
	if (parts.tag.p == NULL && parts.digest.p == NULL)
		buf_add_str(&full, ":latest");
	add_version(&full, &parts);
	if (text_is(parts.tag, "latest") && parts.digest.p == NULL)
		parts.tag.p = NULL;
	add_version(&brief, &parts);
	*out = (struct image_name){ arena_text(arena, buf_text(&full)),
		                    arena_text(arena, buf_text(&brief)),
		                    parts.digest.p != NULL };
	return 0;
}
