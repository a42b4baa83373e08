#include "builder/sandbox/trap/redo_regs.h"

#include <elf.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "builder/sandbox/inside/sys.h"

static int
call(int request, pid_t tid, int set, void *bytes, size_t n)
{
	struct iovec iov = { bytes, n };

	return (int)syscall(SYS_ptrace, request, tid, set, &iov);
}

#ifdef __aarch64__

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif
#define NO_CALL  (-1)
#define NUMBER   8 /* the register of a call's number */
#define SVC_SIZE 4

int
redo_regs_get(pid_t tid, struct redo_regs *out)
{
	if (call(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &out->number,
	         sizeof out->number) < 0)
		return -1;
	return call(PTRACE_GETREGSET, tid, NT_PRSTATUS, &out->all, sizeof out->all);
}

int
redo_regs_set(pid_t tid, const struct redo_regs *r)
{
	struct redo_regs copy = *r;

	if (call(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &copy.number,
	         sizeof copy.number) < 0)
		return -1;
	return call(PTRACE_SETREGSET, tid, NT_PRSTATUS, &copy.all, sizeof copy.all);
}

/* The first argument's register is the result's, too. */
bool
redo_regs_are_of(const struct redo_regs *r, int number, const uint64_t args[6])
{
	for (int i = 1; i < 6; i++)
		if (r->all.regs[i] != args[i])
			return false;
	return (int)r->all.regs[NUMBER] == number;
}

/* If the kernel is about to repeat the call itself, the first argument is back already. */
void
redo_regs_repeat(struct redo_regs *r, int number, const uint64_t args[6])
{
	if (r->all.regs[0] != args[0])
		r->all.pc -= SVC_SIZE;
	for (int i = 0; i < 6; i++)
		r->all.regs[i] = args[i];
	r->all.regs[NUMBER] = (uint64_t)number;
	r->number = NO_CALL;
}

void
redo_regs_become(struct redo_regs *r, int number, const uint64_t args[6])
{
	for (int i = 0; i < 6; i++)
		r->all.regs[i] = args[i];
	r->all.regs[NUMBER] = (uint64_t)number;
	r->number = number;
}

/* The kernel has kept the first argument from when the call was entered. */
void
redo_regs_end(struct redo_regs *r, int number, const uint64_t args[6], int64_t value)
{
	for (int i = 1; i < 6; i++)
		r->all.regs[i] = args[i];
	r->all.regs[NUMBER] = (uint64_t)number;
	r->all.regs[0] = (uint64_t)value;
	r->number = number;
}

int64_t
redo_regs_value(const struct redo_regs *r)
{
	return (int64_t)r->all.regs[0];
}

#else

#define SYSCALL_SIZE 2

int
redo_regs_get(pid_t tid, struct redo_regs *out)
{
	return call(PTRACE_GETREGSET, tid, NT_PRSTATUS, &out->all, sizeof out->all);
}

int
redo_regs_set(pid_t tid, const struct redo_regs *r)
{
	struct redo_regs copy = *r;

	return call(PTRACE_SETREGSET, tid, NT_PRSTATUS, &copy.all, sizeof copy.all);
}

bool
redo_regs_are_of(const struct redo_regs *r, int number, const uint64_t args[6])
{
	return (int)r->all.orig_rax == number && r->all.rdi == args[0] &&
	       r->all.rsi == args[1] && r->all.rdx == args[2] && r->all.r10 == args[3] &&
	       r->all.r8 == args[4] && r->all.r9 == args[5];
}

static void
set_args(struct redo_regs *r, const uint64_t args[6])
{
	r->all.rdi = args[0];
	r->all.rsi = args[1];
	r->all.rdx = args[2];
	r->all.r10 = args[3];
	r->all.r8 = args[4];
	r->all.r9 = args[5];
}

void
redo_regs_repeat(struct redo_regs *r, int number, const uint64_t args[6])
{
	set_args(r, args);
	r->all.rip -= SYSCALL_SIZE;
	r->all.rax = (uint64_t)number;
	r->all.orig_rax = UINT64_MAX;
}

void
redo_regs_become(struct redo_regs *r, int number, const uint64_t args[6])
{
	set_args(r, args);
	r->all.orig_rax = (uint64_t)number;
}

void
redo_regs_end(struct redo_regs *r, int number, const uint64_t args[6], int64_t value)
{
	set_args(r, args);
	r->all.orig_rax = (uint64_t)number;
	r->all.rax = (uint64_t)value;
}

int64_t
redo_regs_value(const struct redo_regs *r)
{
	return (int64_t)r->all.rax;
}

#endif
