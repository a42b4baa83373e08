/*
 * exe: a cloned process releases the program's file.
 *
 * A step may execute /proc/self/exe, or a script or program whose "#!" line or loader is
 * this path. It then opens the file that the previous process ran from: cooper's own
 * program on the machine, which the step might even write to when nobody runs it any
 * more. So this process continues from copies of its code and data in memory, and tells
 * the kernel that its executable is an empty, sealed file.
 */
#ifndef BUILDER_SANDBOX_INSIDE_EXE_H
#define BUILDER_SANDBOX_INSIDE_EXE_H

/* 0, or -1 with errno if the kernel (without CONFIG_CHECKPOINT_RESTORE), a filter or
 * missing rights do not allow it; then nothing changes. Only one thread may run. System
 * calls only. */
int exe_let_go(void);

#endif
