#include "registry/token.h"

#include "base/base.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/http/retry.h"
#include "base/http/url.h"
#include "base/jsonio.h"
#include "registry/message.h"
#include "registry/hosts.h"

#define TOKEN_MAX        (64u << 10)
#define CLIENT           "cooper"
#define DEFAULT_LIFETIME 60 /* seconds, if the server says none */
#define LONGEST_LIFETIME 86400

/* A token is renewed this early, but never before three quarters of its life. */
#define MARGIN_S 10

char *
basic_text(const struct credential *c)
{
	auto_free char *plain = mem_print("%s:%s", c->user, c->password);
	size_t n = strlen(plain);
	auto_buf struct buf out = BUF_INIT;

	base64_add(&out, plain, n);
	explicit_bzero(plain, n);
	return buf_take(&out);
}

static int
read_token(const struct http_response *response, const char *where, int64_t asked_ns,
           struct token *out, struct error *err)
{
	auto_error struct error fault = ERROR_INIT;
	auto_json json_t *root = NULL;
	const char *text = NULL, *access = NULL;
	uint64_t life = 0;

	/* A parser's message could quote the token, so its words are not used. */
	root = jsonio_parse(buf_text(&response->body), where, &fault);
	if (!json_is_object(root) ||
	    jsonio_str(root, "token", &text, where, &fault) < 0 ||
	    jsonio_str(root, "access_token", &access, where, &fault) < 0 ||
	    jsonio_u64(root, "expires_in", &life, where, &fault) < 0)
		return error_set(err, ERR_AUTH, "%s: its answer is not a token", where);
	if (text == NULL || *text == '\0')
		text = access;
	if (text == NULL || *text == '\0')
		return error_set(err, ERR_AUTH, "%s: its answer has no token", where);
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return error_set(err, ERR_AUTH, "%s: its token is not one word",
			                 where);
	if (life == 0)
		life = DEFAULT_LIFETIME;
	if (life > LONGEST_LIFETIME)
		life = LONGEST_LIFETIME;
	out->text = mem_copy(text);
	out->renew_ns = asked_ns + (int64_t)life * NS_PER_S -
	                ((int64_t)life / 4 < MARGIN_S ? (int64_t)life * NS_PER_S / 4
	                                              : MARGIN_S * NS_PER_S);
	return 0;
}

/* Retries after faults of the server or the network. */
static int
perform(struct http *http, const struct token_request *request,
        const struct http_request *hr, struct http_response *response, struct error *err)
{
	auto_free char *host = url_host(hr->url);
	struct retry retry;
	int rc;

	retry_init(&retry, request->retries, request->timeout_s, request->cancel);
	do
		rc = http_perform(http, hr, response, err);
	while (retry_wait(&retry, &rc, response, host, err));
	return rc;
}

static int
get(struct http *http, const struct token_request *request,
    struct http_response *response, struct error *err)
{
	const struct credential *c = request->credential;
	auto_free char *url = mem_copy(request->challenge->realm), *authorization = NULL;
	struct http_request hr = { .method = "GET", .body_max = TOKEN_MAX };
	int rc;

	for (size_t i = 0; i <= SCOPES_MAX + 1; i++) {
		const char *name = i == 0 ? "service" : i == 1 ? "account" : "scope";
		const char *value = i == 0   ? request->challenge->service
		                    : i == 1 ? c->user
		                             : request->scopes[i - 2];
		char *longer;

		if (value == NULL && i > 1)
			break;
		if (value == NULL)
			continue;
		longer = url_add_query(url, name, value);
		free(url);
		url = longer;
	}
	if (c->user != NULL) {
		auto_free char *basic = basic_text(c);

		authorization = mem_print("Basic %s", basic);
	}
	hr.url = url;
	hr.authorization = authorization;
	rc = perform(http, request, &hr, response, err);
	if (authorization != NULL)
		explicit_bzero(authorization, strlen(authorization));
	return rc;
}

/* "a=b&c=d" with the rules of URL queries. */
static void
add_field(char **form, const char *name, const char *value)
{
	char *longer = url_add_query(*form, name, value);

	explicit_bzero(*form, strlen(*form));
	free(*form);
	*form = longer;
}

static char *
make_form(const struct token_request *request)
{
	const struct credential *c = request->credential;
	auto_buf struct buf scopes = BUF_INIT;
	auto_free char *form = mem_copy("?client_id=" CLIENT);
	char *plain;

	for (size_t i = 0; i < SCOPES_MAX && request->scopes[i] != NULL; i++)
		buf_print(&scopes, "%s%s", i > 0 ? " " : "", request->scopes[i]);
	if (request->challenge->service != NULL)
		add_field(&form, "service", request->challenge->service);
	add_field(&form, "scope", buf_str(&scopes));
	if (c->identity_token != NULL) {
		add_field(&form, "grant_type", "refresh_token");
		add_field(&form, "refresh_token", c->identity_token);
	} else {
		add_field(&form, "grant_type", "password");
		add_field(&form, "access_type", "online");
		add_field(&form, "username", c->user);
		add_field(&form, "password", c->password);
	}
	plain = mem_copy(form + 1);
	explicit_bzero(form, strlen(form));
	return plain;
}

static int
post(struct http *http, const struct token_request *request,
     struct http_response *response, struct error *err)
{
	auto_free char *form = make_form(request);
	struct http_request hr = {
		.method = "POST",
		.url = request->challenge->realm,
		.headers = { "Content-Type: application/x-www-form-urlencoded" },
		.secret_body = true,
		.body = text_of(form),
		.body_max = TOKEN_MAX,
	};
	int rc = perform(http, request, &hr, response, err);

	explicit_bzero(form, strlen(form));
	return rc;
}

static bool
is_unknown_method(int status)
{
	return status == 404 || status == 405;
}

static int
exchange(struct http *http, const struct token_request *request,
         struct http_response *response, struct error *err)
{
	const struct credential *c = request->credential;

	if (c->identity_token != NULL) {
		if (post(http, request, response, err) < 0)
			return -1;
		/* Some servers know only the older way, which needs a password. */
		if (response->status / 100 != 2 && response->status != 403 &&
		    c->user != NULL && c->password != NULL && *c->password != '\0')
			return get(http, request, response, err);
		return 0;
	}
	if (get(http, request, response, err) < 0)
		return -1;
	if (is_unknown_method(response->status) && c->user != NULL)
		return post(http, request, response, err);
	return 0;
}

static int
check_realm(const struct token_request *request, struct error *err)
{
	const struct credential *c = request->credential;
	const char *realm = request->challenge->realm;
	auto_free char *host = url_host(realm);

	if (host == NULL)
		return error_set(err, ERR_AUTH,
		                 "the registry names no usable token server");
	if ((c->user != NULL || c->identity_token != NULL) && !url_is_https(realm) &&
	    !request->plain_allowed && !host_is_loopback(host))
		return error_set(
		        err, ERR_AUTH,
		        "%s: the token server has no TLS; credentials are not sent",
		        host);
	return 0;
}

int
token_fetch(struct http *http, const struct token_request *request, struct token *out,
            struct error *err)
{
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	auto_free char *host = url_host(request->challenge->realm), *said = NULL;
	int64_t asked_ns = clock_monotonic_ns();

	if (check_realm(request, err) < 0)
		return -1;
	if (exchange(http, request, &response, err) < 0)
		return error_wrap(err, "token server");
	if (response.status / 100 == 2)
		return read_token(&response, host, asked_ns, out, err);
	said = message_of_body(buf_text(&response.body));
	return error_set(err, retry_status(response.status) ? ERR_NETWORK : ERR_AUTH,
	                 "token server %s: %s (status %d)", host,
	                 *said != '\0' ? said : "refused", response.status);
}
