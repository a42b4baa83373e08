#include "builder/sandbox/trap/trap_proc.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_path.h"
#include "builder/sandbox/supervise/proc_place.h"

/* ------------------------------------------------------------ what is in /proc */

/* The rest of PATH after slashes and single dots. */
static const char *
skip_slashes(const char *path)
{
	for (;;) {
		while (*path == '/')
			path++;
		if (path[0] != '.' || path[1] != '/')
			return path;
		path++;
	}
}

static bool
begins(const char *path, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(path, name, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* In the root that has a /proc. Of /dev, these are links to it, if they are followed. */
static bool
is_proc_path(const char *absolute, bool follows)
{
	static const char *const links[] = { "fd", "stdin", "stdout", "stderr" };
	const char *p = skip_slashes(absolute);

	if (begins(p, "proc"))
		return true;
	if (!begins(p, "dev"))
		return false;
	p = skip_slashes(p + 3);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (begins(p, links[i]))
			return follows || p[strlen(links[i])] == '/';
	return false;
}

/* Only these can: others stay below the directory where they start. */
static bool
may_be_in_proc(const char *path)
{
	if (path[0] == '/')
		return is_proc_path(path, true) || strstr(path, "/../") != NULL;
	return strncmp(path, "proc", 4) == 0 || strncmp(path, "../", 3) == 0 ||
	       strstr(path, "/../") != NULL || strncmp(path, "./", 2) == 0 ||
	       strncmp(path, "fd", 2) == 0 || strncmp(path, "dev/", 4) == 0 ||
	       strncmp(path, "std", 3) == 0;
}

/* Removes "." and ".." of an absolute path, which has no links where that matters. */
static void
simplify(char *path)
{
	size_t n = 0;

	for (const char *p = path; *p != '\0';) {
		size_t part = 0;

		while (*p == '/')
			p++;
		part = strcspn(p, "/");
		if (part == 2 && p[0] == '.' && p[1] == '.') {
			while (n > 0 && path[--n] != '/')
				continue;
		} else if (part > 0 && !(part == 1 && p[0] == '.')) {
			path[n++] = '/';
			memmove(path + n, p, part);
			n += part;
		}
		p += part;
	}
	if (n == 0)
		path[n++] = '/';
	path[n] = '\0';
}

/* Then a link at the end is followed, whatever the flags say. */
static bool
names_directory(const char *path)
{
	const size_t n = strlen(path);

	return n > 0 && (path[n - 1] == '/' ||
	                 (n > 1 && path[n - 1] == '.' && path[n - 2] == '/'));
}

bool
trap_is_in_proc(const struct trap_call *c, struct trap_start *s, bool follows)
{
	const bool is_directory = names_directory(s->path);
	char simple[PATH_MAX];

	if (s->path[0] == '\0' || !may_be_in_proc(s->path) || !trap_has_proc(c) ||
	    trap_make_absolute(c, s) < 0)
		return false;
	memcpy(simple, s->absolute, strlen(s->absolute) + 1);
	simplify(simple);
	if (!is_proc_path(simple, follows || is_directory))
		return false;
	if (is_directory && strlen(simple) + 1 < PATH_MAX)
		memcpy(simple + strlen(simple), "/", 2);
	memcpy(s->absolute, simple, strlen(simple) + 1);
	return true;
}

/* ------------------------------------------------------------ answers */

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
