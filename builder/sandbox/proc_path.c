#include "builder/sandbox/proc_path.h"

#include <string.h>

#include "builder/sandbox/mount_ops.h"
#include "builder/sandbox/sys.h"

/* Enough for what is looked for in stat and status. */
#define RECORD_MAX 1024

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

	return add(out, n, fs_number((uint64_t)number, 10, digits));
}

static ssize_t
read_record(pid_t pid, const char *file, char out[RECORD_MAX])
{
	char path[PROC_PATH_MAX];
	ssize_t got = -1;
	size_t n = add(path, 0, "/proc/");
	int fd = -1;

	n = add_number(path, n, pid);
	add(path, n, file);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	if (fd < 0)
		return -1;
	got = sys_read(fd, out, RECORD_MAX - 1);
	sys_close(fd);
	out[got < 0 ? 0 : got] = '\0';
	return got;
}

static pid_t
read_number(const char *p)
{
	long v = 0;

	while (*p == ' ' || *p == '\t')
		p++;
	for (; *p >= '0' && *p <= '9' && v < 1 << 28; p++)
		v = 10 * v + (*p - '0');
	return (pid_t)v;
}

pid_t
proc_parent(pid_t pid)
{
	char record[RECORD_MAX];
	ssize_t n = read_record(pid, "/stat", record);

	/* The name in parentheses may hold anything. " S 123" follows it. */
	while (n > 0 && record[n - 1] != ')')
		n--;
	return n > 0 && strlen(record + n) > 3 ? read_number(record + n + 3) : 0;
}

/* What follows NAME at the start of a line, or NULL. */
static const char *
line_of(const char *record, const char *name)
{
	for (const char *p = record; p[0] != '\0' && p[1] != '\0'; p++)
		if (p[0] == '\n' && strncmp(p + 1, name, strlen(name)) == 0)
			return p + 1 + strlen(name);
	return NULL;
}

pid_t
proc_of_thread(pid_t tid)
{
	char record[RECORD_MAX];
	const char *number = NULL;

	if (read_record(tid, "/status", record) > 0)
		number = line_of(record, "Tgid:");
	return number == NULL ? 0 : read_number(number);
}

/* The last of four: real, effective, saved, and that for files. */
static bool
read_id(const char *p, uint32_t *out)
{
	uint32_t v = 0;

	if (p == NULL)
		return false;
	for (int i = 0; i < 4; i++) {
		p += strspn(p, " \t");
		if (*p < '0' || *p > '9')
			return false;
		for (v = 0; *p >= '0' && *p <= '9'; p++)
			v = 10 * v + (uint32_t)(*p - '0');
	}
	*out = v;
	return true;
}

bool
proc_rights(pid_t tid, uid_t *uid, gid_t *gid)
{
	char record[RECORD_MAX];

	return read_record(tid, "/status", record) > 0 &&
	       read_id(line_of(record, "Uid:"), uid) &&
	       read_id(line_of(record, "Gid:"), gid);
}

static bool
is_of_step(const struct proc_server *s, pid_t pid)
{
	for (int i = 0; pid > 1 && i < 1000; i++) {
		pid = proc_parent(pid);
		if (pid == s->supervisor)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ components */

/* One of a path; N is 0 at the end. */
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

/* Behind these a path would go on in our own root, not in the step's. */
static bool
is_door(struct component c)
{
	return is(c, "root") || is(c, "cwd") || is(c, "exe") || is(c, "map_files");
}

/* Appends REST; false if it leads through a door, or up. */
static bool
add_rest(char out[PROC_PATH_MAX], size_t n, const char *rest)
{
	bool last = false;

	for (struct component c = next(&rest); c.n > 0; c = next(&rest)) {
		if (last || is(c, "..") || n + 1 + c.n >= PROC_PATH_MAX)
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

/* What runtimes hide. */
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

static enum proc_path_kind
of_process(const struct proc_server *s, pid_t pid, const char *rest,
           char out[PROC_PATH_MAX])
{
	size_t n = add(out, 0, "/proc/");

	if (pid == 0 || !is_of_step(s, pid))
		return PROC_PATH_NONE;
	n = add_number(out, n, pid);
	return add_rest(out, n, rest) ? PROC_PATH_OWN : PROC_PATH_NONE;
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
		return add_rest(out, n, rest) ? kind : PROC_PATH_NONE;
	}
	if (is_number(c))
		return of_process(s, read_number(c.p), rest, out);
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
	for (size_t i = 0; is_last && follows && i < sizeof links / sizeof *links; i++)
		if (is(c, links[i].name))
			return in_proc(s, tid, links[i].proc, true, out);
	for (size_t i = 0;
	     s->serves_devices && is_last && i < sizeof devices / sizeof *devices; i++)
		if (is(c, devices[i])) {
			add(out, add(out, 0, "/dev/"), devices[i]);
			return PROC_PATH_DEVICE;
		}
	return PROC_PATH_OTHER;
}

enum proc_path_kind
proc_path(const struct proc_server *s, pid_t tid, const char *path, bool follows,
          char out[PROC_PATH_MAX])
{
	const char *rest = path;
	struct component c;

	if (*path != '/')
		return PROC_PATH_OTHER;
	/* What is before a slash is a directory, never a link. */
	follows = follows || path[strlen(path) - 1] == '/';
	c = next(&rest);
	if (is(c, "proc"))
		return in_proc(s, tid, rest, follows, out);
	if (is(c, "dev"))
		return in_dev(s, tid, rest, follows, out);
	return PROC_PATH_OTHER;
}
