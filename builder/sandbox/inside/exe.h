/*
 * exe: a cloned process lets go of the program's file.
 *
 * What a step executes as /proc/self/exe, or a "#!" line or loader that names it, is the
 * file that the process before it ran from: of the machine, and perhaps one that the step
 * may write to once nobody runs it any more. So the program goes on from copies of its
 * code and data in memory, and the kernel is told of an empty, sealed file instead.
 */
#ifndef BUILDER_SANDBOX_INSIDE_EXE_H
#define BUILDER_SANDBOX_INSIDE_EXE_H

/* 0, or -1 with errno: the kernel (without CONFIG_CHECKPOINT_RESTORE), a filter or missing
 * rights do not allow it. All goes on as before then. Only one thread may run. System
 * calls only. */
int exe_let_go(void);

#endif
