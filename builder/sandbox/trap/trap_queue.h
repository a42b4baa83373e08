/*
 * trap_queue: calls that the caller will be made to do otherwise (redo.h, exec.h) when
 * there is room for one more. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_QUEUE_H
#define BUILDER_SANDBOX_TRAP_TRAP_QUEUE_H

#include "builder/sandbox/trap/trap.h"

/* True if C has to wait. If even the queue is full it need not: then it fails. */
bool trap_queue_takes(const struct trap_call *c);

/* Answers those for which there is room now. Call it after everything that makes room. */
void trap_queue_go_on(struct trap *t);

#endif
