#include "builder/sandbox/supervise/proc_process.h"

#include <string.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"

/* Enough for what is looked for in stat and status. */
#define RECORD_MAX 8192

static ssize_t
read_record_at(int dir_fd, const char *path, char out[RECORD_MAX])
{
	int fd = sys_openat(dir_fd, path, O_RDONLY, 0);
	ssize_t got = -1;

	if (fd >= 0) {
		got = sys_read(fd, out, RECORD_MAX - 1);
		sys_close(fd);
	}
	out[got < 0 ? 0 : got] = '\0';
	return got;
}

static ssize_t
read_record(pid_t pid, const char *file, char out[RECORD_MAX])
{
	char path[64] = "/proc/";
	size_t n = 0;

	digits_of((uint64_t)pid, 10, path + 6);
	n = strlen(path);
	memcpy(path + n, file, strlen(file) + 1);
	return read_record_at(AT_FDCWD, path, out);
}

static const char *
read_digits(const char *p, uint32_t *out)
{
	p += strspn(p, " \t");
	if (*p < '0' || *p > '9')
		return NULL;
	for (*out = 0; *p >= '0' && *p <= '9'; p++)
		*out = 10 * *out + (uint32_t)(*p - '0');
	return p;
}

/* ------------------------------------------------------------ parents */

/* The name in parentheses may hold anything. " S 123" follows it. */
static pid_t
parent_in(const char *record, ssize_t n)
{
	uint32_t pid = 0;

	while (n > 0 && record[n - 1] != ')')
		n--;
	if (n <= 0 || strlen(record + n) <= 3 ||
	    read_digits(record + n + 3, &pid) == NULL)
		return 0;
	return (pid_t)pid;
}

pid_t
proc_parent(pid_t pid)
{
	char record[RECORD_MAX];
	const ssize_t n = read_record(pid, "/stat", record);

	return parent_in(record, n);
}

pid_t
proc_parent_at(int dir_fd)
{
	char record[RECORD_MAX];
	const ssize_t n = read_record_at(dir_fd, "stat", record);

	return parent_in(record, n);
}

bool
proc_is_below(pid_t pid, pid_t ancestor)
{
	for (int i = 0; pid > 1 && i < 1000; i++) {
		pid = proc_parent(pid);
		if (pid == ancestor)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------ lists */

pid_t
proc_number(const char *text)
{
	long v = 0;

	for (; *text >= '0' && *text <= '9' && v < 1 << 28; text++)
		v = 10 * v + (*text - '0');
	return (pid_t)v;
}

void
proc_each_below(pid_t ancestor, void (*each)(void *arg, pid_t pid), void *arg)
{
	_Alignas(8) char entries[4096];
	int fd = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0);
	long n = 0;

	while (fd >= 0 && (n = sys_getdents(fd, entries, sizeof entries)) > 0)
		for (long at = 0; at < n;) {
			const struct sys_entry *e = (const void *)(entries + at);
			const pid_t pid = proc_number(e->name);

			if (pid > 0 && proc_is_below(pid, ancestor))
				each(arg, pid);
			at += e->size;
		}
	if (fd >= 0)
		sys_close(fd);
}

/* ------------------------------------------------------------ status */

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
	uint32_t pid = 0;

	if (read_record(tid, "/status", record) > 0)
		number = line_of(record, "Tgid:");
	return number == NULL || read_digits(number, &pid) == NULL ? 0 : (pid_t)pid;
}

static size_t
add(char *out, size_t n, const char *text)
{
	const size_t length = strlen(text);

	memcpy(out + n, text, length + 1);
	return n + length;
}

const char *
proc_fd_name(int fd, char out[PROC_FD_NAME])
{
	if (fd == AT_FDCWD)
		return memcpy(out, "cwd", 4);
	memcpy(out, "fd/", 4);
	digits_of((uint64_t)(unsigned)fd, 10, out + 3);
	return out;
}

size_t
proc_self_link(const char *path, pid_t tid, char *out)
{
	const bool of_thread = strcmp(path, "/proc/thread-self") == 0;
	char digits[24];
	size_t n = 0;

	if (!of_thread && strcmp(path, "/proc/self") != 0)
		return 0;
	n = add(out, 0, digits_of((uint64_t)proc_of_thread(tid), 10, digits));
	if (!of_thread)
		return n;
	n = add(out, n, "/task/");
	return add(out, n, digits_of((uint64_t)tid, 10, digits));
}

/* The last of four: real, effective, saved, and that for files. */
static bool
read_id(const char *p, uint32_t *out)
{
	for (int i = 0; i < 4 && p != NULL; i++)
		p = read_digits(p, out);
	return p != NULL;
}

static bool
read_caps(const char *p, uint64_t *out)
{
	if (p == NULL)
		return false;
	p += strspn(p, " \t");
	for (*out = 0; *p != '\n' && *p != '\0'; p++) {
		const char *digit = strchr("0123456789abcdef", *p);

		if (digit == NULL)
			return false;
		*out = *out << 4 | (uint64_t)(digit - "0123456789abcdef");
	}
	return true;
}

bool
proc_rights(pid_t tid, struct proc_rights *out)
{
	char record[RECORD_MAX];
	const char *p = NULL;

	out->n_groups = 0;
	if (read_record(tid, "/status", record) <= 0 ||
	    !read_id(line_of(record, "Uid:"), &out->uid) ||
	    !read_id(line_of(record, "Gid:"), &out->gid) ||
	    !read_caps(line_of(record, "CapEff:"), &out->caps))
		return false;
	p = line_of(record, "Groups:");
	while (p != NULL && out->n_groups < PROC_GROUPS_MAX) {
		p = read_digits(p, &out->groups[out->n_groups]);
		out->n_groups += p != NULL;
	}
	return true;
}
