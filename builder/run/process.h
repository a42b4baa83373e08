/*
 * process: the words, environment and names of a run's process, as the sandbox wants
 * them.
 */
#ifndef BUILDER_RUN_PROCESS_H
#define BUILDER_RUN_PROCESS_H

#include "builder/run/run.h"

struct process_texts {
	ARRAY(const char *) argv, env; /* NULL at the end */
	ARRAY(char *) owned;
	char *hostname, *cwd;
	struct buf hosts, resolv;
};

#define PROCESS_TEXTS_INIT                                                               \
	{                                                                                \
		0                                                                        \
	}

/* HOME: of the user, for an environment that has none. Call process_texts_clear() also on
 * failure. */
int process_texts_make(struct process_texts *out, const struct run_request *r,
                       const struct config *config, const char *home, struct error *err);
void process_texts_clear(struct process_texts *p);

/* The number of a signal as STOPSIGNAL names it ("SIGTERM", "TERM", "15"), or 0. */
int process_signal(struct text name);

#endif
