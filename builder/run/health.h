/*
 * health: an image's HEALTHCHECK, run in a container until the answer is known.
 *
 * The times are those of Docker: a probe after each interval; in the start period, after
 * each start interval, and a failure there does not count. Besides, until the first one
 * is due, there are probes after 1, 2, 4 … seconds, of which only success counts: who
 * waits for the answer need not wait for the interval.
 */
#ifndef BUILDER_RUN_HEALTH_H
#define BUILDER_RUN_HEALTH_H

#include <pthread.h>

#include "builder/run/run.h"

enum health_answer { HEALTH_UNKNOWN, HEALTH_GOOD, HEALTH_BAD };

/* When to probe, as a pure table of times: nanoseconds since the start. */
struct health_times {
	int64_t interval, timeout, start_period, start_interval;
	int64_t retries;
};

/* The times of H, with the defaults for what is not given. */
struct health_times health_times_of(const struct health *h);

/* The time of the next probe after one that ended at NOW_NS (0: the first), and whether
 * its failure counts. */
int64_t health_next(const struct health_times *t, int64_t now_ns, bool *counts);

/* The words of H's test with CONFIG's shell: *OUT gets texts of H. False if it has
 * none. */
bool health_words(const struct config *config, struct run_words *out);

typedef void health_done_fn(void *arg);

struct health_check {
	struct health_times times;
	int socket_fd, prober_fd; /* ours, the prober's */
	int stop_fd;
	pthread_t thread;
	bool is_started;
	health_done_fn *done;
	void *done_arg;

	/* After health_stop() */
	enum health_answer answer;
	unsigned n_failed;
	char *reason; /* why the last probe failed, or NULL; owned */
	char *output; /* of the last probe, NULL if there was none; owned */
};

/* Opens the sockets. */
int
health_open(struct health_check *h, const struct health_times *times, struct error *err);

/* Starts to probe; DONE is called, in another thread, when the answer is known. A failure
 * that counts is a warning. */
int
health_start(struct health_check *h, health_done_fn *done, void *arg, struct error *err);
void health_stop(struct health_check *h); /* the program has ended */
void health_close(struct health_check *h);

#endif
