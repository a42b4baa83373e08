/*
 * retry: whether and when to try again.
 *
 *	408 429 499 5xx      as often as allowed; Retry-After is kept to
 *	connection broke     as often as allowed
 *	nobody there         twice: it may just be starting
 *	all else             never
 *
 * Waits grow as 0.5, 1, 2, 4 … s, each cut by a random part so that many
 * builds do not come back at once. Whatever a server does, the tries and a
 * deadline end it; only real progress (retry_progress()) starts both anew.
 */
#ifndef REGISTRY_RETRY_H
#define REGISTRY_RETRY_H

#include "registry/http.h"

struct retry {
	const struct cancel *cancel;
	int allowed; /* tries after the first one */
	int made;
	int timeout_s;
	int64_t deadline_ns; /* monotonic */
};

void retry_init(struct retry *r, int allowed, int timeout_s, const struct cancel *cancel);

/* A repetition moved forwards: what comes next has all its tries again. */
void retry_progress(struct retry *r);

/* Whether an answer with STATUS may be different next time. */
bool retry_status(int status);

/* Waits before the next try at HOST. RC is http_perform()'s. True: try again.
 * False: RESPONSE (RC 0) or ERR (RC -1) is final; ERR may have become
 * ERR_CANCELLED, which *RC then tells. */
bool retry_wait(struct retry *r, int *rc, const struct http_response *response,
                const char *host, struct error *err);

#endif
