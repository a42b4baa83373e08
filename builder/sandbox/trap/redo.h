/*
 * redo: has a caller make another system call in place of the one that was passed to us.
 * Some calls cannot be made for somebody else (execve, chdir, connect …). We become the
 * caller's tracer, have it repeat its call, replace number and arguments when it has
 * entered the kernel, and leave it with the result. Before and after that it has no
 * tracer. System calls only.
 *
 * Other threads of the caller never see the registers of the replaced call, so they never
 * see the cookie in its sixth argument, by which the filter lets it pass. (While the call
 * blocks, only /proc/TID/syscall shows it: see proc_path.c.) But they can write to the
 * memory that arguments point to, scratch included, and give the numbers of descriptors
 * other meanings. For an exec, redo_call.ended looks at what came out of it; then no other
 * thread is left. After other calls there is nothing sure to look at: arguments in
 * registers alone (fchdir) are safe, an address of a socket is only as safe as what else
 * confines the caller.
 *
 * If a signal interrupts the call, and the kernel repeats calls after this signal, then
 * the caller repeats its original call, which is passed to us again.
 */
#ifndef BUILDER_SANDBOX_TRAP_REDO_H
#define BUILDER_SANDBOX_TRAP_REDO_H

#include <stdbool.h>

#include "builder/sandbox/supervise/notify.h"
#include "builder/sandbox/trap/loader/record.h"
#include "builder/sandbox/trap/redo_regs.h"

#define REDO_MAX LOADER_SCRATCH_MAX

/* The call is over. RESULT is its value or a negative errno; -ESRCH if the caller is gone.
 * PID is the thread that made it. After an exec it is the process, which has not run an
 * instruction of the new program. Returning false kills the caller. */
typedef bool redo_ended_fn(void *arg, uint64_t tag, pid_t pid, int64_t result);

struct redo_call {
	int number;
	uint64_t args[6];     /* the sixth becomes the cookie */
	int close_fd;         /* closed in the caller after the call, or -1 */
	const void *scratch;  /* copied to memory of the caller, or NULL */
	size_t n_scratch;     /* LOADER_SCRATCH_EACH at most */
	int scratch_arg;      /* the argument that becomes its address */
	redo_ended_fn *ended; /* or NULL */
	void *arg;
	uint64_t tag;
};

enum redo_state {
	REDO_FREE,
	REDO_WAITING,        /* for another thread's exec */
	REDO_STOPPING,       /* the first stop, on the way back from the original call */
	REDO_ENTERING,       /* … on entry to the repeated call */
	REDO_INSIDE,         /* the replaced call runs */
	REDO_CLOSE_ENTERING, /* on entry to the next call, which becomes close() */
	REDO_CLOSE_INSIDE,
	REDO_LEAVING, /* at the next stop we leave it */
};

struct redo_entry {
	enum redo_state state;
	pid_t tid, pid;
	uint64_t signals; /* blocked by the caller */
	int64_t result;
	struct notification asked;
	struct redo_call call;
	struct redo_regs regs; /* when the original call was over */
};

/* All zero, but for the cookie, is an empty list. */
struct redo_list {
	uint64_t cookie;
	struct redo_entry at[REDO_MAX];
};

/* Where the scratch of the next call will be, for scratch that holds addresses of itself;
 * 0 if the list is full. */
uint64_t redo_scratch(const struct redo_list *l);

/* Whether one more call can be redone now. Calls that may wait for another process
 * (connect, sendmsg) only get half of the room, so that this process can go on. */
bool redo_has_room(const struct redo_list *l);

/* Answers A: the caller makes the call C instead. Does not wait. -1 with errno if that
 * cannot be; then the caller's call has failed with this errno, C.close_fd is still open
 * in the caller, and C.ended is not called. EPERM: somebody traces the caller, or it is
 * not dumpable. EAGAIN: the list is full, or too many calls in it wait for others. */
int
redo_begin(struct redo_list *l, const struct notification *a, const struct redo_call *c);

/* Handles a status of wait4(-1, …, WNOHANG | __WALL). True if it was a stop of a caller
 * in the list, and nobody else's business. The end of a process is noted here, but
 * remains the business of its parent, which may be us: false. */
bool redo_event(struct redo_list *l, pid_t pid, int status);

#endif
