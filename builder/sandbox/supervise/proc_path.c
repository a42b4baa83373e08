#include "builder/sandbox/supervise/proc_path.h"

#include <string.h>

#include "base/count.h"
#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/supervise/proc_process.h"

/* ------------------------------------------------------------ processes */

static size_t
add(char out[PROC_PATH_MAX], size_t n, const char *text)
{
	while (*text != '\0' && n + 1 < PROC_PATH_MAX)
		out[n++] = *text++;
	out[n] = '\0';
	return n;
}

static size_t
add_number(char out[PROC_PATH_MAX], size_t n, pid_t number)
{
	char digits[24];

	return add(out, n, digits_of((uint64_t)number, 10, digits));
}

bool
proc_path_is_of_step(const struct proc_server *s, pid_t pid)
{
	return proc_is_below(pid, s->supervisor);
}

bool
proc_path_is_of_step_at(const struct proc_server *s, int dir_fd)
{
	const pid_t parent = proc_parent_at(dir_fd);

	return parent > 1 &&
	       (parent == s->supervisor || proc_is_below(parent, s->supervisor));
}

/* ------------------------------------------------------------ components */

/* One component of a path; N is 0 at the end. */
struct component {
	const char *p;
	size_t n;
};

static struct component
next(const char **rest)
{
	struct component c;

	while (**rest == '/')
		++*rest;
	c.p = *rest;
	c.n = strcspn(c.p, "/");
	*rest += c.n;
	return c;
}

static bool
is(struct component c, const char *name)
{
	return strlen(name) == c.n && strncmp(c.p, name, c.n) == 0;
}

static bool
is_number(struct component c)
{
	return c.n > 0 && c.n < 9 && strspn(c.p, "0123456789") >= c.n;
}

/* After these, a path would continue in our own root, not in the step's. */
static bool
is_door(struct component c)
{
	return is(c, "root") || is(c, "cwd") || is(c, "exe") || is(c, "map_files");
}

/* It shows the arguments of a call that we have changed, see redo.h of trap. */
static bool
is_secret(struct component c)
{
	return is(c, "syscall");
}

/* Appends REST; false if it leads through a door, or up, or to a secret. */
static bool
add_rest(char out[PROC_PATH_MAX], size_t n, const char *rest)
{
	bool last = false;

	for (struct component c = next(&rest); c.n > 0; c = next(&rest)) {
		if (last || is(c, "..") || is_secret(c) || n + 1 + c.n >= PROC_PATH_MAX)
			return false;
		if (is(c, "."))
			continue;
		last = is_door(c);
		out[n++] = '/';
		memcpy(out + n, c.p, c.n);
		n += c.n;
		out[n] = '\0';
		/* /proc/N/fd/M is one, too. */
		if (is(c, "fd")) {
			c = next(&rest);
			if (c.n == 0)
				return true;
			if (!is_number(c) || n + 1 + c.n >= PROC_PATH_MAX)
				return false;
			out[n++] = '/';
			memcpy(out + n, c.p, c.n);
			n += c.n;
			out[n] = '\0';
			last = true;
		}
	}
	return true;
}

/* ------------------------------------------------------------ /proc */

/* Paths that container runtimes hide. */
static bool
is_hidden(struct component c)
{
	static const char *const names[] = { "acpi",        "asound", "interrupts",
		                             "kcore",       "keys",   "latency_stats",
		                             "sched_debug", "scsi",   "timer_list",
		                             "timer_stats", NULL };

	for (const char *const *name = names; *name != NULL; name++)
		if (is(c, *name))
			return true;
	return false;
}

/* The files of its network are those of all processes in it. */
static bool
is_of_network(const char *rest)
{
	struct component c = next(&rest);

	if (is(c, "task")) {
		next(&rest);
		c = next(&rest);
	}
	return is(c, "net");
}

static enum proc_path_kind
of_process(const struct proc_server *s, pid_t pid, const char *rest,
           char out[PROC_PATH_MAX])
{
	size_t n = add(out, 0, "/proc/");
	enum proc_path_kind kind = is_of_network(rest) ? PROC_PATH_SYSTEM : PROC_PATH_OWN;

	if (pid == 0 || !proc_path_is_of_step(s, pid))
		return PROC_PATH_NONE;
	n = add_number(out, n, pid);
	return add_rest(out, n, rest) ? kind : PROC_PATH_NONE;
}

/* REST is what follows "/proc". */
static enum proc_path_kind
in_proc(const struct proc_server *s, pid_t tid, const char *rest, bool follows,
        char out[PROC_PATH_MAX])
{
	const char *whole = rest;
	struct component c = next(&rest);
	size_t n = add(out, 0, "/proc");
	bool is_last = rest[strspn(rest, "/")] == '\0';

	if (c.n == 0)
		return PROC_PATH_SYSTEM;
	if (is(c, "self") && (follows || !is_last))
		return of_process(s, proc_of_thread(tid), rest, out);
	if ((is(c, "mounts") || is(c, "net")) && (follows || !is_last))
		return of_process(s, proc_of_thread(tid), whole, out);
	if (is(c, "thread-self") && (follows || !is_last)) {
		enum proc_path_kind kind = of_process(s, proc_of_thread(tid), "/task",
		                                      out);

		n = add(out, strlen(out), "/");
		n = add_number(out, n, tid);
		if (kind == PROC_PATH_OWN && is_of_network(rest))
			kind = PROC_PATH_SYSTEM;
		return add_rest(out, n, rest) ? kind : PROC_PATH_NONE;
	}
	if (is_number(c))
		return of_process(s, proc_number(c.p), rest, out);
	if (is_hidden(c) || !add_rest(out, n, whole))
		return PROC_PATH_NONE;
	return PROC_PATH_SYSTEM;
}

/* ------------------------------------------------------------ /dev */

static enum proc_path_kind
in_dev(const struct proc_server *s, pid_t tid, const char *rest, bool follows,
       char out[PROC_PATH_MAX])
{
	static const struct {
		const char *name, *proc;
	} links[] = { { "stdin", "/self/fd/0" },
		      { "stdout", "/self/fd/1" },
		      { "stderr", "/self/fd/2" } };
	static const char *const devices[] = { "null",   "zero",    "full",
		                               "random", "urandom", "tty" };
	struct component c = next(&rest);
	bool is_last = rest[strspn(rest, "/")] == '\0';

	if (is(c, "fd") && (follows || !is_last)) {
		char fd[PROC_PATH_MAX];
		size_t n = add(fd, 0, "/self/fd");

		add(fd, n, rest);
		return in_proc(s, tid, fd, follows, out);
	}
	for (size_t i = 0; is_last && follows && i < COUNT_OF(links); i++)
		if (is(c, links[i].name))
			return in_proc(s, tid, links[i].proc, true, out);
	for (size_t i = 0; s->serves_devices && is_last && i < COUNT_OF(devices); i++)
		if (is(c, devices[i])) {
			add(out, add(out, 0, "/dev/"), devices[i]);
			return PROC_PATH_DEVICE;
		}
	return PROC_PATH_OTHER;
}

bool
proc_path_is_listed(const struct proc_server *s, const char *name)
{
	const struct component c = { name, strlen(name) };

	return is_number(c) ? proc_path_is_of_step(s, proc_number(name)) : !is_hidden(c);
}

enum proc_path_kind
proc_path(const struct proc_server *s, pid_t tid, const char *path, bool follows,
          char out[PROC_PATH_MAX])
{
	const char *rest = path;
	struct component c;

	if (*path != '/')
		return PROC_PATH_OTHER;
	/* Before a slash there is a directory, never a link. */
	follows = follows || path[strlen(path) - 1] == '/';
	c = next(&rest);
	if (is(c, "proc"))
		return in_proc(s, tid, rest, follows, out);
	if (is(c, "dev"))
		return in_dev(s, tid, rest, follows, out);
	return PROC_PATH_OTHER;
}
