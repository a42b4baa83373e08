/*
 * first: the first process of a sandbox, between its clone and the start of a program.
 *
 *	first process    mounts, root, network, keyring        → becomes init (ns)
 *	main process     descriptors, limits, filter, ids      → executes the program (start.h)
 *
 * System calls only. The recipe contains everything needed; failures go to its report.
 */
#ifndef BUILDER_SANDBOX_INSIDE_FIRST_H
#define BUILDER_SANDBOX_INSIDE_FIRST_H

#include "builder/sandbox/inside/recipe.h"

/* The supervisors, which are in other folders (supervise/, trap/). */
struct first_supervisors {
	/* owner_supervisor_split() */
	int (*owners_split)(struct recipe *recipe, const int *fds);
	/* supervisor_main(): does not return */
	void (*chroot_main)(struct recipe *recipe, const int *fds);
	/* trap_main(): does not return */
	void (*trap_main)(struct recipe *recipe, const int *fds);
};

/* Runs the process from its first instruction to its end. FDS: see enum recipe_fd. */
_Noreturn void
first_main(struct recipe *recipe, const int *fds, const struct first_supervisors *with);

#endif
