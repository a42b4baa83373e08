/*
 * confine: Landlock for steps that share all namespaces with us. Even if a step leaves
 * its chroot or reaches another process's root, it can open only files below its tree.
 * Its supervisor can also open what it opens for the step.
 */
#ifndef BUILDER_SANDBOX_INSIDE_CONFINE_H
#define BUILDER_SANDBOX_INSIDE_CONFINE_H

#include <stddef.h>

/* The version of Landlock that we can use here, 0: none. */
int confine_version(void);

/* The first useful version: a step may move files between directories (Linux 5.19). */
#define CONFINE_VERSION_MIN 2

enum confine_kind {
	CONFINE_TREE,   /* everything in it, except block devices */
	CONFINE_PROC,   /* only opening files and directories */
	CONFINE_DEVICE, /* only opening this file */
};

/* What remains allowed for FD or below it; FD -1: no rule. */
struct confine_rule {
	int fd;
	enum confine_kind kind;
};

/* Confines the calling thread and its children to N RULES, in addition to earlier
 * confinement. The thread must have set no_new_privs. -1 with errno. System calls
 * only. */
int confine(const struct confine_rule *rules, size_t n);

#endif
