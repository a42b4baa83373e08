#include "registry/registry.h"

#include <stdlib.h>

#include "base/base.h"
#include "base/name_hint.h"

#define DEFAULT_HOST "docker.io"
#define LEGACY_HOST  "index.docker.io"
#define LIBRARY      "library/"

/* Limits of the distribution grammar: path without host, tag. */
#define REPO_MAX 255
#define TAG_MAX  128

/* Longest text worth looking at: host, path, tag and a sha512 digest fit. */
#define REFERENCE_MAX 1024

static bool
is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_alnum(char c)
{
	return is_lower_alnum(c) || is_upper(c);
}

static bool
has_upper(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (is_upper(t.p[i]))
			return true;
	return false;
}

/* A separator inside a path component: one ".", one or two "_", any "-".
 * Returns its length at P[I], 0 if there is none. */
static size_t
separator_length(struct text t, size_t i)
{
	size_t n = 0;

	if (t.p[i] == '.')
		return 1;
	if (t.p[i] == '_')
		return i + 1 < t.n && t.p[i + 1] == '_' ? 2 : 1;
	while (i + n < t.n && t.p[i + n] == '-')
		n++;
	return n;
}

/* Components of lower-case letters and digits with single separators between
 * them, joined by "/". */
static bool
is_repo(struct text t)
{
	bool need_alnum = true;

	for (size_t i = 0; i < t.n;) {
		size_t n;

		if (is_lower_alnum(t.p[i])) {
			need_alnum = false;
			i++;
			continue;
		}
		if (need_alnum)
			return false;
		n = t.p[i] == '/' ? 1 : separator_length(t, i);
		if (n == 0)
			return false;
		need_alnum = true;
		i += n;
	}
	return !need_alnum;
}

static bool
is_port(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	return t.n > 0;
}

/* "[" hex digits and colons "]", then nothing or a port. */
static bool
is_ipv6_host(struct text t)
{
	ptrdiff_t end = text_find(t, ']');

	if (end < 2)
		return false;
	for (ptrdiff_t i = 1; i < end; i++) {
		char c = t.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
		      (c >= 'A' && c <= 'F') || c == ':'))
			return false;
	}
	t = text_from(t, (size_t)end + 1);
	return t.n == 0 || (t.p[0] == ':' && is_port(text_from(t, 1)));
}

/* Labels of letters, digits and inner "-", joined by ".". */
static bool
is_domain(struct text t)
{
	bool edge = true; /* at the start of a label, or right after a "-" */
	bool in_label = false;

	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];

		if (is_alnum(c)) {
			edge = false;
			in_label = true;
		} else if (c == '-' && in_label) {
			edge = true;
		} else if (c == '.' && !edge) {
			edge = true;
			in_label = false;
		} else {
			return false;
		}
	}
	return !edge;
}

static bool
is_host(struct text t)
{
	struct text port = t, domain = text_cut(&port, ':');

	if (text_starts(t, "["))
		return is_ipv6_host(t);
	return is_domain(domain) && (port.p == NULL || is_port(port));
}

static bool
is_tag(struct text t)
{
	if (t.n == 0 || t.n > TAG_MAX || t.p[0] == '.' || t.p[0] == '-')
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!is_alnum(t.p[i]) && t.p[i] != '_' && t.p[i] != '.' && t.p[i] != '-')
			return false;
	return true;
}

/* 64 hex digits alone are an image id; as a name they would be ambiguous. */
static bool
is_image_id(struct text t)
{
	if (t.n != 64)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= '0' && t.p[i] <= '9') ||
		      (t.p[i] >= 'a' && t.p[i] <= 'f')))
			return false;
	return true;
}

/* Whether the part before the first "/" is a host: only then does it hold a
 * dot, a colon or a capital, or is "localhost". */
static bool
looks_like_host(struct text t)
{
	return text_is(t, "localhost") || text_find(t, '.') >= 0 ||
	       text_find(t, ':') >= 0 || has_upper(t);
}

/* Splits TEXT into host and the rest; *LIBRARY_PREFIX says whether "library/"
 * belongs in front of the rest. */
static void
split_host(struct text text, struct text *host, struct text *rest, bool *library_prefix)
{
	*rest = text;
	*host = text_cut(rest, '/');
	if (rest->p == NULL || !looks_like_host(*host)) {
		*host = TEXT(DEFAULT_HOST);
		*rest = text;
	} else if (text_is(*host, LEGACY_HOST)) {
		*host = TEXT(DEFAULT_HOST);
	}
	*library_prefix = text_is(*host, DEFAULT_HOST) && text_find(*rest, '/') < 0;
}

static int
parse_digest(struct reference *ref, struct text digest, struct error *err)
{
	struct digest value;

	if (!digest_parse(&value, digest))
		return error_set(err, ERR_USAGE,
		                 "invalid reference format: bad digest %.*s",
		                 TEXT_ARG(digest));
	ref->digest = text_copy(digest);
	return 0;
}

static int
parse_repo(struct reference *ref, struct text repo, bool library_prefix,
           struct error *err)
{
	if (has_upper(repo))
		return error_set(
		        err, ERR_USAGE,
		        "invalid reference format: repository name (%s%.*s) must be "
		        "lowercase",
		        library_prefix ? LIBRARY : "", TEXT_ARG(repo));
	if (!is_repo(repo))
		return error_set(err, ERR_USAGE, "invalid reference format");
	ref->repo = mem_print("%s%.*s", library_prefix ? LIBRARY : "", TEXT_ARG(repo));
	if (strlen(ref->repo) > REPO_MAX)
		return error_set(
		        err, ERR_USAGE,
		        "invalid reference format: repository name must not be more "
		        "than %d characters",
		        REPO_MAX);
	return 0;
}

static int
parse_parts(struct reference *ref, struct text text, struct error *err)
{
	struct text host, repo, tag, digest;
	bool library_prefix;

	split_host(text, &host, &digest, &library_prefix);
	if (!is_host(host))
		return error_set(err, ERR_USAGE, "invalid reference format");
	ref->host = text_copy(host);
	tag = text_cut(&digest, '@');
	repo = text_cut(&tag, ':');
	if (digest.p != NULL && parse_digest(ref, digest, err) < 0)
		return -1;
	if (tag.p != NULL) {
		if (!is_tag(tag))
			return error_set(err, ERR_USAGE, "invalid reference format");
		ref->tag = text_copy(tag);
	}
	if (parse_repo(ref, repo, library_prefix, err) < 0)
		return -1;
	if (ref->tag == NULL && ref->digest == NULL)
		ref->tag = mem_copy("latest");
	return 0;
}

int
reference_parse(struct reference *ref, struct text text, struct error *err)
{
	auto_reference struct reference parsed = REFERENCE_INIT;

	*ref = (struct reference)REFERENCE_INIT;
	if (text.n == 0)
		return error_set(err, ERR_USAGE,
		                 "invalid reference format: the name is empty");
	if (text.n > REFERENCE_MAX)
		return error_set(err, ERR_USAGE, "invalid reference format: too long");
	if (is_image_id(text))
		return error_set(err, ERR_USAGE,
		                 "invalid reference format: %.*s: 64 hexadecimal digits "
		                 "cannot be a repository name",
		                 TEXT_ARG(text));
	if (parse_parts(&parsed, text, err) < 0)
		return name_hint_add(text, err);
	*ref = parsed;
	parsed = (struct reference)REFERENCE_INIT;
	return 0;
}

void
reference_copy(struct reference *to, const struct reference *from)
{
	*to = (struct reference){
		.host = mem_copy(from->host),
		.repo = mem_copy(from->repo),
		.tag = mem_copy(from->tag),
		.digest = mem_copy(from->digest),
	};
}

char *
reference_print(const struct reference *ref)
{
	auto_buf struct buf out = BUF_INIT;

	buf_print(&out, "%s/%s", ref->host, ref->repo);
	if (ref->tag != NULL)
		buf_print(&out, ":%s", ref->tag);
	if (ref->digest != NULL)
		buf_print(&out, "@%s", ref->digest);
	return buf_take(&out);
}

static bool
same_name(const struct reference *a, const char *text)
{
	auto_reference struct reference b = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (reference_parse(&b, text_of(text), &ignored) < 0)
		return false;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): both are set */
	return strcmp(a->host, b.host) == 0 && strcmp(a->repo, b.repo) == 0;
}

char *
reference_short(const struct reference *ref)
{
	auto_buf struct buf out = BUF_INIT;
	const char *name = ref->repo;
	bool is_library = strncmp(ref->repo, LIBRARY, sizeof LIBRARY - 1) == 0;

	/* Not every name may lose its host: docker.io/localhost/x is one of many
	 * whose rest would be taken for another host. Hence the try. */
	if (is_library)
		name += sizeof LIBRARY - 1;
	if (!same_name(ref, name))
		name = ref->repo;
	if (same_name(ref, name))
		buf_add_str(&out, name);
	else
		buf_print(&out, "%s/%s", ref->host, ref->repo);
	if (ref->tag != NULL && (ref->digest != NULL || strcmp(ref->tag, "latest") != 0))
		buf_print(&out, ":%s", ref->tag);
	if (ref->digest != NULL)
		buf_print(&out, "@%s", ref->digest);
	return buf_take(&out);
}

void
reference_clear(struct reference *ref)
{
	free(ref->host);
	free(ref->repo);
	free(ref->tag);
	free(ref->digest);
	*ref = (struct reference)REFERENCE_INIT;
}
