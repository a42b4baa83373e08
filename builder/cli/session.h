/*
 * session: the state of a running command: the cancel token, which signals
 * trigger, and the ui.
 */
#ifndef BUILDER_CLI_SESSION_H
#define BUILDER_CLI_SESSION_H

#include <pthread.h>

#include "base/cancel.h"
#include "base/error.h"
#include "builder/ui/ui.h"

typedef void session_signal_fn(void *arg, int number);

struct session {
	struct cancel *cancel;
	struct ui *ui;
	pthread_t signals; /* waits for SIGINT, SIGTERM, SIGHUP */
	int stop_fd, signal_fd;
	pthread_mutex_t lock; /* over the next two */
	session_signal_fn *forward;
	void *forward_arg;
	bool started;
};

/* The value of BUILDKIT_PROGRESS, read like docker's command line does; else AUTO. */
enum progress session_progress(void);

/* Blocks the signals and starts the thread that waits for them. The second signal
 * ends the program at once. Call session_end() even after a failure. */
/* The same with the progress on OUT. */
int
session_start_on(struct session *s, enum progress progress, FILE *out, struct error *err);
int session_start(struct session *s, enum progress progress, struct error *err);

/* From now on FN gets the signals, SIGQUIT, SIGUSR1 and SIGUSR2 too, and they do not
 * cancel. NULL: as before; then FN is not called any more. Before session_start(), call
 * session_hold(), which blocks all of them. */
void session_hold(void);
void session_forward(struct session *s, session_signal_fn *fn, void *arg);
void session_end(struct session *s);

#endif
