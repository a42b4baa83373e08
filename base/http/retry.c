#include "base/http/retry.h"

#include <curl/curl.h>
#include <sys/random.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/number.h"

#define FIRST_WAIT_MS    500
#define LONGEST_WAIT_MS  30000
#define LONGEST_ASKED_MS 120000 /* the longest accepted Retry-After */
#define TOLD_MS          3000   /* longer waits are shown to the user */
#define CONNECT_TRIES    2

/* 0: it grows. */
static int64_t fixed_wait_ms;

void
retry_set_wait(int64_t ns)
{
	fixed_wait_ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
}

static int64_t
deadline(const struct retry *r)
{
	int64_t each_ms = 1000ll * r->timeout_s + LONGEST_ASKED_MS + fixed_wait_ms;

	return clock_monotonic_ns() + (r->allowed + 1) * each_ms * NS_PER_MS;
}

void
retry_init(struct retry *r, int allowed, int timeout_s, const struct cancel *cancel)
{
	*r = (struct retry){ .cancel = cancel,
		             .allowed = allowed,
		             .timeout_s = timeout_s };
	r->deadline_ns = deadline(r);
}

void
retry_progress(struct retry *r)
{
	r->made = 0;
	r->deadline_ns = deadline(r);
}

bool
retry_status(int status)
{
	return status == 408 || status == 429 || status == 499 ||
	       (status >= 500 && status != 501 && status != 505);
}

/* Seconds, or a date (RFC 9110 §10.2.3); -1 if none was sent. */
static int64_t
asked_ms(const struct http_response *response)
{
	const char *value = http_header(response, "Retry-After");
	uint64_t seconds = 0;
	time_t at;
	int64_t ms;

	if (value == NULL)
		return -1;
	if (number_u64(text_of(value), &seconds)) {
		ms = seconds > LONGEST_ASKED_MS / 1000 ? LONGEST_ASKED_MS
		                                       : (int64_t)seconds * 1000;
		return ms;
	}
	at = curl_getdate(value, NULL);
	if (at < 0)
		return -1;
	ms = (int64_t)at * 1000 - clock_wall_ns() / NS_PER_MS;
	return ms < 0 ? 0 : ms > LONGEST_ASKED_MS ? LONGEST_ASKED_MS : ms;
}

/* A random time between half and all of the doubled wait. */
static int64_t
backoff_ms(int made)
{
	int64_t ms = made > 6 ? LONGEST_WAIT_MS : (int64_t)FIRST_WAIT_MS << made;
	uint32_t random = 0;

	if (fixed_wait_ms > 0)
		return fixed_wait_ms;
	if (ms > LONGEST_WAIT_MS)
		ms = LONGEST_WAIT_MS;
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = (uint32_t)clock_monotonic_ns();
	return ms / 2 + random % (ms / 2 + 1);
}

static bool
may_retry(const struct retry *r, int rc, const struct http_response *response)
{
	if (rc == 0)
		return retry_status(response->status) && r->made < r->allowed;
	switch (response->fault) {
	case HTTP_FAULT_CONNECT:
	case HTTP_FAULT_LANGUAGE:
		return r->made < r->allowed && r->made < CONNECT_TRIES;
	case HTTP_FAULT_BROKEN:
		return r->made < r->allowed;
	case HTTP_FAULT_NONE:
	default:
		return false;
	}
}

static void
tell(const char *host, int rc, const struct http_response *response, int64_t ms,
     const struct error *err)
{
	auto_free char *why = rc == 0 ? mem_print("%s answered with status %d", host,
	                                          response->status)
	                              : mem_copy(err->text);

	if (ms >= TOLD_MS)
		event_warn(0, "%s; next try in %lld s", why,
		           (long long)(ms + 999) / 1000);
	else
		event_debug("http", "%s; next try in %lld ms", why, (long long)ms);
}

bool
retry_wait(struct retry *r, int *rc, const struct http_response *response,
           const char *host, struct error *err)
{
	int64_t asked, ms, until;

	if (!may_retry(r, *rc, response))
		return false;
	asked = *rc == 0 ? asked_ms(response) : -1;
	ms = asked > 0 ? asked + backoff_ms(0) / 2 : backoff_ms(r->made);
	until = clock_monotonic_ns() + ms * NS_PER_MS;
	if (until > r->deadline_ns)
		return false;
	tell(host, *rc, response, ms, err);
	cancel_pause(r->cancel, ms * NS_PER_MS);
	error_clear(err);
	if (cancel_check(r->cancel, err) < 0) {
		*rc = -1;
		return false;
	}
	r->made++;
	return true;
}
