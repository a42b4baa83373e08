/*
 * mounts: checks the fields of RUN --mount and converts them to values.
 */
#ifndef PARSER_MOUNTS_H
#define PARSER_MOUNTS_H

#include "parser/planner.h"
#include "parser/step.h"

struct mounts {
	ARRAY(struct step_mount) list;
};

/* Adds the mounts of COMMAND, a RUN of NODE. OUT is cleared by the caller. */
int mounts_read(struct planner *p, struct node *node, const struct command *command,
                struct mounts *out, struct error *err);

#endif
