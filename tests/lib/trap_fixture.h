/*
 * trap_fixture: runs a program whose calls of execve, chdir, connect and of the loader are
 * answered by a small supervisor, as a user without any privilege. Its root is a
 * directory; all other calls with paths are made by the kernel, in the machine's root.
 */
#ifndef TESTS_LIB_TRAP_FIXTURE_H
#define TESTS_LIB_TRAP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "base/count.h"
#include "builder/sandbox/inside/filter_install.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/trap/exec.h"

#define TRAP_USER 1000
#define COOKIE    UINT64_C(0x7f3a5c19e2b4d680)

/* What a program printed, and its status as of wait4(). */
struct outcome {
	int status;
	char text[64 * 1024];
};

struct trap_run {
	const char *root;
	const char *const *argv;
	bool is_native;        /* nothing is answered */
	const char *emulator;  /* of arm64, or NULL */
	unsigned killed_after; /* microseconds; 0: never */
};

struct trap_server {
	char root[PATH_MAX]; /* "" if it is "/" */
	int root_fd, listener_fd, proc_fd;
	struct redo_list redo;
	struct exec_server exec;
};

/* ------------------------------------------------------------ paths */

static bool
trap_name(void *arg, int fd, char out[PATH_MAX])
{
	const struct trap_server *s = arg;
	const size_t n = strlen(s->root);
	char link[64], path[PATH_MAX];
	ssize_t got = 0;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	got = readlink(link, path, sizeof path - 1);
	path[got < 0 ? 0 : got] = '\0';
	if (got < 0 || strncmp(path, s->root, n) != 0 || path[n] != '/')
		return false;
	snprintf(out, PATH_MAX, "%s", path + n);
	return true;
}

/* Paths that are descriptors: "/proc/self/fd/N", "/dev/fd/N". */
static int
trap_number(const char *path)
{
	static const char *const dirs[] = { "/proc/self/fd/", "/dev/fd/" };

	for (size_t i = 0; i < COUNT_OF(dirs); i++)
		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0)
			return (int)strtol(path + strlen(dirs[i]), NULL, 10);
	return -1;
}

static int
trap_open(void *arg, struct notification *a, int dir_fd, const char *path, int flags)
{
	struct trap_server *s = arg;
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	char name[64] = "cwd", from[PATH_MAX] = "", whole[2 * PATH_MAX];
	int fd = -1;

	if (trap_number(path) >= 0)
		dir_fd = trap_number(path);
	if (dir_fd != AT_FDCWD)
		snprintf(name, sizeof name, "fd/%d", dir_fd);
	if (path[0] == '\0' || trap_number(path) >= 0)
		return notify_open_proc(a, name, O_PATH);
	if (strcmp(path, "/proc/self/exe") == 0) {
		if (!exec_guest_path(a->tid, from))
			return -1;
		path = from;
	}
	if (path[0] != '/') {
		fd = notify_open_proc(a, name, O_PATH);
		if (fd < 0 || !trap_name(s, fd, from))
			from[0] = '\0';
		close(fd);
		snprintf(whole, sizeof whole, "%s/%s", from, path);
		path = whole;
	}
	if ((flags & AT_SYMLINK_NOFOLLOW) != 0)
		how.flags |= O_NOFOLLOW;
	return (int)syscall(SYS_openat2, s->root_fd, path, &how, sizeof how);
}

static int
trap_look(void *arg, int fd, struct exec_file *out)
{
	struct stat st;

	(void)arg;
	if (fstat(fd, &st) < 0)
		return -1;
	*out = (struct exec_file){ st.st_mode, st.st_uid, st.st_gid };
	return 0;
}

static void
trap_begin(void *arg, struct notification *a, const struct exec_file *file,
           struct exec_ids *out)
{
	(void)arg;
	(void)a;
	(void)file;
	*out = (struct exec_ids){ TRAP_USER, TRAP_USER, TRAP_USER, TRAP_USER, 0 };
}

/* ------------------------------------------------------------ calls */

static void
trap_fail(struct notification *a, int number)
{
	errno = number;
	notify_answer(a, -1);
}

static void
trap_exec(struct trap_server *s, struct notification *a)
{
	const int o = a->number == SYS_execveat;
	char path[PATH_MAX];
	const struct exec_query q = { .path = path,
		                      .path_at = a->args[o],
		                      .argv_at = a->args[o + 1],
		                      .env_at = a->args[o + 2],
		                      .dir_fd = o ? (int)a->args[0] : AT_FDCWD,
		                      .flags = o ? (int)a->args[4] : 0 };

	if (notify_peek_text(a, a->args[o], path, sizeof path))
		exec_answer(&s->exec, a, &q);
	else
		trap_fail(a, EFAULT);
}

/* The kernel gives others no descriptors of O_PATH. FD is closed. */
static int
trap_give_dir(struct notification *a, int fd)
{
	char path[64];
	int dir_fd = -1, given = -1;

	if (fd < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(fd);
	if (dir_fd < 0)
		return -1;
	given = notify_give(a, dir_fd, true);
	close(dir_fd);
	return given;
}

static void
trap_chdir(struct trap_server *s, struct notification *a)
{
	struct redo_call call = { .number = SYS_fchdir };
	char path[PATH_MAX];

	if (!notify_peek_text(a, a->args[0], path, sizeof path)) {
		trap_fail(a, EFAULT);
		return;
	}
	call.close_fd = trap_give_dir(a, trap_open(s, a, AT_FDCWD, path, 0));
	call.args[0] = (uint64_t)call.close_fd;
	if (call.close_fd < 0)
		notify_answer(a, -1);
	else
		redo_begin(&s->redo, a, &call);
}

/* Of "/name" only. */
static void
trap_connect(struct trap_server *s, struct notification *a)
{
	struct sockaddr_un at, there = { .sun_family = AF_UNIX };
	struct redo_call call = {
		.number = SYS_connect,
		.args = { a->args[0], 0, sizeof there },
		.scratch = &there,
		.n_scratch = sizeof there,
		.scratch_arg = 1,
	};

	if (notify_peek(a, a->args[1], &at, sizeof at) != (ssize_t)sizeof at) {
		trap_fail(a, EFAULT);
		return;
	}
	call.close_fd = trap_give_dir(a, trap_open(s, a, AT_FDCWD, "/", 0));
	snprintf(there.sun_path, sizeof there.sun_path, "/proc/self/fd/%d%.80s",
	         call.close_fd, at.sun_path);
	if (call.close_fd < 0)
		notify_answer(a, -1);
	else
		redo_begin(&s->redo, a, &call);
}

static void
trap_answer(struct trap_server *s, struct notification *a)
{
	switch (a->number) {
	case SYS_execve:
	case SYS_execveat:
		trap_exec(s, a);
		return;
	case SYS_prctl:
		exec_answer_loader(&s->exec, a);
		return;
	case SYS_chdir:
		trap_chdir(s, a);
		return;
	case SYS_connect:
		trap_connect(s, a);
		return;
	default:
		trap_fail(a, ENOSYS);
	}
}

/* ------------------------------------------------------------ the filter */

#define ARG(i) offsetof(struct seccomp_data, args[i])

/* With a little-endian argument. */
static int
trap_filter(void)
{
	static const int asked[] = { SYS_execve, SYS_execveat, SYS_chdir, SYS_connect };
	struct sock_filter f[64];
	unsigned short n = 0;

#define STEP(code, k) f[n++] = (struct sock_filter)BPF_STMT(code, k)
#define JUMP(k, if_so, else_)                                                            \
	f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, if_so, else_)
	STEP(BPF_LD | BPF_W | BPF_ABS, ARG(5));
	JUMP((uint32_t)COOKIE, 0, 3);
	STEP(BPF_LD | BPF_W | BPF_ABS, ARG(5) + 4);
	JUMP((uint32_t)(COOKIE >> 32), 0, 1);
	STEP(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	STEP(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		JUMP((uint32_t)asked[i], 0, 1);
		STEP(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	}
	JUMP(SYS_prctl, 0, 3);
	STEP(BPF_LD | BPF_W | BPF_ABS, ARG(0));
	JUMP(LOADER_ASK, 0, 1);
	STEP(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	STEP(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
#undef STEP
#undef JUMP
	return filter_install_notify(f, n);
}

/* ------------------------------------------------------------ the supervisor */

static void
trap_become_user(void)
{
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(TRAP_USER, TRAP_USER, TRAP_USER) < 0 ||
	     setresuid(TRAP_USER, TRAP_USER, TRAP_USER) < 0))
		_exit(120);
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

_Noreturn static void
trap_program(const struct trap_run *run, int socket_fd)
{
	sigset_t none;
	int fd = -1;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!run->is_native) {
		fd = trap_filter();
		if (fd < 0 || listener_send(socket_fd, fd) < 0)
			_exit(121);
		close(fd);
	}
	execve(run->argv[0], (char **)(uintptr_t)run->argv,
	       (char *[]){ (char *)"A=1", (char *)"B=2", NULL });
	printf("errno %d\n", errno);
	fflush(stdout);
	_exit(122);
}

/* Returns the program's status once it has ended. */
static int
trap_serve(struct trap_server *s, pid_t program, int signal_fd)
{
	struct signalfd_siginfo info;
	int status = 0;
	pid_t pid = 0;

	for (;;) {
		struct pollfd polled[] = { { .fd = signal_fd, .events = POLLIN },
			                   { .fd = s->listener_fd, .events = POLLIN } };
		struct notification a;

		poll(polled, 2, -1);
		if (polled[0].revents != 0 && read(signal_fd, &info, sizeof info) > 0)
			while ((pid = wait4(-1, &status, WNOHANG | __WALL, NULL)) > 0)
				if (!redo_event(&s->redo, pid, status) &&
				    pid == program && !WIFSTOPPED(status))
					return status;
		if ((polled[1].revents & POLLIN) != 0) {
			if (notify_receive(s->listener_fd, s->proc_fd, &a) > 0)
				trap_answer(s, &a);
		} else if (polled[1].revents != 0) {
			s->listener_fd = -1;
		}
	}
}

static void
trap_prepare(struct trap_server *s, const struct trap_run *run, int socket_fd)
{
	snprintf(s->root, sizeof s->root, "%s",
	         strcmp(run->root, "/") == 0 ? "" : run->root);
	s->root_fd = open(run->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->redo.cookie = COOKIE;
	s->exec.redo = &s->redo;
	s->exec.paths = (struct exec_paths){ s, trap_open, trap_name, trap_look,
		                             trap_begin };
	if (run->emulator != NULL)
		s->exec.emulator =
		        (struct exec_emulator){ open(run->emulator, O_RDONLY | O_CLOEXEC),
			                        EM_AARCH64, run->emulator };
	s->exec.loader_fd = exec_open_loader(s->root_fd);
	s->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->listener_fd = listener_receive(socket_fd);
	if (s->exec.loader_fd < 0 || s->listener_fd < 0)
		_exit(123);
	notify_hurry(s->listener_fd);
}

_Noreturn static void
trap_supervisor(const struct trap_run *run)
{
	struct trap_server *s = calloc(1, sizeof *s);
	int ends[2] = { -1, -1 }, signal_fd = -1, status = 0;
	sigset_t all;
	pid_t pid = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	trap_become_user();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
	pid = fork();
	if (pid == 0)
		trap_program(run, ends[1]);
	if (run->is_native)
		waitpid(pid, &status, 0);
	else
		trap_prepare(s, run, ends[0]);
	if (run->killed_after > 0 && fork() == 0) {
		usleep(run->killed_after);
		kill(pid, SIGKILL);
		_exit(0);
	}
	if (!run->is_native)
		status = trap_serve(s, pid, signal_fd);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &all, NULL);
		raise(WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

/* Runs it, and gives what it printed. */
static void
trap_run(const struct trap_run *run, struct outcome *out)
{
	int ends[2] = { -1, -1 };
	size_t n = 0;
	ssize_t got = 0;
	pid_t pid = -1;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		trap_supervisor(run);
	}
	close(ends[1]);
	while (n < sizeof out->text - 1 &&
	       (got = read(ends[0], out->text + n, sizeof out->text - 1 - n)) > 0)
		n += (size_t)got;
	out->text[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &out->status, 0), pid);
}

#endif
