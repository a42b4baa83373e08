#include "builder/sandbox/trap/exec.h"

#include <errno.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/exec_search.h"
#include "builder/sandbox/trap/loader_bytes.h"

/* Headers may lack them; since Linux 6.3. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static int
write_loader(int fd)
{
	const size_t n = (size_t)loader_bytes_size;
	const ssize_t written = sys_write(fd, loader_bytes, n);

	if (written >= 0 && written != (ssize_t)n)
		errno = ENOSPC;
	return written == (ssize_t)n ? 0 : -1;
}

/* What is open for writing cannot be executed. Programs of the step that get hold of it
 * can only change what they execute themselves. */
static int
open_loader_file(int dir_fd)
{
	char link[PROC_PLACE_NAME];
	const int fd = sys_openat(dir_fd, ".", O_TMPFILE | O_RDWR, 0500);
	int read_fd = -1;

	if (fd < 0)
		return -1;
	if (write_loader(fd) < 0)
		return sys_close_failed(fd);
	read_fd = sys_openat(AT_FDCWD, proc_place_name(fd, link), O_RDONLY, 0);
	sys_close_failed(fd);
	return read_fd;
}

int
exec_open_loader(int dir_fd)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = (int)syscall(SYS_memfd_create, "loader", flags | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, "loader", flags);
	/* vm.memfd_noexec is 2. */
	if (fd < 0 && errno == EACCES)
		return open_loader_file(dir_fd);
	if (fd < 0)
		return -1;
	if (write_loader(fd) < 0 ||
	    (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_EXEC | F_SEAL_SEAL) < 0 &&
	     fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0))
		return sys_close_failed(fd);
	return fd;
}

/* ------------------------------------------------------------ pending records */

static void
drop(struct exec_pending *p)
{
	if (p->program_fd >= 0)
		sys_close(p->program_fd);
	if (p->interpreter_fd >= 0)
		sys_close(p->interpreter_fd);
	p->program_fd = p->interpreter_fd = -1;
	p->pid = 0;
}

/* Killed before the loader has asked. */
static void
drop_dead(struct exec_server *s)
{
	for (size_t i = 0; i < EXEC_MAX; i++)
		if (s->pending[i].pid != 0 && s->pending[i].executed &&
		    syscall(SYS_kill, s->pending[i].pid, 0) < 0 && errno == ESRCH)
			drop(&s->pending[i]);
}

static struct exec_pending *
find_free(struct exec_server *s)
{
	for (size_t i = 0; i < EXEC_MAX; i++)
		if (s->pending[i].pid == 0)
			return &s->pending[i];
	return NULL;
}

static struct exec_pending *
new_pending(struct exec_server *s)
{
	drop_dead(s);
	return find_free(s);
}

bool
exec_has_room(struct exec_server *s)
{
	return find_free(s) != NULL || new_pending(s) != NULL;
}

/* Another thread may have put another path into memory. */
static bool
runs_loader(const struct exec_server *s, const struct exec_pending *p, pid_t pid)
{
	char path[8 + DIGITS_MAX];
	struct stat ours, theirs;

	digits_of((uint64_t)pid, 10, path);
	memcpy(path + strlen(path), "/exe", sizeof "/exe");
	return sys_fstat(s->loader_fd, &ours) == 0 &&
	       syscall(SYS_newfstatat, p->proc_fd, path, &theirs, 0) == 0 &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

static bool
ended(void *arg, uint64_t tag, pid_t pid, int64_t result)
{
	struct exec_server *s = arg;

	for (size_t i = 0; i < EXEC_MAX; i++) {
		struct exec_pending *p = &s->pending[i];

		if (p->pid == 0 || p->tag != tag)
			continue;
		if (result == 0 && runs_loader(s, p, pid)) {
			p->pid = pid;
			p->executed = true;
			return true;
		}
		drop(p);
	}
	return result != 0;
}

/* ------------------------------------------------------------ calls */

static void
fail(const struct notification *a, struct exec_pending *p)
{
	const int saved = errno;

	if (p != NULL)
		drop(p);
	errno = saved;
	notify_answer(a, -1);
}

/* The path that is executed is the end of the one given: "" is the descriptor itself. */
void
exec_answer(struct exec_server *s, struct notification *a, const struct exec_query *q)
{
	struct exec_pending *p = new_pending(s);
	struct redo_call call = {
		.number = SYS_execveat,
		.args = { 0, q->path_at + strlen(q->path), q->argv_at, q->env_at,
		          AT_EMPTY_PATH },
		.ended = ended,
		.arg = s,
		.tag = ++s->last_tag,
	};

	if (p == NULL) {
		errno = EAGAIN;
		fail(a, NULL);
		return;
	}
	if (exec_search(s, a, q, p) < 0) {
		fail(a, p);
		return;
	}
	call.close_fd = notify_give(a, s->loader_fd, true);
	if (call.close_fd < 0) {
		fail(a, p);
		return;
	}
	call.args[0] = (uint64_t)call.close_fd;
	p->pid = a->tid;
	p->tag = call.tag;
	p->executed = false;
	p->proc_fd = a->proc_fd;
	if (redo_begin(s->redo, a, &call) < 0)
		drop(p);
}

static int
give(struct exec_server *s, struct notification *a, struct exec_pending *p)
{
	struct loader_record *r = &p->record;
	struct exec_ids ids = { 0 };

	r->program_fd = notify_give(a, p->program_fd, true);
	r->interpreter_fd = -1;
	if (r->program_fd < 0)
		return -1;
	if (p->interpreter_fd >= 0) {
		r->interpreter_fd = notify_give(a, p->interpreter_fd, true);
		if (r->interpreter_fd < 0)
			return -1;
	}
	s->paths.begin(s->paths.arg, a, &p->file, &ids);
	r->uid = ids.uid;
	r->euid = ids.euid;
	r->gid = ids.gid;
	r->egid = ids.egid;
	r->secure = ids.secure;
	r->state = LOADER_ASKED;
	return notify_poke(a, LOADER_RECORD, r,
	                   offsetof(struct loader_record, text) + r->n_text);
}

/* A program that has just been executed has one thread. */
void
exec_answer_loader(struct exec_server *s, struct notification *a)
{
	struct exec_pending *p = NULL;
	int result = -1;

	for (size_t i = 0; i < EXEC_MAX; i++)
		if (s->pending[i].pid == a->tid && s->pending[i].executed)
			p = &s->pending[i];
	if (p == NULL || a->args[1] != LOADER_RECORD ||
	    a->args[2] != sizeof(struct loader_record)) {
		errno = EINVAL;
		notify_answer(a, -1);
		return;
	}
	result = give(s, a, p);
	if (result < 0)
		fail(a, p);
	else
		drop(p);
	if (result == 0)
		notify_answer(a, 0);
}

/* ------------------------------------------------------------ /proc/PID/exe */

static bool
peek(pid_t tid, uint64_t at, void *bytes, size_t n)
{
	struct iovec ours = { bytes, n }, theirs = { (void *)(uintptr_t)at, n };

	return syscall(SYS_process_vm_readv, tid, &ours, 1, &theirs, 1, 0) == (ssize_t)n;
}

/* The program may have changed the record. */
bool
exec_guest_path(pid_t tid, char out[PATH_MAX])
{
	struct loader_record r;
	const size_t head = offsetof(struct loader_record, text);
	size_t n = 0;

	memset(&r, 0, head);
	if (!peek(tid, LOADER_RECORD, &r, head) || r.state == LOADER_NOT_ASKED ||
	    r.n_text > LOADER_TEXT_MAX || r.path >= r.n_text)
		return false;
	n = r.n_text - r.path;
	if (n > PATH_MAX)
		n = PATH_MAX;
	return peek(tid, LOADER_RECORD + head + r.path, out, n) &&
	       memchr(out, '\0', n) != NULL;
}
