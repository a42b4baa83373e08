/*
 * exec_search: from the path that a program gives to execve() to the files to be mapped:
 * `#!` from script to script, interpreters, emulators. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_EXEC_SEARCH_H
#define BUILDER_SANDBOX_TRAP_EXEC_SEARCH_H

#include "builder/sandbox/trap/exec.h"

/* Fills OUT: descriptors, file and record, but for what is known only when the loader asks.
 * -1 with errno, that of execve(2). Descriptors in OUT are to be closed in both cases. */
int exec_search(const struct exec_server *s, struct notification *a,
                const struct exec_query *q, struct exec_pending *out);

#endif
