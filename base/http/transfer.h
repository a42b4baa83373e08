/*
 * transfer: one exchange with one server on a libcurl handle. http.c does
 * several in a row when it follows redirects.
 */
#ifndef BASE_HTTP_TRANSFER_H
#define BASE_HTTP_TRANSFER_H

#include "base/http/http.h"
#include "base/http/pool.h"

struct transfer {
	struct handle *handle;
	const struct host *host; /* settings for the origin of URL */
	const char *url;
	bool with_authorization;
	const struct http_request *request;
	struct http_response *response; /* gets overwritten */
	const struct cancel *cancel;
	int timeout_s;
};

/* 0 once an answer is complete, -1 with ERR and RESPONSE's fault. */
int transfer_run(const struct transfer *t, struct error *err);

#endif
