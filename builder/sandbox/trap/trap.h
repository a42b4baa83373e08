/*
 * trap: the supervisor of a step that has no root of its own: for users without any
 * privilege, in containers that allow neither namespaces nor mounts nor chroot.
 *
 * The step's tree is a plain directory. Its filter passes every call that names a file
 * to the supervisor, which makes the call below the tree by descriptors, and answers it:
 * the caller's kernel never sees the path. So a thread that changes the memory of a call
 * meanwhile gains nothing. What only the caller itself can do, it is made to do with
 * other arguments (redo.h); a program is executed by a loader of ours (exec.h).
 *
 * Everything belongs to one user. What the disk cannot have is noted (inside/owner_note.h):
 * owners, modes without rights for the user, devices, capabilities. Ids of processes
 * are emulated (supervise/credentials.h). No access is denied because a file belongs
 * to another user.
 *
 *	trap_calls.c      the calls, and who answers them
 *	trap_place.c      finds a path of the caller
 *	trap_dirs.c       directories found lately
 *	trap_open.c … trap_attributes.c    answers
 *	trap_queue.c      calls that wait for room
 *	trap_supervisor.c the process
 *
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_H
#define BUILDER_SANDBOX_TRAP_TRAP_H

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/credentials.h"
#include "builder/sandbox/supervise/proc_server.h"
#include "builder/sandbox/trap/exec.h"
#include "builder/sandbox/trap/redo.h"
#include "builder/sandbox/trap/trap_dirs.h"

#define TRAP_ROOTS_MAX 16

/* System calls have lower numbers. */
#define TRAP_NUMBERS 512

/* A directory that a process has as its root: the tree, or one that it gave to chroot(). */
struct trap_root {
	int fd;              /* O_PATH */
	uint32_t path_n;     /* of PATH */
	char path[PATH_MAX]; /* absolute, outside */
};

/* A process that waits in place of a caller, for the other end of a named pipe. */
#define TRAP_WORKERS_MAX 256
struct trap_worker {
	pid_t pid;
	uint64_t id; /* of the call */
};

/* Calls that wait for room, see trap_queue.h. */
#define TRAP_QUEUE_MAX 4096
struct trap_queue {
	unsigned first, n;
	struct notification at[TRAP_QUEUE_MAX];
};

struct trap_call;

/* The positions of a call's arguments; -1: the call has no such argument. */
struct trap_shape {
	int number;
	int (*answer)(struct trap_call *c, int64_t *value);
	int8_t dir, path, flags, value;
	int implied; /* flags that the call implies */
};

/* Of one step. */
struct trap {
	const struct trap_shape *shapes[TRAP_NUMBERS]; /* by number of the call */
	int listener_fd;
	int devices_fd;          /* of the machine's /dev */
	struct proc_server proc; /* its proc_fd */
	struct credentials_table ids;
	struct redo_list redo;
	struct exec_server exec;
	struct trap_dirs dirs;
	struct trap_queue queue;
	unsigned n_workers;
	struct trap_worker workers[TRAP_WORKERS_MAX];
	unsigned n_roots;
	struct trap_root roots[TRAP_ROOTS_MAX]; /* [0]: the tree */
};

/* A call being answered. */
struct trap_call {
	struct trap *trap;
	struct notification *asked;
	const struct trap_shape *shape;
	int flags; /* of the call, and what it implies */
};

/* An answer is TRAP_VALUE with the call's result, TRAP_ERRNO, TRAP_LET if the caller may
 * go on, or TRAP_DONE if the answer has been or will be given. */
enum { TRAP_VALUE, TRAP_ERRNO, TRAP_LET, TRAP_DONE };

static inline uint64_t
trap_arg(const struct trap_call *c, int8_t i)
{
	return i < 0 ? 0 : c->asked->args[i];
}

static inline int
trap_fail(int error)
{
	errno = error;
	return TRAP_ERRNO;
}

/* TRAP_VALUE for a result of a system call of ours that is not negative. */
static inline int
trap_result(int64_t result, int64_t *value)
{
	*value = result;
	return result < 0 ? TRAP_ERRNO : TRAP_VALUE;
}

/* … of one with FD, which is closed. */
static inline int
trap_close_result(int fd, int64_t result, int64_t *value)
{
	const int saved = errno;

	sys_close(fd);
	errno = saved;
	return trap_result(result, value);
}

static inline const struct credentials *
trap_who(const struct trap_call *c)
{
	return credentials_of(&c->trap->ids, c->asked);
}

/* The caller's root. Most steps have one, and nothing has to be looked up. */
static inline const struct trap_root *
trap_root_of(const struct trap_call *c)
{
	return &c->trap->roots[c->trap->n_roots == 1 ? 0 : trap_who(c)->root];
}

/* Prepares trap_answer(). */
void trap_begin_calls(struct trap *t);

/* Answers one call. */
void trap_answer(struct trap *t, struct notification *asked);

/* Ends the waiting processes whose callers are gone. */
void trap_end_workers(struct trap *t);

/* True if PID, which has ended, was a waiting process. */
bool trap_worker_ended(struct trap *t, pid_t pid);

/* Answers, in the files that are named for them. */
int trap_open(struct trap_call *c, int64_t *value);
int trap_stat(struct trap_call *c, int64_t *value);
int trap_statx(struct trap_call *c, int64_t *value);
int trap_access(struct trap_call *c, int64_t *value);
int trap_readlink(struct trap_call *c, int64_t *value);
int trap_statfs(struct trap_call *c, int64_t *value);
int trap_mkdir(struct trap_call *c, int64_t *value);
int trap_mknod(struct trap_call *c, int64_t *value);
int trap_symlink(struct trap_call *c, int64_t *value);
int trap_unlink(struct trap_call *c, int64_t *value);
int trap_rename(struct trap_call *c, int64_t *value);
int trap_link(struct trap_call *c, int64_t *value);
int trap_chmod(struct trap_call *c, int64_t *value);
int trap_chown(struct trap_call *c, int64_t *value);
int trap_utimens(struct trap_call *c, int64_t *value);
int trap_utimes(struct trap_call *c, int64_t *value);
int trap_utime(struct trap_call *c, int64_t *value);
int trap_truncate(struct trap_call *c, int64_t *value);
int trap_set_attribute(struct trap_call *c, int64_t *value);
int trap_get_attribute(struct trap_call *c, int64_t *value);
int trap_list_attributes(struct trap_call *c, int64_t *value);
int trap_remove_attribute(struct trap_call *c, int64_t *value);
int trap_getcwd(struct trap_call *c, int64_t *value);
int trap_chdir(struct trap_call *c, int64_t *value);
int trap_chroot(struct trap_call *c, int64_t *value);
int trap_umask(struct trap_call *c, int64_t *value);
int trap_exec(struct trap_call *c, int64_t *value);
int trap_prctl(struct trap_call *c, int64_t *value);
int trap_signal(struct trap_call *c, int64_t *value);
int trap_signal_thread(struct trap_call *c, int64_t *value);
int trap_pidfd(struct trap_call *c, int64_t *value);
int trap_owner_of_fd(struct trap_call *c, int64_t *value);
int trap_schedule(struct trap_call *c, int64_t *value);
int trap_inspect(struct trap_call *c, int64_t *value);
int trap_address(struct trap_call *c, int64_t *value);
int trap_message(struct trap_call *c, int64_t *value);
int trap_messages(struct trap_call *c, int64_t *value);
int trap_watch(struct trap_call *c, int64_t *value);

#endif
