/*
 * retry: whether and when to try again.
 *
 *	408 429 499 5xx      as often as allowed; obeys Retry-After
 *	connection broke     as often as allowed
 *	nobody there         twice: it may just be starting
 *	all else             never
 *
 * Waits grow as 0.5, 1, 2, 4 … s, each reduced by a random part so that many
 * builds do not retry at the same time. The number of tries and a deadline
 * always end it; only real progress (retry_progress()) resets both.
 */
#ifndef BASE_HTTP_RETRY_H
#define BASE_HTTP_RETRY_H

#include "base/http/http.h"

struct retry {
	const struct cancel *cancel;
	int allowed; /* tries after the first one */
	int made;
	int timeout_s;
	int64_t deadline_ns; /* monotonic */
};

void retry_init(struct retry *r, int allowed, int timeout_s, const struct cancel *cancel);

/* All waits are NS from now on, unless a server asks for more. Call it before threads. */
void retry_set_wait(int64_t ns);

/* Call it when a retry made progress: the count of tries starts again. */
void retry_progress(struct retry *r);

/* Whether an answer with STATUS may be different next time. */
bool retry_status(int status);

/* Waits before the next try at HOST. *RC is the result of http_perform(). True:
 * try again. False: RESPONSE (*RC 0) or ERR (*RC -1) is final. If the wait was
 * cancelled, ERR is ERR_CANCELLED and *RC is -1. */
bool retry_wait(struct retry *r, int *rc, const struct http_response *response,
                const char *host, struct error *err);

#endif
