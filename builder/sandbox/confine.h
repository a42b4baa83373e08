/*
 * confine: Landlock for steps that share all name spaces with us. Whatever else a
 * step gets to (a way out of its chroot, another process's root), it can open
 * nothing but what is below its tree and, for reading, /proc.
 */
#ifndef BUILDER_SANDBOX_CONFINE_H
#define BUILDER_SANDBOX_CONFINE_H

#include <stdbool.h>

/* Version of Landlock that this kernel has and this container may use, 0 none. */
int confine_version(void);

/* Confines the calling thread and what it starts to TREE_FD and PROC_FD (-1: none).
 * It must have set no_new_privs. -1 with errno. System calls only. */
int confine(int tree_fd, int proc_fd);

#endif
