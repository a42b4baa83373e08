/*
 * http: one request and its answer, by libcurl. HTTP/1.1 always: one upload
 * at a time fills a connection, and flow control of HTTP/2 slows it down.
 *
 *	request ──http_perform──► any status: 0, with headers and small body
 *	                          no answer:  -1, with ERR and response.fault
 *
 * Redirects are followed; Authorization goes only to the origin it was made for.
 * Nothing is repeated here: retry.h and its users decide about that.
 * Proxies come from the environment, certificates from the host's settings (host.h).
 *
 * Several threads may use a struct http at once. Idle connections are kept for
 * the next request to the same origin, from any thread.
 */
#ifndef BASE_HTTP_HTTP_H
#define BASE_HTTP_HTTP_H

#include <stdint.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/http/host.h"
#include "base/text.h"

#define HTTP_HEADERS_MAX 8

/* Bytes of an error's body that are kept: enough for any message. */
#define HTTP_ERROR_BODY_MAX (16u << 10)

/* Bytes of all headers of an answer. */
#define HTTP_HEAD_MAX (128u << 10)

/* Called with each piece of a body, in order. */
typedef int http_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);

/* Fills BYTES with up to N bytes from OFFSET on; the count, 0 at the end, -1. May be
 * asked for an earlier offset again when a request is repeated. */
typedef ssize_t
http_source_fn(void *arg, uint64_t offset, void *bytes, size_t n, struct error *err);

/* Progress of one transfer. */
typedef void http_progress_fn(void *arg, uint64_t done, uint64_t total);

/* The settings of the server NAME ("localhost:5000"), which live as long as ARG. NULL with
 * ERR if it cannot be reached as it should. Called by any thread. */
typedef struct host *http_host_fn(void *arg, const char *name, struct error *err);

struct http_header {
	char *name, *value;
};

/* Why there was no answer; decides whether to try again. */
enum http_fault {
	HTTP_FAULT_NONE,     /* a permanent error: settings, cancelled, our own side */
	HTTP_FAULT_CONNECT,  /* nobody there */
	HTTP_FAULT_LANGUAGE, /* another protocol answered: TLS to plain HTTP, or the
	                        reverse */
	HTTP_FAULT_BROKEN,   /* the connection broke or stalled */
};

struct http_response {
	int status;
	ARRAY(struct http_header) headers; /* of the last answer only */
	struct buf body;                   /* unless it went to the sink */
	char *url;                         /* where the answer came from */
	enum http_fault fault;
	uint64_t sent; /* bytes of the body that were taken from us */
};

#define HTTP_RESPONSE_INIT                                                               \
	{                                                                                \
		0                                                                        \
	}

/* Called once before the first piece of a 2xx body reaches the sink, also if
 * the body is empty. -1 with ERR set ends the transfer. */
typedef int
http_start_fn(void *arg, const struct http_response *response, struct error *err);

struct http_request {
	const char *method;
	const char *url;
	const char *authorization; /* value of the header, or NULL */
	const char
	        *headers[HTTP_HEADERS_MAX]; /* "Name: value", NULL-terminated if fewer */

	bool secret_body;       /* only the first origin may get BODY */
	struct text body;       /* what is sent, or: */
	http_source_fn *source; /* SOURCE_SIZE bytes from SOURCE_START on */
	void *source_arg;
	uint64_t source_start, source_size;
	http_progress_fn *sent; /* its offset and total are relative to SOURCE */
	void *sent_arg;
	uint64_t sent_total;

	http_start_fn *start; /* may be NULL */
	http_sink_fn *sink;   /* for bodies of 2xx; NULL: response.body */
	void *arg;            /* of both */
	size_t body_max;      /* of response.body of a 2xx answer */
	int timeout_s;        /* without progress; 0: that of http_new() */
};

struct http;

/* HOST_OF tells how servers are reached; ARG is its, and borrowed. OFFLINE: nothing is
 * sent, every request fails. */
struct http *http_new(http_host_fn *host_of, void *arg, int timeout_s, bool offline,
                      const struct cancel *cancel);
void http_free(struct http *http); /* takes NULL */

int http_perform(struct http *http, const struct http_request *request,
                 struct http_response *response, struct error *err);

/* The value of the first header NAME (any case), or NULL. */
const char *http_header(const struct http_response *response, const char *name);

/* A header that is a number: 1 and *OUT, else 0. */
int
http_header_u64(const struct http_response *response, const char *name, uint64_t *out);

/* Where a 206 begins, by its Content-Range ("bytes 100-199/200", RFC 9110, 14.4): 1 and
 * *OUT, else 0. */
int http_range_start(const struct http_response *response, uint64_t *out);

void http_response_clear(struct http_response *response);
#define auto_response __attribute__((cleanup(http_response_clear)))

#endif
