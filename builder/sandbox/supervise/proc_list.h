/*
 * proc_list: directories of /proc for steps that have none. From a real directory of
 * /proc, ".." would lead to the machine's root. So a step gets a directory in its own
 * tree, with the names that it may see at this moment. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_PROC_LIST_H
#define BUILDER_SANDBOX_SUPERVISE_PROC_LIST_H

#include "builder/sandbox/supervise/notify.h"
#include "builder/sandbox/supervise/proc_place.h"

/* The maximum number of lists; the oldest are removed. */
#define PROC_LISTS_MAX 64

/* Opens a list of PLACE for thread TID, whose rights are RIGHTS, with FLAGS of open(2).
 * -1 with errno. */
int proc_list_open(struct proc_server *s, const struct proc_place *place, pid_t tid,
                   const struct proc_rights *rights, int flags);

#endif
