#include "builder/sandbox/supervise/proc_list.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"

/* The kernel's struct. */
/* A list while it is made. */
struct list {
	struct proc_server *server;
	const struct proc_rights *rights;
	pid_t tid;
	int from_fd, to_fd;
	bool is_root; /* of /proc itself */
};

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static const char *
name_of(unsigned number, char out[32])
{
	out[0] = '.';
	digits_of(number, 10, out + 1);
	return out;
}

/* ------------------------------------------------------------ the oldest */

static void
empty(int fd)
{
	_Alignas(8) char entries[4096];
	long n = 0;

	while ((n = sys_getdents(fd, entries, sizeof entries)) > 0)
		for (long at = 0; at < n;) {
			const struct sys_entry *e = (const void *)(entries + at);

			if (!is_dots(e->name) &&
			    syscall(SYS_unlinkat, fd, e->name, 0) < 0)
				syscall(SYS_unlinkat, fd, e->name, AT_REMOVEDIR);
			at += e->size;
		}
}

static void
remove_list(const struct proc_server *s, unsigned number)
{
	char name[32];
	int fd = sys_openat(s->lists_fd, name_of(number, name),
	                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);

	if (fd < 0)
		return;
	empty(fd);
	sys_close(fd);
	syscall(SYS_unlinkat, s->lists_fd, name, AT_REMOVEDIR);
}

/* ------------------------------------------------------------ a new one */

/* /proc/self and /proc/thread-self lead everybody elsewhere. */
static size_t
read_self(const struct list *l, const char *name, char *out)
{
	char path[PROC_PATH_MAX] = "/proc/";

	if (!l->is_root ||
	    (strcmp(name, "self") != 0 && strcmp(name, "thread-self") != 0))
		return 0;
	memcpy(path + 6, name, strlen(name) + 1);
	return proc_self_link(path, l->tid, out);
}

static void
add_link(const struct list *l, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = (ssize_t)read_self(l, name, target);

	if (n == 0 && notify_act_as(l->rights))
		n = sys_readlinkat(l->from_fd, name, target, sizeof target - 1);
	notify_act_as_self();
	if (n <= 0)
		return;
	n = (ssize_t)proc_place_name_inside(l->server, target, (size_t)n);
	target[n] = '\0';
	sys_symlinkat(target, l->to_fd, name);
}

static void
add(const struct list *l, const struct sys_entry *e)
{
	if (is_dots(e->name) || (l->is_root && !proc_path_is_listed(l->server, e->name)))
		return;
	if (e->type == DT_DIR)
		sys_mkdirat(l->to_fd, e->name, 0555);
	else if (e->type == DT_LNK)
		add_link(l, e->name);
	else
		sys_mknodat(l->to_fd, e->name, S_IFREG | 0444, 0);
}

static int
fill(const struct list *l)
{
	_Alignas(8) char entries[4096];
	long n = 0;

	while ((n = sys_getdents(l->from_fd, entries, sizeof entries)) > 0)
		for (long at = 0; at < n;) {
			const struct sys_entry *e = (const void *)(entries + at);

			add(l, e);
			at += e->size;
		}
	return n < 0 ? -1 : 0;
}

static bool
is_root_of_proc(const struct proc_server *s, int fd)
{
	struct stat root, st;

	return sys_fstat(s->proc_fd, &root) == 0 && sys_fstat(fd, &st) == 0 &&
	       root.st_ino == st.st_ino && root.st_dev == st.st_dev;
}

int
proc_list_open(struct proc_server *s, const struct proc_place *place, pid_t tid,
               const struct proc_rights *rights, int flags)
{
	struct list l = { s, rights, tid, -1, -1, is_root_of_proc(s, place->fd) };
	const unsigned number = s->n_lists++;
	char link[PROC_PLACE_NAME], name[32];
	int fd = -1;

	if (notify_act_as(rights))
		l.from_fd = sys_openat(AT_FDCWD, proc_place_name(place->fd, link),
		                       O_RDONLY | O_DIRECTORY, 0);
	notify_act_as_self();
	if (l.from_fd < 0)
		return -1;
	if (number >= PROC_LISTS_MAX)
		remove_list(s, number - PROC_LISTS_MAX);
	if (sys_mkdirat(s->lists_fd, name_of(number, name), 0755) == 0)
		l.to_fd = sys_openat(s->lists_fd, name,
		                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (l.to_fd >= 0 && fill(&l) == 0)
		fd = sys_openat(s->lists_fd, name,
		                (flags & O_PATH) | O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
		                0);
	sys_close(l.from_fd);
	if (l.to_fd >= 0)
		sys_close(l.to_fd);
	return fd;
}
