/*
 * redo_regs: the registers of a system call, of the machines that cooper runs on. System
 * calls only; all return -1 with errno.
 */
#ifndef BUILDER_SANDBOX_TRAP_REDO_REGS_H
#define BUILDER_SANDBOX_TRAP_REDO_REGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

struct redo_regs {
#ifdef __aarch64__
	struct user_regs_struct all;
	int number; /* that of the call; -1: no call */
#else
	struct user_regs_struct all;
#endif
};

int redo_regs_get(pid_t tid, struct redo_regs *out);
int redo_regs_set(pid_t tid, const struct redo_regs *r);

/* True if R is a thread that is in, or just after, the call NUMBER with ARGS. */
bool redo_regs_are_of(const struct redo_regs *r, int number, const uint64_t args[6]);

/* R is just after the call NUMBER with ARGS: it will be made again. */
void redo_regs_repeat(struct redo_regs *r, int number, const uint64_t args[6]);

/* R is on entry to a call: it becomes NUMBER with ARGS. */
void redo_regs_become(struct redo_regs *r, int number, const uint64_t args[6]);

/* R is just after a call, whose result becomes VALUE (a negative errno: failure). If the
 * kernel is to repeat the call, then it repeats NUMBER with ARGS. */
void
redo_regs_end(struct redo_regs *r, int number, const uint64_t args[6], int64_t value);

int64_t redo_regs_value(const struct redo_regs *r);

#endif
