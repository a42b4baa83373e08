/*
 * proc_server: /proc and /dev/fd for steps that have none. The filter of such a
 * step hands calls that look a path up to its supervisor, but for paths that start
 * in an open directory and for files that must be new: absolute paths of these calls
 * find what is in the tree, that is, nothing. Nearly all are told to go on;
 * those for /proc are answered with what the step would see there
 * if it had a mount of its own: /proc/self is the caller, other processes than
 * the step's are not there, and nothing beside its own can be written to.
 *
 *	open       a descriptor is put into the caller: of a file of its own, a copy of
 *	           one that all have, a list of a directory
 *	stat …     the answer is written to the caller's memory
 *
 * The supervisor acts with the rights of the caller, is confined as the step is, and
 * gives nothing that the step could not have opened itself (see proc_place.h).
 *
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_SERVER_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "builder/sandbox/supervise/notify.h"

struct proc_server {
	int proc_fd;      /* of /proc */
	int lists_fd;     /* of the directory /proc of the tree, see proc_list.h, or -1 */
	int terminal_fd;  /* of the step, or -1 */
	unsigned n_lists; /* ever made */
	pid_t supervisor; /* ancestor of all processes of the step */
	const char *tree; /* absolute path of the step's root, its length */
	size_t tree_n;
	bool serves_devices; /* the tree could not be given device nodes */
};

/* Answers A if it is for us. */
bool proc_server_answer(struct proc_server *s, const struct notification *a);

#endif
