#include "base/http/transfer.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/http/connection.h"
#include "base/http/stall.h"
#include "base/number.h"

#define RECEIVE_BUFFER (512l << 10)
#define SEND_BUFFER    (2l << 20)

/* The longest sleep; a cancel token ends it at once. */
#define POLL_MS 1000

/* What the call-backs of libcurl share. */
struct state {
	const struct transfer *t;
	struct error *err;
	bool failed;  /* ERR is set: by a sink, a source, or a limit */
	bool enough;  /* the rest of an error's body is not wanted */
	bool started; /* request.start was called */
	bool stalled;
	struct stall stall;
	size_t head_bytes;
	uint64_t source_at; /* relative to request.source_start */
	char curl_error[CURL_ERROR_SIZE];
	struct curl_slist *headers;
};

static bool
is_success(int status)
{
	return status >= 200 && status < 300;
}

/* Every answer begins with a status line; only the last answer counts (1xx
 * come before it). */
static void
read_status(struct http_response *response, struct text line)
{
	ptrdiff_t space = text_find(line, ' ');
	uint64_t status = 0;

	for (size_t i = 0; i < response->headers.n; i++) {
		free(response->headers.at[i].name);
		free(response->headers.at[i].value);
	}
	response->headers.n = 0;
	if (space >= 0 &&
	    number_u64(text_first(text_trim(text_from(line, (size_t)space)), 3), &status))
		response->status = (int)status;
}

/* Whether a body can have this length. If the number is too large, libcurl reads to the
 * end of the connection and takes that for the whole body. */
static bool
is_length(const char *value)
{
	uint64_t n = 0;

	return number_u64(text_of(value), &n) && n <= INT64_MAX;
}

static size_t
refuse_head(struct state *s, const char *why)
{
	s->failed = true;
	error_set(s->err, ERR_NETWORK, "%s: %s", s->t->host->address, why);
	return 0;
}

static size_t
on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct state *s = arg;
	struct http_response *response = s->t->response;
	struct text line = { bytes, size * n };
	ptrdiff_t colon = text_find(line, ':');

	stall_move(&s->stall, line.n, clock_monotonic_ns());
	s->head_bytes += line.n;
	if (s->head_bytes > HTTP_HEAD_MAX)
		return refuse_head(s, "the headers are longer than 128 KiB");
	if (text_starts(line, "HTTP/")) {
		read_status(response, line);
	} else if (colon > 0) {
		struct http_header *h = array_add(&response->headers);

		h->name = text_copy(text_trim(text_first(line, (size_t)colon)));
		h->value = text_copy(text_trim(text_from(line, (size_t)colon + 1)));
		if (text_equal_nocase(text_of(h->name), TEXT("Content-Length")) &&
		    !is_length(h->value))
			return refuse_head(s, "Content-Length is no possible number");
	}
	return line.n;
}

static int
start(struct state *s)
{
	const struct http_request *request = s->t->request;

	if (s->started)
		return 0;
	s->started = true;
	if (request->start != NULL &&
	    request->start(request->arg, s->t->response, s->err) < 0) {
		s->failed = true;
		return -1;
	}
	return 0;
}

static size_t
collect(struct state *s, const void *bytes, size_t n)
{
	struct http_response *response = s->t->response;
	bool success = is_success(response->status);
	size_t max = success ? s->t->request->body_max : HTTP_ERROR_BODY_MAX;

	if (n <= max - response->body.n) {
		buf_add(&response->body, bytes, n);
		return n;
	}
	if (success) {
		s->failed = true;
		error_set(s->err, ERR_DAMAGED, "%s: answer of more than %zu bytes",
		          s->t->host->address, max);
	} else {
		buf_add(&response->body, bytes, max - response->body.n);
		s->enough = true;
	}
	return 0;
}

static size_t
on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct state *s = arg;
	const struct http_request *request = s->t->request;
	int64_t began_ns = clock_monotonic_ns();

	n *= size;
	if (request->sink == NULL || !is_success(s->t->response->status))
		return collect(s, bytes, n);
	if (start(s) < 0)
		return 0;
	if (request->sink(request->arg, bytes, n, s->err) < 0) {
		s->failed = true;
		return 0;
	}
	stall_move(&s->stall, n, began_ns);
	return n;
}

static size_t
on_read(char *bytes, size_t size, size_t n, void *arg)
{
	struct state *s = arg;
	const struct http_request *request = s->t->request;
	uint64_t left = request->source_size - s->source_at;
	int64_t began_ns = clock_monotonic_ns();
	ssize_t got;

	n *= size;
	if (n > left)
		n = (size_t)left;
	if (n == 0)
		return 0;
	got = request->source(request->source_arg, request->source_start + s->source_at,
	                      bytes, n, s->err);
	if (got <= 0) {
		s->failed = true;
		if (got == 0)
			error_set(s->err, ERR_DAMAGED,
			          "content to send ended after %llu bytes",
			          (unsigned long long)request->source_start +
			                  s->source_at);
		return CURL_READFUNC_ABORT;
	}
	s->source_at += (uint64_t)got;
	if (s->source_at > s->t->response->sent)
		s->t->response->sent = s->source_at;
	stall_move(&s->stall, (uint64_t)got, began_ns);
	if (s->source_at == request->source_size)
		stall_sent(&s->stall, request->source_size);
	if (request->sent != NULL)
		request->sent(request->sent_arg, request->source_start + s->source_at,
		              request->sent_total);
	return (size_t)got;
}

/* libcurl itself starts again if a kept connection breaks before an answer. Bytes that
 * were sent may have arrived and would then arrive twice, so this is refused once
 * anything was sent. */
static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	const struct state *s = arg;

	return origin == SEEK_SET && offset == 0 && s->source_at == 0
	               ? CURL_SEEKFUNC_OK
	               : CURL_SEEKFUNC_FAIL;
}

static void
add_header(struct state *s, const char *line)
{
	struct curl_slist *more = curl_slist_append(s->headers, line);

	if (more == NULL)
		mem_die("out of memory");
	s->headers = more;
}

static void
set_headers(CURL *easy, struct state *s)
{
	const struct http_request *request = s->t->request;
	bool typed = false;

	add_header(s, "Expect:");
	for (size_t i = 0; i < HTTP_HEADERS_MAX && request->headers[i] != NULL; i++) {
		add_header(s, request->headers[i]);
		typed = typed ||
		        text_starts(text_of(request->headers[i]), "Content-Type:");
	}
	/* By default, libcurl labels every POST as a form. */
	if (!typed)
		add_header(s, "Content-Type:");
	if (s->t->with_authorization && request->authorization != NULL) {
		auto_free char *line = mem_print("Authorization: %s",
		                                 request->authorization);

		add_header(s, line);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, s->headers);
}

static void
set_body(CURL *easy, struct state *s)
{
	const struct http_request *request = s->t->request;

	if (strcmp(request->method, "GET") == 0)
		return;
	if (strcmp(request->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1l);
		return;
	}
	if (request->source != NULL) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1l);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, s);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, s);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
		                 (curl_off_t)request->source_size);
		curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER);
	} else {
		curl_easy_setopt(easy, CURLOPT_POST, 1l);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		                 (curl_off_t)request->body.n);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
		                 request->body.n > 0 ? request->body.p : "");
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void
set_options(CURL *easy, struct state *s)
{
	const struct transfer *t = s->t;

	curl_easy_setopt(easy, CURLOPT_URL, t->url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1l);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1l);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, s->curl_error);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "cooper");
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, s);
	connection_set(easy, t->host, t->url, t->timeout_s);
	set_body(easy, s);
	set_headers(easy, s);
}

/* libcurl's own loop (curl_easy_perform) cannot be woken up; this loop also waits for the
 * cancel token. */
static CURLcode
drive(struct state *s)
{
	const struct transfer *t = s->t;
	struct curl_waitfd stop = { .fd = cancel_fd(t->cancel),
		                    .events = CURL_WAIT_POLLIN };
	CURLM *multi = t->handle->multi;
	CURLcode result = CURLE_ABORTED_BY_CALLBACK;
	int running = 1;

	if (curl_multi_add_handle(multi, t->handle->easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	while (running > 0 && !cancel_is_set(t->cancel) && !s->stalled) {
		struct CURLMsg *msg;
		int left;

		if (curl_multi_perform(multi, &running) != CURLM_OK)
			break;
		while ((msg = curl_multi_info_read(multi, &left)) != NULL)
			if (msg->msg == CURLMSG_DONE)
				result = msg->data.result;
		if (running > 0)
			curl_multi_poll(multi, &stop, stop.fd >= 0 ? 1 : 0, POLL_MS,
			                NULL);
		s->stalled = running > 0 && stall_is(&s->stall);
	}
	curl_multi_remove_handle(multi, t->handle->easy);
	return s->stalled ? CURLE_OPERATION_TIMEDOUT : result;
}

static int
fail(const struct state *s, enum http_fault fault, const char *what, struct error *err)
{
	const char *detail = s->curl_error[0] != '\0' ? s->curl_error : NULL;

	s->t->response->fault = fault;
	return error_set(err, ERR_NETWORK, "%s: %s%s%s", s->t->host->address, what,
	                 detail != NULL ? ": " : "", detail != NULL ? detail : "");
}

/* libcurl's messages about connecting name addresses and ports, but not always the
 * reason, which is in errno. */
static int
fail_connect(const struct state *s, struct error *err)
{
	long sys = 0;

	s->t->response->fault = HTTP_FAULT_CONNECT;
	curl_easy_getinfo(s->t->handle->easy, CURLINFO_OS_ERRNO, &sys);
	if (sys == 0)
		return fail(s, HTTP_FAULT_CONNECT, "cannot connect", err);
	error_set(err, ERR_NETWORK, "%s: cannot connect: %s", s->t->host->address,
	          strerror((int)sys));
	err->sys = (int)sys;
	return -1;
}

/* A proxy's error must not be reported as the host's. WHAT may be NULL. */
static int
fail_proxy(const struct state *s, enum http_fault fault, const char *what,
           struct error *err)
{
	const char *variable = "the environment";
	auto_free char *proxy = connection_proxy(s->t->host, s->t->url, &variable);

	if (what != NULL)
		fail(s, fault, what, err);
	if (proxy == NULL)
		return -1;
	error_wrap(err, "proxy %s", proxy);
	return error_hint(err,
	                  "the proxy is that of %s; hosts in no_proxy are reached "
	                  "without it",
	                  variable);
}

/* Whether the answer to CONNECT, or to a plain request, is the proxy's own. */
static int
refused_by_proxy(const struct state *s, long status, struct error *err)
{
	s->t->response->fault = status >= 500 ? HTTP_FAULT_BROKEN : HTTP_FAULT_NONE;
	error_set(err, ERR_NETWORK, "%s: %s (status %ld)", s->t->host->address,
	          status == 407 ? "it wants a user and a password" : "it refuses",
	          status);
	return fail_proxy(s, HTTP_FAULT_NONE, NULL, err);
}

/* Small systems come without a list of authorities. */
static int
fail_authorities(const struct state *s, struct error *err)
{
	fail(s, HTTP_FAULT_NONE, "no file of certificate authorities was found", err);
	return error_hint(err,
	                  "install the package ca-certificates, or set SSL_CERT_FILE");
}

static int
explain(const struct state *s, CURLcode code, struct error *err)
{
	long status = 0;

	curl_easy_getinfo(s->t->handle->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status >= 300)
		return refused_by_proxy(s, status, err);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return fail(s, HTTP_FAULT_CONNECT, "cannot find its address", err);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return fail_proxy(s, HTTP_FAULT_CONNECT, "cannot find its address", err);
	case CURLE_PROXY:
		return fail_proxy(s, HTTP_FAULT_NONE, "no connection through it", err);
	case CURLE_COULDNT_CONNECT:
		fail_connect(s, err);
		return fail_proxy(s, HTTP_FAULT_CONNECT, NULL, err);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		fail(s, HTTP_FAULT_NONE, "its certificate is not trusted", err);
		return error_hint(
		        err,
		        "put the certificate of its authority into "
		        "/etc/containers/certs.d/%s/ca.crt, or set SSL_CERT_FILE "
		        "(for a registry, --insecure-registry %s goes without)",
		        s->t->host->name, s->t->host->name);
	case CURLE_SSL_CACERT_BADFILE:
		if (s->t->host->ca_file == NULL && s->t->host->ca == NULL)
			return fail_authorities(s, err);
		__attribute__((fallthrough));
	case CURLE_SSL_CERTPROBLEM:
		return fail(s, HTTP_FAULT_NONE, "certificate files cannot be used", err);
	case CURLE_SSL_CONNECT_ERROR:
		return fail(s, HTTP_FAULT_LANGUAGE, "no TLS connection", err);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return fail(s, HTTP_FAULT_LANGUAGE, "its answer is not HTTP", err);
	case CURLE_OPERATION_TIMEDOUT:
		return fail(s, HTTP_FAULT_BROKEN,
		            s->stalled ? "no progress for too long" : "no connection",
		            err);
	case CURLE_URL_MALFORMAT:
	case CURLE_FAILED_INIT:
	case CURLE_OUT_OF_MEMORY:
		return fail(s, HTTP_FAULT_NONE, curl_easy_strerror(code), err);
	default:
		return fail(s, HTTP_FAULT_BROKEN, "the connection broke", err);
	}
}

static int
settle(struct state *s, CURLcode code, struct error *err)
{
	if (s->failed)
		return -1;
	if (cancel_check(s->t->cancel, err) < 0)
		return -1;
	if (code == CURLE_WRITE_ERROR && s->enough)
		return 0;
	if (code != CURLE_OK)
		return explain(s, code, err);
	if (s->t->response->status == 407)
		return refused_by_proxy(s, 407, err);
	if (s->t->request->sink != NULL && is_success(s->t->response->status))
		return start(s);
	return 0;
}

int
transfer_run(const struct transfer *t, struct error *err)
{
	struct state s = { .t = t, .err = err };
	CURLcode code;
	int rc;

	http_response_clear(t->response);
	t->response->url = mem_copy(t->url);
	stall_start(&s.stall, t->timeout_s);
	set_options(t->handle->easy, &s);
	code = drive(&s);
	rc = settle(&s, code, err);
	curl_slist_free_all(s.headers);
	return rc;
}
