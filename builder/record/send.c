#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/http/http.h"
#include "base/jsonio.h"
#include "base/number.h"
#include "base/percent.h"
#include "builder/record/trace.h"

#define TIME_DEFAULT_MS 2000
#define TIME_MAX_MS     10000
#define HEADERS_MAX     6

/* Of the two names of a setting, the more special one counts. NULL for an empty one. */
static const char *
setting(const char *special, const char *general)
{
	const char *value = getenv(special);

	if (value == NULL || *value == '\0')
		value = getenv(general);
	return value == NULL || *value == '\0' ? NULL : value;
}

/* Where traces go, or NULL. Caller frees. */
static char *
endpoint(void)
{
	const char *exporter = getenv("OTEL_TRACES_EXPORTER");
	const char *disabled = getenv("OTEL_SDK_DISABLED");
	const char *traces = getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
	struct text all = text_of(getenv("OTEL_EXPORTER_OTLP_ENDPOINT"));

	if ((exporter != NULL && *exporter != '\0' && strcmp(exporter, "otlp") != 0) ||
	    (disabled != NULL && strcmp(disabled, "true") == 0))
		return NULL;
	if (traces != NULL && *traces != '\0')
		return mem_copy(traces);
	while (all.n > 0 && all.p[all.n - 1] == '/')
		all.n--;
	return all.n == 0 ? NULL : mem_print("%.*s/v1/traces", TEXT_ARG(all));
}

bool
trace_is_wanted(void)
{
	auto_free char *url = endpoint();

	return url != NULL;
}

static int64_t
longest_ms(void)
{
	const char *text = setting("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
	                           "OTEL_EXPORTER_OTLP_TIMEOUT");
	uint64_t ms = 0;

	if (text == NULL || !number_u64(text_of(text), &ms) || ms == 0)
		return TIME_DEFAULT_MS;
	return ms > TIME_MAX_MS ? TIME_MAX_MS : (int64_t)ms;
}

/* ------------------------------------------------------------ the request */

static struct host *
host_of(void *arg, const char *name, struct error *err)
{
	struct host *host = arg;

	(void)err;
	if (host->name == NULL) {
		host->name = mem_copy(name);
		host->address = mem_copy(name);
	}
	return host;
}

static bool
is_header(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < 0x20 || t.p[i] == 0x7f)
			return false;
	return t.n > 0;
}

struct sending {
	struct http_request request;
	char *texts[HEADERS_MAX + 1]; /* owned */
	char *authorization;
	size_t n;
};

/* "key=value,key=value", percent-encoded. What is no header is left out. */
static void
add_headers(struct sending *s)
{
	struct text rest = text_of(setting("OTEL_EXPORTER_OTLP_TRACES_HEADERS",
	                                   "OTEL_EXPORTER_OTLP_HEADERS"));

	s->request.headers[s->n++] = "Content-Type: application/json";
	while (rest.n > 0 && s->n < HEADERS_MAX) {
		struct text value = text_trim(text_cut(&rest, ','));
		struct text key = text_trim(text_cut(&value, '='));
		auto_buf struct buf plain = BUF_INIT;

		if (value.p == NULL || !is_header(key))
			continue;
		percent_decode(text_trim(value), &plain);
		if (!is_header(buf_text(&plain)))
			continue;
		if (text_equal_nocase(key, TEXT("authorization"))) {
			free(s->authorization);
			s->authorization = buf_take(&plain);
			continue;
		}
		s->texts[s->n] = mem_print("%.*s: %s", TEXT_ARG(key), buf_str(&plain));
		s->request.headers[s->n] = s->texts[s->n];
		s->n++;
	}
	s->request.authorization = s->authorization;
}

/* ------------------------------------------------------------ in time */

struct limit {
	struct cancel *request, *done;
	int64_t ns;
};

static void *
wait_for_limit(void *arg)
{
	struct limit *limit = arg;

	if (cancel_pause(limit->done, limit->ns))
		cancel_trigger(limit->request);
	return NULL;
}

static int
perform(struct sending *s, struct limit *limit, struct error *err)
{
	struct host host = { .verify = true };
	auto_response struct http_response response = HTTP_RESPONSE_INIT;
	int seconds = (int)((limit->ns + NS_PER_S - 1) / NS_PER_S), failed = 0;
	struct http *http = NULL;
	struct text rest = text_of(s->request.url);

	host.scheme = text_starts(rest, "https:") ? HOST_HTTPS : HOST_HTTP;
	host.settled = true;
	http = http_new(host_of, &host, seconds, false, limit->request);
	failed = http_perform(http, &s->request, &response, err);
	http_free(http);
	free(host.name);
	free(host.address);
	if (failed == 0 && (response.status < 200 || response.status > 299))
		failed = error_set(err, ERR_NETWORK, "%s: status %d", s->request.url,
		                   response.status);
	return failed;
}

static int
perform_in_time(struct sending *s, struct error *err)
{
	struct limit limit = { .ns = longest_ms() * NS_PER_MS };
	pthread_t timer;
	int failed = 0;

	limit.request = cancel_new(err);
	limit.done = limit.request == NULL ? NULL : cancel_new(err);
	if (limit.done == NULL ||
	    pthread_create(&timer, NULL, wait_for_limit, &limit) != 0) {
		cancel_free(limit.request);
		cancel_free(limit.done);
		return error_set(err, ERR_ENVIRONMENT, "no thread");
	}
	failed = perform(s, &limit, err);
	cancel_trigger(limit.done);
	pthread_join(timer, NULL);
	if (failed < 0 && cancel_is_set(limit.request)) {
		error_clear(err);
		error_set(err, ERR_NETWORK, "%s: no answer within %.1f seconds",
		          s->request.url, (double)limit.ns / NS_PER_S);
	}
	cancel_free(limit.request);
	cancel_free(limit.done);
	return failed;
}

void
trace_send(const json_t *document)
{
	auto_free char *url = endpoint(), *body = NULL;
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *trace = NULL;
	const char *protocol = setting("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
	                               "OTEL_EXPORTER_OTLP_PROTOCOL");
	struct sending s = { .request = { .method = "POST", .body_max = 1u << 16 } };

	if (url == NULL)
		return;
	if (protocol != NULL && strcmp(protocol, "grpc") == 0) {
		event_warn(0,
		           "no trace was sent: OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and "
		           "only http/json is spoken here");
		return;
	}
	trace = trace_otlp(document);
	body = jsonio_print(trace);
	s.request.url = url;
	s.request.body = text_of(body);
	s.request.secret_body = true;
	add_headers(&s);
	if (perform_in_time(&s, &err) < 0)
		event_warn_error(0, &err, "no trace was sent");
	for (size_t i = 0; i < s.n; i++)
		free(s.texts[i]);
	free(s.authorization);
}
