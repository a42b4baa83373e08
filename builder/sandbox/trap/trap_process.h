/*
 * trap_process: the programs of a step. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_PROCESS_H
#define BUILDER_SANDBOX_TRAP_TRAP_PROCESS_H

#include "builder/sandbox/trap/trap.h"

/* Fills in what exec.h needs. -1 with errno. */
int trap_begin_programs(struct trap *t);

#endif
