/*
 * proc_list: directories of /proc for steps that have none. From one of them ".." leads
 * to the machine's root; so what a step gets is a directory in its own tree, with the
 * names that it may see, as of now. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_LIST_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_LIST_H

#include "builder/sandbox/supervise/notify.h"
#include "builder/sandbox/supervise/proc_place.h"

/* So many of them are there at a time; the oldest go. */
#define PROC_LISTS_MAX 64

/* A list of PLACE for thread TID, whose rights are RIGHTS, opened with FLAGS of open(2).
 * -1 with errno. */
int proc_list_open(struct proc_server *s, const struct proc_place *place, pid_t tid,
                   const struct proc_rights *rights, int flags);

#endif
