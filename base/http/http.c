#include "base/http/http.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/http/transfer.h"
#include "base/http/url.h"
#include "base/number.h"

/* Browsers follow as many. */
#define REDIRECTS_MAX 20

struct http {
	http_host_fn *host_of;
	void *host_arg; /* borrowed */
	struct handle_pool *pool;
	const struct cancel *cancel;
	int timeout_s;
	bool offline;
};

struct http *
http_new(http_host_fn *host_of, void *arg, int timeout_s, bool offline,
         const struct cancel *cancel)
{
	struct http *http = mem_new(sizeof *http);

	http->host_of = host_of;
	http->host_arg = arg;
	http->pool = handle_pool_new();
	http->cancel = cancel;
	http->timeout_s = timeout_s;
	http->offline = offline;
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	handle_pool_free(http->pool);
	free(http);
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 ||
	       status == 308;
}

/* Only 307 and 308 promise that a method other than GET stays what it is. */
static bool
may_follow(const struct http_request *request, int status)
{
	return strcmp(request->method, "GET") == 0 ||
	       strcmp(request->method, "HEAD") == 0 || status == 307 || status == 308;
}

static void
report(const struct http_request *request, const struct http_response *response, int rc,
       int64_t started)
{
	auto_free char *url = NULL;
	long long ms = (clock_monotonic_ns() - started) / 1000000;

	if (!event_debugs("http"))
		return;
	url = url_print(response->url);
	if (rc < 0)
		event_debug("http", "%s %s: no answer after %lld ms", request->method,
		            url, ms);
	else
		event_debug("http", "%s %s: %d after %lld ms", request->method, url,
		            response->status, ms);
}

/* One exchange with the server that URL names. */
static int
exchange(struct http *http, const struct http_request *request, const char *url,
         const char *first_origin, struct http_response *response, struct error *err)
{
	auto_free char *origin = url_origin(url), *name = url_host(url);
	struct transfer t = { .url = url,
		              .request = request,
		              .response = response,
		              .cancel = http->cancel,
		              .timeout_s = request->timeout_s > 0 ? request->timeout_s
		                                                  : http->timeout_s };
	int64_t started = clock_monotonic_ns();
	int rc;

	if (origin == NULL || name == NULL)
		return error_set(err, ERR_SOURCE, "not an http or https URL");
	t.host = http->host_of(http->host_arg, name, err);
	if (t.host == NULL)
		return -1;
	t.with_authorization = strcmp(origin, first_origin) == 0;
	t.handle = handle_get(http->pool, origin);
	rc = transfer_run(&t, err);
	handle_put(http->pool, t.handle);
	report(request, response, rc, started);
	return rc;
}

static bool
leaves_with_secret(const struct http_request *request, const char *url,
                   const char *first_origin)
{
	auto_free char *origin = url_origin(url);

	return request->secret_body &&
	       (origin == NULL || strcmp(origin, first_origin) != 0);
}

static int
refuse_offline(const char *url, struct error *err)
{
	auto_free char *host = url_host(url);

	error_set(err, ERR_NETWORK, "%s: not contacted because of --offline",
	          host != NULL ? host : "server");
	return error_hint(err,
	                  "run once without --offline, so that what is needed is stored");
}

int
http_perform(struct http *http, const struct http_request *request,
             struct http_response *response, struct error *err)
{
	auto_free char *url = mem_copy(request->url), *first_origin = url_origin(url);

	http_response_clear(response);
	if (first_origin == NULL)
		return error_set(err, ERR_SOURCE, "not an http or https URL");
	if (http->offline)
		return refuse_offline(url, err);
	for (int i = 0; i <= REDIRECTS_MAX; i++) {
		const char *location;
		char *next;

		if (cancel_check(http->cancel, err) < 0 ||
		    exchange(http, request, url, first_origin, response, err) < 0)
			return -1;
		location = http_header(response, "Location");
		if (!is_redirect(response->status) || location == NULL ||
		    !may_follow(request, response->status))
			return 0;
		next = url_join(url, location);
		if (next == NULL)
			return error_set(err, ERR_NETWORK,
			                 "redirected to what is not a URL");
		free(url);
		url = next;
		if (leaves_with_secret(request, url, first_origin))
			return error_set(err, ERR_AUTH,
			                 "redirected elsewhere: credentials are not "
			                 "sent there");
	}
	return error_set(err, ERR_NETWORK, "redirected more than %d times",
	                 REDIRECTS_MAX);
}

const char *
http_header(const struct http_response *response, const char *name)
{
	for (size_t i = 0; i < response->headers.n; i++)
		if (text_equal_nocase(text_of(response->headers.at[i].name),
		                      text_of(name)))
			return response->headers.at[i].value;
	return NULL;
}

int
http_header_u64(const struct http_response *response, const char *name, uint64_t *out)
{
	const char *value = http_header(response, name);

	return value != NULL && number_u64(text_of(value), out) ? 1 : 0;
}

int
http_range_start(const struct http_response *response, uint64_t *out)
{
	struct text t = text_of(http_header(response, "Content-Range"));
	ptrdiff_t dash;

	if (!text_starts(t, "bytes "))
		return 0;
	t = text_trim(text_from(t, 6));
	dash = text_find(t, '-');
	return dash > 0 && number_u64(text_first(t, (size_t)dash), out) ? 1 : 0;
}

void
http_response_clear(struct http_response *response)
{
	for (size_t i = 0; i < response->headers.n; i++) {
		free(response->headers.at[i].name);
		free(response->headers.at[i].value);
	}
	array_clear(&response->headers);
	buf_clear(&response->body);
	free(response->url);
	*response = (struct http_response)HTTP_RESPONSE_INIT;
}
