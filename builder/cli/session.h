/*
 * session: what commands share while they run: the cancel token that signals
 * trigger, and the ui.
 */
#ifndef BUILDER_CLI_SESSION_H
#define BUILDER_CLI_SESSION_H

#include <pthread.h>

#include "base/cancel.h"
#include "base/error.h"
#include "builder/ui/ui.h"

struct session {
	struct cancel *cancel;
	struct ui *ui;
	pthread_t signals; /* waits for SIGINT, SIGTERM, SIGHUP */
	int stop_fd;
	bool started;
};

/* What BUILDKIT_PROGRESS says, as docker's command line reads it; else AUTO. */
enum progress session_progress(void);

/* Blocks the signals and starts the thread that waits for them. The second signal
 * ends the program at once. session_end() must follow also after a failure. */
int session_start(struct session *s, enum progress progress, struct error *err);
void session_end(struct session *s);

#endif
