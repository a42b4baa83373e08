#include "builder/run/health.h"

#include "base/clock.h"

#define INTERVAL       (30 * NS_PER_S)
#define START_INTERVAL (5 * NS_PER_S)
#define TIMEOUT        (30 * NS_PER_S)
#define RETRIES        3

/* Longer than anybody waits; sums cannot overflow. */
#define LONGEST (INT64_C(365) * 24 * 3600 * NS_PER_S)

static int64_t
given(int64_t value, int64_t otherwise)
{
	if (value <= 0)
		return otherwise;
	return value < LONGEST ? value : LONGEST;
}

struct health_times
health_times_of(const struct health *h)
{
	return (struct health_times){
		.interval = given(h->interval, INTERVAL),
		.timeout = given(h->timeout, TIMEOUT),
		.start_period = given(h->start_period, 0),
		.start_interval = given(h->start_interval, START_INTERVAL),
		.retries = given(h->retries, RETRIES),
	};
}

int64_t
health_next(const struct health_times *t, int64_t now_ns, bool *counts)
{
	const bool starts = now_ns < t->start_period;
	const int64_t due = now_ns + (starts && t->start_interval < t->interval
	                                      ? t->start_interval
	                                      : t->interval);
	const int64_t first = t->start_period > 0 && t->start_interval < t->interval
	                              ? t->start_interval
	                              : t->interval;
	int64_t early = NS_PER_S;

	while (early <= now_ns)
		early *= 2;
	if (early < first) {
		*counts = false;
		return early;
	}
	if (now_ns < first) {
		*counts = first >= t->start_period;
		return first;
	}
	*counts = due >= t->start_period;
	return due;
}

bool
health_words(const struct config *config, struct run_words *out)
{
	static const struct text shell[] = { { "/bin/sh", 7 }, { "-c", 2 } };
	const struct health *h = &config->health;

	if (!config->has_health || h->test.n < 2)
		return false;
	if (text_is(h->test.at[0], "CMD-SHELL")) {
		for (size_t i = 0; config->shell.n > 0 && i < config->shell.n; i++)
			array_push(&out->list, config->shell.at[i]);
		for (size_t i = 0; config->shell.n == 0 && i < 2; i++)
			array_push(&out->list, shell[i]);
	} else if (!text_is(h->test.at[0], "CMD")) {
		return false;
	}
	for (size_t i = 1; i < h->test.n; i++)
		array_push(&out->list, h->test.at[i]);
	return out->list.n > 0;
}
