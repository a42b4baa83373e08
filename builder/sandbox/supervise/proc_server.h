/*
 * proc_server: /proc and /dev/fd for steps that have none. The filter of such a step
 * passes calls that look up a path to its supervisor, except calls relative to an open
 * directory and calls that must create the file; with an absolute path, those only find
 * the tree's own /proc, which is empty. The supervisor lets nearly all calls continue.
 * It answers those for /proc with what the step would see in a mount of its own:
 * /proc/self is the caller, only the step's processes exist, and only files of its own
 * processes are writable.
 *
 *	open       the caller gets a descriptor: of a file of its own process, of a copy
 *	           of a public file, or of a list of a directory
 *	stat …     the supervisor writes the answer to the caller's memory
 *
 * The supervisor acts with the rights of the caller, is confined like the step, and gives
 * it nothing that the step could not have opened itself (see proc_place.h).
 *
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_SERVER_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "builder/sandbox/supervise/notify.h"

struct credentials_table;

struct proc_server {
	int proc_fd;      /* of /proc */
	int lists_fd;     /* of the directory /proc of the tree, see proc_list.h, or -1 */
	int terminal_fd;  /* of the step, or -1 */
	pid_t session;    /* whose terminal it is */
	unsigned n_lists; /* ever made */
	pid_t supervisor; /* ancestor of all processes of the step */
	const char *tree; /* absolute path of the step's root, its length */
	size_t tree_n;
	/* The emulated ids of the step's processes, which own their files; or NULL. */
	const struct credentials_table *ids;
	bool serves_devices; /* no device nodes could be made in the tree */
};

/* Answers A if it concerns us. */
bool proc_server_answer(struct proc_server *s, const struct notification *a);

/* The same for a call whose path is PATH, absolute, whatever the caller's memory says. */
bool proc_server_answer_path(struct proc_server *s, const struct notification *a,
                             const char *path);

/* Opens PATH of the caller A with O_PATH, following a link at its end. -1 with errno. */
struct proc_place;
int proc_server_open(struct proc_server *s, const struct notification *a,
                     const char *path, struct proc_place *out);

#endif
