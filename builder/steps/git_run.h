/*
 * git_run: one run of git's command line. Internal to steps.
 *
 * git never prompts. Its result depends only on its arguments and the repository: it sees
 * no configuration, attributes, ignore rules, hooks, templates or filters of the machine
 * or the user, and only those git variables that concern the connection. Credentials
 * (source_auth.h) are passed in its environment.
 */
#ifndef BUILDER_STEPS_GIT_RUN_H
#define BUILDER_STEPS_GIT_RUN_H

#include <stdbool.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/steps/source_auth.h"

struct git {
	const struct cancel *cancel;
	int dir_fd; /* its working directory; -1: ours */
	ARRAY(char *) env;
	struct buf out, log; /* of the last run */
};

/* AUTH is copied. */
void git_init(struct git *g, int dir_fd, const struct source_auth *auth,
              const struct cancel *cancel);
void git_clear(struct git *g);
#define auto_git __attribute__((cleanup(git_clear)))

/* Runs git with ARGUMENTS (ended by NULL). ERR contains git's message; its code is
 * ERR_AUTH, ERR_NETWORK, ERR_ENVIRONMENT (no git), ERR_CANCELLED or ERR_SOURCE. */
int git_run(struct git *g, const char *const *arguments, struct error *err);

#endif
