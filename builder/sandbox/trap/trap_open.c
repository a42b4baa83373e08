/*
 * open(): the caller gets a descriptor of ours. What blocks (a named pipe without its other
 * end) waits in a process of its own.
 */
#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "builder/sandbox/inside/devices.h"
#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_link.h"
#include "builder/sandbox/trap/trap_new.h"
#include "builder/sandbox/trap/trap_place.h"
#include "builder/sandbox/trap/trap_proc.h"
#include "layers/owner_marks.h"

#ifndef PIPEFS_MAGIC
#define PIPEFS_MAGIC 0x50495045
#endif

/* Answers with FD, which is closed; with errno if it is -1. */
static int
give(const struct trap_call *c, int fd)
{
	const int answered =
	        fd < 0 ? -1 : notify_answer_fd(c->asked, fd, (c->flags & O_CLOEXEC) != 0);
	const int saved = errno;

	if (fd >= 0)
		sys_close(fd);
	errno = saved;
	return answered < 0 ? TRAP_ERRNO : TRAP_DONE;
}

/* ------------------------------------------------------------ pipes */

/* Opens the pipe for the caller, and ends. */
_Noreturn static void
wait_for_other_end(const struct trap_call *c, int pipe_fd)
{
	char link[PROC_PLACE_NAME];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (give(c, sys_openat(AT_FDCWD, proc_place_name(pipe_fd, link),
	                       c->flags & (O_ACCMODE | O_APPEND), 0)) != TRAP_DONE)
		notify_answer(c->asked, -1);
	sys_exit(0);
}

/* One without a name does not block. */
static bool
has_name(int pipe_fd)
{
	struct statfs fs;

	return syscall(SYS_fstatfs, pipe_fd, &fs) < 0 || fs.f_type != PIPEFS_MAGIC;
}

static int
open_pipe(struct trap_call *c, int pipe_fd)
{
	struct trap_worker *worker = c->trap->workers;
	char link[PROC_PLACE_NAME];

	if ((c->flags & O_NONBLOCK) != 0 || (c->flags & O_ACCMODE) == O_RDWR ||
	    !has_name(pipe_fd))
		return give(c, sys_openat(AT_FDCWD, proc_place_name(pipe_fd, link),
		                          c->flags & ~(O_CREAT | O_TRUNC), 0));
	if (c->trap->n_workers == TRAP_WORKERS_MAX) {
		trap_end_workers(c->trap);
		return trap_fail(ENFILE);
	}
	worker += c->trap->n_workers;
	worker->id = c->asked->id;
	worker->pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (worker->pid == 0)
		wait_for_other_end(c, pipe_fd);
	if (worker->pid < 0)
		return TRAP_ERRNO;
	c->trap->n_workers++;
	return TRAP_DONE;
}

bool
trap_worker_ended(struct trap *t, pid_t pid)
{
	for (unsigned i = 0; i < t->n_workers; i++)
		if (t->workers[i].pid == pid) {
			const struct notification asked = { .listener_fd = t->listener_fd,
				                            .id = t->workers[i].id };

			/* Somebody may have killed it before it answered. */
			errno = EINTR;
			notify_answer(&asked, -1);
			t->workers[i] = t->workers[--t->n_workers];
			return true;
		}
	return false;
}

void
trap_end_workers(struct trap *t)
{
	for (unsigned i = 0; i < t->n_workers; i++) {
		const struct notification asked = { .listener_fd = t->listener_fd,
			                            .id = t->workers[i].id };

		if (!notify_is_current(&asked))
			syscall(SYS_kill, t->workers[i].pid, SIGKILL);
	}
}

/* ------------------------------------------------------------ devices */

/* The machine's, of those that every root has. */
static int
open_device(struct trap_call *c, const struct stat *st)
{
	if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(5, 0))
		return give(c, proc_place_open_terminal(&c->trap->proc, c->asked->tid,
		                                        c->flags));
	for (size_t i = 0; S_ISCHR(st->st_mode) && i < device_n_nodes; i++)
		if (st->st_rdev == makedev(device_nodes[i].major, device_nodes[i].minor))
			return give(c,
			            sys_openat(c->trap->devices_fd, device_nodes[i].name,
			                       (c->flags & ~(O_CREAT | O_EXCL | O_TRUNC |
			                                     O_NOFOLLOW)) |
			                               O_NOCTTY,
			                       0));
	/* As where no device can be opened (nodev). */
	return trap_fail(EACCES);
}

/* ------------------------------------------------------------ what exists */

/* No descriptor with O_PATH can be given to the caller; one that can only be read is the
 * nearest, or what stands for a link. */
static int
open_named(struct trap_call *c, int fd, const struct stat *st)
{
	char link[PROC_PLACE_NAME];

	if (S_ISLNK(st->st_mode) || S_ISSOCK(st->st_mode))
		return give(c, trap_link_stand_in(c, fd, st));
	return give(c, sys_openat(AT_FDCWD, proc_place_name(fd, link),
	                          O_RDONLY | O_NONBLOCK | O_NOCTTY, 0));
}

/* FD is an O_PATH descriptor of it. */
static int
open_again(struct trap_call *c, int fd, struct stat *st)
{
	const int flags = c->flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW);
	char link[PROC_PLACE_NAME];

	if ((c->flags & O_PATH) != 0)
		return open_named(c, fd, st);
	if (S_ISLNK(st->st_mode))
		return trap_fail(ELOOP);
	if (S_ISDIR(st->st_mode) && (c->flags & O_CREAT) != 0)
		return trap_fail(EISDIR);
	if (S_ISFIFO(st->st_mode))
		return open_pipe(c, fd);
	if (S_ISSOCK(st->st_mode))
		return trap_fail(ENXIO);
	/* An empty file may stand for a device. */
	if (S_ISREG(st->st_mode) && st->st_size == 0) {
		owner_note_of_fd(fd, st);
		if (!S_ISREG(st->st_mode))
			return open_device(c, st);
	}
	/* The kernel takes capabilities from a file that is written to. */
	if (S_ISREG(st->st_mode) && (flags & O_ACCMODE) != O_RDONLY)
		syscall(SYS_removexattr, proc_place_name(fd, link), LAYER_CAPABILITY);
	return give(c,
	            sys_openat(AT_FDCWD, proc_place_name(fd, link), flags | O_NOCTTY, 0));
}

static int
open_place(struct trap_call *c, int fd)
{
	struct stat st;
	int saved = 0, result = TRAP_ERRNO;

	if (sys_fstat(fd, &st) == 0)
		result = (c->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)
		                 ? trap_fail(EEXIST)
		                 : open_again(c, fd, &st);
	saved = errno;
	sys_close(fd);
	errno = saved;
	return result;
}

/* ------------------------------------------------------------ what is new */

static int
open_new_at(struct trap_call *c, int parent_fd, const char *name)
{
	struct trap_new new;
	int fd = -1;

	trap_new(c, parent_fd, S_IFREG | ((mode_t)trap_arg(c, c->shape->value) & 07777),
	         &new);
	fd = sys_openat(parent_fd, name,
	                c->flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY, new.disk);
	if (fd < 0)
		return TRAP_ERRNO;
	if (trap_new_note(&new, fd) < 0) {
		sys_close(fd);
		return trap_fail(EIO);
	}
	return give(c, fd);
}

/* The target of a dangling link is made where it would be. */
static int
open_new(struct trap_call *c, struct trap_start *start)
{
	const char *name = NULL;
	int parent_fd = -1, result = TRAP_ERRNO, saved = 0;

	for (int links = 0; links < 40; links++) {
		parent_fd = trap_open_parent(c, start, &name);
		if (parent_fd < 0)
			return errno == EEXIST ? trap_fail(EISDIR) : TRAP_ERRNO;
		if (name[strlen(name) - 1] == '/')
			result = trap_fail(EISDIR);
		else
			result = open_new_at(c, parent_fd, name);
		saved = errno;
		sys_close(parent_fd);
		errno = saved;
		if (result != TRAP_ERRNO || errno != EEXIST || (c->flags & O_EXCL) != 0 ||
		    (c->flags & O_NOFOLLOW) != 0)
			return result;
		if (trap_follow(c, start) < 0)
			return trap_fail(EEXIST);
	}
	return trap_fail(ELOOP);
}

/* O_TMPFILE: the path is that of a directory. */
static int
open_nameless(struct trap_call *c, struct trap_start *start)
{
	char link[PROC_PLACE_NAME];
	struct trap_new new;
	const int dir_fd = trap_open_place(c, start, true, O_DIRECTORY);
	int fd = -1, saved = 0;

	if (dir_fd < 0)
		return TRAP_ERRNO;
	trap_new(c, dir_fd, S_IFREG | ((mode_t)trap_arg(c, c->shape->value) & 07777),
	         &new);
	fd = sys_openat(AT_FDCWD, proc_place_name(dir_fd, link), c->flags & ~O_NOFOLLOW,
	                new.disk);
	saved = errno;
	sys_close(dir_fd);
	errno = saved;
	if (fd >= 0 && trap_new_note(&new, fd) < 0) {
		sys_close(fd);
		return trap_fail(EIO);
	}
	return give(c, fd);
}

/* ------------------------------------------------------------ the call */

int
trap_open(struct trap_call *c, int64_t *value)
{
	const bool follows = (c->flags & O_NOFOLLOW) == 0;
	struct trap_start start;
	int fd = -1;

	/* The kernel ignores the rest. */
	if ((c->flags & O_PATH) != 0)
		c->flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return TRAP_ERRNO;
	if (start.path[0] == '\0')
		return trap_fail(ENOENT);
	if ((c->flags & O_TMPFILE) == O_TMPFILE)
		return open_nameless(c, &start);
	fd = trap_open_place(c, &start, follows, c->flags & O_DIRECTORY);
	if (fd >= 0)
		return open_place(c, fd);
	if (errno == EREMOTE)
		return trap_in_proc(c, start.absolute, value);
	if (errno == ENOENT && (c->flags & O_CREAT) != 0)
		return open_new(c, &start);
	return TRAP_ERRNO;
}
