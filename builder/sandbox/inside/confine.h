/*
 * confine: Landlock for steps that share all name spaces with us. Whatever else a
 * step gets to (a way out of its chroot, another process's root), it can open
 * nothing but what is below its tree; and its supervisor beside that what it opens for
 * the step.
 */
#ifndef BUILDER_SANDBOX_INSIDE_CONFINE_H
#define BUILDER_SANDBOX_INSIDE_CONFINE_H

#include <stddef.h>

/* Version of Landlock that this kernel has and this container may use, 0 none. */
int confine_version(void);

/* The first that is of use: a step may move files between directories (Linux 5.19). */
#define CONFINE_VERSION_MIN 2

enum confine_kind {
	CONFINE_TREE,   /* everything in it, but block devices */
	CONFINE_PROC,   /* files and directories are opened, nothing else */
	CONFINE_DEVICE, /* a file that is opened */
};

/* What may still be done below FD, or to it; -1: there is none. */
struct confine_rule {
	int fd;
	enum confine_kind kind;
};

/* Confines the calling thread and what it starts to N RULES, and to what it was confined
 * to before. It must have set no_new_privs. -1 with errno. System calls only. */
int confine(const struct confine_rule *rules, size_t n);

#endif
