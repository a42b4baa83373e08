#include "registry/api.h"

#include "base/base.h"
#include "base/event.h"
#include "base/http/url.h"
#include "registry/message.h"

/* A token may have expired on the way; a second refusal is meant. */
#define AUTH_TRIES 3

int
call_init(struct call *call, struct registry *reg, const char *host, const char *repo,
          const char *actions, struct error *err)
{
	*call = (struct call){ .reg = reg,
		               .scope = { .repo = repo, .actions = actions },
		               .retries = reg->retries,
		               .timeout_s = reg->timeout_s };
	call->host = hosts_get(reg->hosts, host, err);
	return call->host == NULL ? -1 : 0;
}

static char *
make_url(const struct call *call, const char *where)
{
	auto_free char *base = NULL;

	if (*where != '/')
		return mem_copy(where);
	base = host_url(call->host);
	if (strcmp(where, API_ROOT) == 0)
		return mem_print("%s/v2/", base);
	return mem_print("%s/v2/%s%s", base, call->scope.repo, where);
}

/* Uploads may be sent to another server, which must not see our tokens. */
static bool
is_own(const struct call *call, const char *url)
{
	auto_free char *base = host_url(call->host);
	auto_free char *ours = url_origin(base), *theirs = url_origin(url);

	return ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
}

/* Servers with TLS answer plain HTTP with an alert, with silence, or with a page that
 * says so, of which a HEAD shows the status alone. */
static bool
wants_other_scheme(const struct host *host, int rc, const struct http_response *response)
{
	if (host->settled)
		return false;
	if (host->scheme == HOST_HTTP)
		return rc < 0 ? response->fault == HTTP_FAULT_LANGUAGE ||
		                        response->fault == HTTP_FAULT_BROKEN
		              : response->status == 400 || response->status == 497;
	return rc < 0 && (response->fault == HTTP_FAULT_LANGUAGE ||
	                  (response->fault == HTTP_FAULT_CONNECT &&
	                   strchr(host->name, ':') == NULL));
}

/* Tries the other scheme once, where it is allowed and nothing has answered yet.
 * What does not answer either leaves the first fault as it was. */
static int
perform_either(const struct call *call, const char *where, struct http_request *request,
               struct http_response *response, struct error *err)
{
	struct host *host = call->host;
	auto_free char *url = make_url(call, where), *other = NULL;
	auto_response struct http_response second = HTTP_RESPONSE_INIT;
	auto_error struct error fault = ERROR_INIT;
	int scheme = host->scheme, rc;

	request->url = url;
	request->timeout_s = call->timeout_s;
	rc = http_perform(call->reg->http, request, response, err);
	if (*where != '/' || !wants_other_scheme(host, rc, response)) {
		if (rc == 0)
			host->settled = true;
		request->url = NULL;
		return rc;
	}
	host->scheme = scheme == HOST_HTTP ? HOST_HTTPS : HOST_HTTP;
	other = make_url(call, where);
	request->url = other;
	if (http_perform(call->reg->http, request, &second, &fault) == 0) {
		host->settled = true;
		error_clear(err);
		http_response_clear(response);
		*response = second;
		second = (struct http_response)HTTP_RESPONSE_INIT;
		rc = 0;
	} else if (second.fault == HTTP_FAULT_NONE && fault.code == ERR_NETWORK) {
		/* It does speak TLS; only its certificate is not trusted. */
		error_move(err, &fault);
		response->fault = HTTP_FAULT_NONE;
		rc = -1;
	} else {
		host->scheme = scheme;
	}
	request->url = NULL;
	return rc;
}

/* "Warning: 299 - "text"" is how registries announce that something ends. */
static void
show_warning(const struct call *call, const struct http_response *response)
{
	const char *value = http_header(response, "Warning");
	auto_free char *text = NULL;

	if (value == NULL || strncmp(value, "299 ", 4) != 0 ||
	    atomic_exchange(&call->host->warned, true))
		return;
	text = message_clean(text_of(value + 4));
	event_warn(0, "%s: %s", call->host->name, text);
}

/* "docker.io/library/alpine"; for a whole registry its name. */
static char *
name_of(const struct call *call)
{
	return *call->scope.repo == '\0'
	               ? mem_copy(call->host->name)
	               : mem_print("%s/%s", call->host->name, call->scope.repo);
}

/* Which of the many places the credentials came from is what people must know. */
static int
hint_login(const struct call *call, struct error *err)
{
	auto_free char *source = auth_source(call->reg->auth, call->host, &call->scope);

	if (strcmp(call->scope.actions, "login") == 0)
		return -1;
	if (source != NULL)
		return error_hint(
		        err, "the credentials came from %s; for others: cooper login %s",
		        source, call->host->name);
	return error_hint(err, "log in: cooper login %s", call->host->name);
}

/* What the server said to the request without credentials is worth more than
 * that we have none. */
static int
wrap_auth(const struct call *call, const struct http_response *response,
          struct error *err)
{
	auto_free char *said = message_of_body(buf_text(&response->body));
	auto_free char *name = name_of(call);

	if (err->code != ERR_AUTH)
		return error_wrap(err, "%s", name);
	if (*said != '\0')
		error_wrap(err, "%s: %s", name, said);
	else
		error_wrap(err, "%s", name);
	return hint_login(call, err);
}

int
api_once(const struct call *call, const char *where, struct http_request *request,
         struct http_response *response, struct error *err)
{
	bool own = *where == '/' || is_own(call, where);

	for (int i = 1;; i++) {
		auto_free char *authorization = NULL;
		int rc;

		if (own && auth_get(call->reg->auth, call->host, &call->scope,
		                    &authorization, err) < 0) {
			response->fault = HTTP_FAULT_NONE;
			return wrap_auth(call, response, err);
		}
		request->authorization = authorization;
		rc = perform_either(call, where, request, response, err);
		request->authorization = NULL;
		if (rc == 0)
			show_warning(call, response);
		if (rc < 0 || !own || response->status != 401 || i == AUTH_TRIES ||
		    auth_refused(call->reg->auth, call->host, &call->scope, authorization,
		                 response) == 0)
			return rc;
	}
}

/* Names the repository, and asks the question that solves most such faults. */
int
api_fail(const struct call *call, enum http_fault fault, struct error *err)
{
	auto_free char *name = name_of(call);

	if (err->code == ERR_NETWORK && fault == HTTP_FAULT_CONNECT)
		error_hint(err, "is the registry running? Is its name right?");
	if (err->code == ERR_NETWORK && fault == HTTP_FAULT_LANGUAGE)
		error_hint(err,
		           "if the registry speaks plain HTTP: --insecure-registry %s",
		           call->host->name);
	return fault == HTTP_FAULT_NONE ? -1 : error_wrap(err, "%s", name);
}

int
api_perform(const struct call *call, const char *where, struct http_request *request,
            struct http_response *response, struct error *err)
{
	struct retry retry;
	int rc;

	retry_init(&retry, call->retries, call->reg->timeout_s, call->reg->cancel);
	do
		rc = api_once(call, where, request, response, err);
	while (retry_wait(&retry, &rc, response, call->host->name, err));
	return rc < 0 ? api_fail(call, response->fault, err) : 0;
}

static enum error_code
code_of(int status)
{
	if (status == 401 || status == 403)
		return ERR_AUTH;
	if (status == 404)
		return ERR_SOURCE;
	return ERR_NETWORK;
}

/* Registries do not tell strangers whether a repository exists. */
static const char *
meaning_of(const struct call *call, int status)
{
	switch (status) {
	case 401:
	case 403:
		return strcmp(call->scope.actions, "pull") == 0
		               ? "pull access denied, it does not exist or needs a login"
		               : "push access denied";
	case 404:
		return "not found";
	case 413:
		return "too large for the server";
	case 429:
		return "too many requests";
	default:
		return status >= 500 ? "the server failed" : "refused";
	}
}

int
api_refuse(const struct call *call, const char *what,
           const struct http_response *response, struct error *err)
{
	auto_free char *said = message_of_body(buf_text(&response->body));
	const char *meaning = meaning_of(call, response->status);

	error_set(err, code_of(response->status), "%s/%s%s: %s%s%s (status %d)",
	          call->host->name, call->scope.repo, what, meaning,
	          *said != '\0' ? ": " : "", said, response->status);
	if (response->status == 429)
		return error_hint(err, "log in (cooper login %s), or use a mirror",
		                  call->host->name);
	return err->code == ERR_AUTH ? hint_login(call, err) : -1;
}

char *
api_next_page(const struct http_response *response)
{
	const char *link = http_header(response, "Link");
	const char *end = link == NULL ? NULL : strchr(link, '>');
	auto_free char *target = NULL;

	if (end == NULL || link[0] != '<' || strstr(end, "next") == NULL)
		return NULL;
	target = mem_copy_n(link + 1, (size_t)(end - link - 1));
	return url_join(response->url, target);
}
