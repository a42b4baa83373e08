#include "builder/steps/source_auth.h"

#include "base/base.h"
#include "base/base64.h"
#include "base/count.h"
#include "base/event.h"
#include "base/percent.h"
#include "base/redact.h"
#include "builder/steps/steps.h"

/* ------------------------------------------------------------ addresses */

static bool
is_web(struct text url)
{
	return text_starts(url, "http://") || text_starts(url, "https://");
}

static char *
decoded(struct text t)
{
	auto_buf struct buf b = BUF_INIT;

	percent_decode(t, &b);
	return buf_take(&b);
}

/* "host:8443" of URL without its user. */
static struct text
host_of(const char *url)
{
	struct text rest = text_of(url);
	const char *scheme = strstr(url, "://");
	size_t n = 0;

	if (scheme != NULL)
		rest = text_from(rest, (size_t)(scheme - url) + strlen("://"));
	while (n < rest.n && strchr("/?#", rest.p[n]) == NULL)
		n++;
	return text_first(rest, n);
}

static struct text
without_port(struct text host)
{
	const char *colon = host.n == 0 ? NULL : memrchr(host.p, ':', host.n);

	if (text_starts(host, "[")) {
		ptrdiff_t end = text_find(host, ']');

		return end < 0 ? host : text_first(text_from(host, 1), (size_t)end - 1);
	}
	return colon == NULL ? host : text_first(host, (size_t)(colon - host.p));
}

static void
take_address(struct text url, struct source_auth *out)
{
	struct userinfo u;

	if (!userinfo_find(url, &u)) {
		out->url = text_copy(url);
		return;
	}
	if (!is_web(url)) {
		/* ssh asks for no password on the command line. */
		out->url = mem_print("%.*s%.*s%s%.*s", TEXT_ARG(u.scheme),
		                     TEXT_ARG(u.user), u.user.n > 0 ? "@" : "",
		                     TEXT_ARG(u.rest));
		return;
	}
	out->url = mem_print("%.*s%.*s", TEXT_ARG(u.scheme), TEXT_ARG(u.rest));
	out->user = decoded(u.user);
	out->password = decoded(u.password);
}

/* ------------------------------------------------------------ secrets */

/* The last one of a name counts, as everywhere. */
static struct text
find_secret(const struct secret *secrets, size_t n, const char *name)
{
	for (size_t i = n; i > 0; i--)
		if (text_is(secrets[i - 1].id, name))
			return secrets[i - 1].value;
	return (struct text){ 0 };
}

static bool
is_line(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < ' ' && t.p[i] != '\t')
			return false;
	return t.n > 0;
}

/* The secrets in which values are looked up, and their use. */
struct secret_name {
	const char *name;
	struct text host;   /* appended to the name; p NULL: nothing */
	const char *scheme; /* "Bearer", "basic"; NULL: the value is the whole header */
};

static char *
basic(const char *scheme, const char *user, const char *password)
{
	auto_free char *both = mem_print("%s:%s", user, password);
	auto_buf struct buf b = BUF_INIT;

	buf_print(&b, "%s ", scheme);
	base64_add(&b, both, strlen(both));
	explicit_bzero(both, strlen(both));
	return buf_take(&b);
}

static int
use_secret(const struct secret_name *s, const char *name, struct text value,
           struct source_auth *out, struct error *err)
{
	auto_free char *token = NULL;

	value = text_trim(value);
	if (!is_line(value))
		return error_set(err, ERR_SOURCE, "secret %s: not one line of text",
		                 name);
	free(out->authorization);
	if (s->scheme == NULL) {
		out->authorization = text_copy(value);
	} else if (strcmp(s->scheme, "basic") == 0) {
		token = text_copy(value);
		out->authorization = basic(s->scheme, "x-access-token", token);
		explicit_bzero(token, value.n);
	} else {
		out->authorization = mem_print("%s %.*s", s->scheme, TEXT_ARG(value));
	}
	event_add_secret(text_of(out->authorization));
	return 0;
}

/* Takes one of the N NAMES: the first that is given, or the last one. */
static int
take_secret(const struct secret_name *names, size_t n_names, bool first,
            const struct secret *secrets, size_t n, struct source_auth *out,
            struct error *err)
{
	for (size_t i = 0; i < n_names; i++) {
		struct text host = names[i].host;
		auto_free char *name = mem_print("%s%.*s", names[i].name,
		                                 TEXT_ARG(host) == NULL ? "" : host.p);
		struct text value = find_secret(secrets, n, name);

		if (value.p == NULL)
			continue;
		if (use_secret(&names[i], name, value, out, err) < 0)
			return -1;
		if (first)
			return 0;
	}
	return 0;
}

int
source_auth_git(struct text url, const struct secret *secrets, size_t n,
                struct source_auth *out, struct error *err)
{
	struct text host;

	*out = (struct source_auth){ 0 };
	take_address(url, out);
	if (!is_web(url))
		return 0;
	host = host_of(out->url);
	const struct secret_name names[] = {
		{ "GIT_AUTH_HEADER.", host, NULL },
		{ "GIT_AUTH_TOKEN.", host, "basic" },
		{ "GIT_AUTH_HEADER", { 0 }, NULL },
		{ "GIT_AUTH_TOKEN", { 0 }, "basic" },
	};

	return take_secret(names, COUNT_OF(names), true, secrets, n, out, err);
}

int
source_auth_http(struct text url, const struct secret *secrets, size_t n,
                 struct source_auth *out, struct error *err)
{
	struct text host;

	*out = (struct source_auth){ 0 };
	take_address(url, out);
	host = without_port(host_of(out->url));
	if (out->user != NULL)
		out->authorization = basic("Basic", out->user, out->password);
	const struct secret_name names[] = {
		{ "HTTP_AUTH_HEADER_", host, NULL },
		{ "HTTP_AUTH_TOKEN_", host, "Bearer" },
	};

	return take_secret(names, COUNT_OF(names), false, secrets, n, out, err);
}

void
source_auth_clear(struct source_auth *a)
{
	char *secret[] = { a->user, a->password, a->authorization };

	for (size_t i = 0; i < COUNT_OF(secret); i++) {
		if (secret[i] != NULL)
			explicit_bzero(secret[i], strlen(secret[i]));
		free(secret[i]);
	}
	free(a->url);
	*a = (struct source_auth){ 0 };
}
