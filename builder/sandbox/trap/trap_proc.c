#include "builder/sandbox/trap/trap_proc.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_path.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_place.h"

/* The process whose /proc/PID/exe PATH is, 0 if it is another file. The kernel would name
 * our loader. */
static pid_t
program_of(const struct trap_call *c, const char *path)
{
	char own[PROC_PATH_MAX];
	const char *p = own + 6;

	if (proc_path(&c->trap->proc, c->asked->tid, path, false, own) != PROC_PATH_OWN)
		return 0;
	return strcmp(p + strspn(p, "0123456789"), "/exe") == 0 ? proc_number(p) : 0;
}

int
trap_open_in_proc(const struct trap_call *c, const char *path, bool follows)
{
	const pid_t program = program_of(c, path);
	struct proc_place place = { .fd = -1 };
	char guest[PATH_MAX];
	struct statfs fs;

	if (program != 0 && follows && exec_guest_path(program, guest))
		return trap_open_guest(c, guest);
	if (program == 0 && follows &&
	    proc_server_open(&c->trap->proc, c->asked, path, &place) == 0) {
		if (place.kind == PROC_PLACE_ITS_OWN &&
		    syscall(SYS_fstatfs, place.fd, &fs) == 0 &&
		    fs.f_type != PROC_SUPER_MAGIC)
			return place.fd;
		sys_close(place.fd);
	}
	errno = EREMOTE;
	return -1;
}

/* Programs ask what kind of file system /proc is, to know that it is there. */
static int
statfs_of_proc(struct trap_call *c, int64_t *value)
{
	struct statfs st;

	if (syscall(SYS_fstatfs, c->trap->proc.proc_fd, &st) < 0 ||
	    notify_poke(c->asked, trap_arg(c, c->shape->value), &st, sizeof st) < 0)
		return TRAP_ERRNO;
	return trap_result(0, value);
}

int
trap_in_proc(struct trap_call *c, const char *path, int64_t *value)
{
	const pid_t program = program_of(c, path);
	char guest[PATH_MAX];
	size_t n = 0;

	if (program != 0 && c->shape->answer == trap_readlink &&
	    exec_guest_path(program, guest)) {
		n = strlen(guest);
		if (n > c->asked->args[c->shape->value + 1])
			n = (size_t)c->asked->args[c->shape->value + 1];
		if (notify_poke(c->asked, trap_arg(c, c->shape->value), guest, n) < 0)
			return TRAP_ERRNO;
		return trap_result((int64_t)n, value);
	}
	if (c->shape->answer == trap_statfs)
		return statfs_of_proc(c, value);
	return proc_server_answer_path(&c->trap->proc, c->asked, path)
	               ? TRAP_DONE
	               : trap_fail(ENOENT);
}
