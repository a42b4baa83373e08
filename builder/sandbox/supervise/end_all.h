/*
 * end_all: the end of a supervisor, to which all orphans of its step fall. System calls
 * only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_END_ALL_H
#define BUILDER_SANDBOX_SUPERVISE_END_ALL_H

/* Kills all processes below us, and exits with STATUS. Children of killed processes become
 * ours, and are killed next. */
_Noreturn void end_all(int status);

#endif
