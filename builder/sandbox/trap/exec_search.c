#include "builder/sandbox/trap/exec_search.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "builder/sandbox/inside/digits.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/trap/exec_file.h"

/* Files from the first script to the program, see exec_binprm() of fs/exec.c. */
#define FILES_MAX 6

struct search {
	const struct exec_server *server;
	struct notification *asked;
	const struct exec_query *query;
	struct exec_pending *out;
	struct exec_facts facts; /* of the last file */
};

static int
refuse(int number)
{
	errno = number;
	return -1;
}

/* ------------------------------------------------------------ texts */

/* *AT becomes the offset of a copy of TEXT. */
static int
add(struct loader_record *r, const char *text, uint32_t *at)
{
	const size_t n = strlen(text) + 1;

	if (n > LOADER_TEXT_MAX - r->n_text)
		return refuse(E2BIG);
	memcpy(r->text + r->n_text, text, n);
	*at = r->n_text;
	r->n_text += (uint32_t)n;
	return 0;
}

/* The arguments AT, N of them, come in place of the first one. */
static int
put_front(struct loader_record *r, const uint32_t *at, uint32_t n)
{
	const uint32_t kept = r->n_front > 0 ? r->n_front - 1 : 0;

	if (n + kept > LOADER_FRONT_MAX)
		return refuse(E2BIG);
	memmove(r->front + n, r->front + 1, kept * sizeof *at);
	memcpy(r->front, at, n * sizeof *at);
	r->n_front = n + kept;
	return 0;
}

/* "/dev/fd/N" or "/dev/fd/N/PATH" names a file that is found by descriptor. */
static bool
is_by_descriptor(const struct exec_query *q)
{
	return q->dir_fd != AT_FDCWD && q->path[0] != '/';
}

static int
add_name(struct search *s)
{
	struct loader_record *r = &s->out->record;
	char digits[DIGITS_MAX];
	uint32_t at = 0;

	if (!is_by_descriptor(s->query))
		return add(r, s->query->path, &r->name);
	if (add(r, "/dev/fd/", &r->name) < 0)
		return -1;
	r->n_text--;
	if (add(r, digits_of((uint64_t)s->query->dir_fd, 10, digits), &at) < 0)
		return -1;
	if (s->query->path[0] == '\0')
		return 0;
	r->text[r->n_text - 1] = '/';
	return add(r, s->query->path, &at);
}

/* The last part of the name, cut like the kernel does. */
static void
set_comm(struct loader_record *r, bool is_unnamed)
{
	const char *name = r->text + (is_unnamed ? r->path : r->name);
	const char *slash = strrchr(name, '/');
	size_t n = 0;

	name = slash == NULL ? name : slash + 1;
	n = strlen(name);
	memcpy(r->comm, name, n < sizeof r->comm ? n : sizeof r->comm - 1);
}

/* ------------------------------------------------------------ files */

/* Opens what O_PATH has found. */
static int
reopen(const struct search *s, int path_fd)
{
	char path[16 + DIGITS_MAX] = "self/fd/";

	digits_of((uint64_t)path_fd, 10, path + strlen(path));
	return sys_openat(s->asked->proc_fd, path, O_RDONLY, 0);
}

static int
check(const struct search *s, int fd, struct exec_file *file)
{
	if (s->server->paths.look(s->server->paths.arg, fd, file) < 0)
		return -1;
	if (S_ISLNK(file->mode))
		return refuse(ELOOP);
	if (!S_ISREG(file->mode) || (file->mode & 0111) == 0)
		return refuse(EACCES);
	return 0;
}

/* A readable descriptor of a file that can be executed. NAME, if not NULL, gets its path
 * from the step's root. */
static int
open_file(const struct search *s, int dir_fd, const char *path, int flags,
          struct exec_file *file, char name[PATH_MAX])
{
	const struct exec_paths *paths = &s->server->paths;
	const int path_fd = paths->open(paths->arg, s->asked, dir_fd, path, flags);
	int fd = -1;

	if (path_fd < 0)
		return -1;
	if (check(s, path_fd, file) == 0)
		fd = reopen(s, path_fd);
	if (fd >= 0 && name != NULL && !paths->name(paths->arg, path_fd, name))
		name[0] = '\0';
	sys_close(path_fd);
	return fd;
}

/* The program is the last of the files. */
static int
open_next(struct search *s, int dir_fd, const char *path, int flags)
{
	struct exec_pending *out = s->out;
	char name[PATH_MAX];
	const int fd = open_file(s, dir_fd, path, flags, &out->file, name);

	if (fd < 0)
		return -1;
	if (out->program_fd >= 0)
		sys_close(out->program_fd);
	out->program_fd = fd;
	if (exec_file_read(fd, &s->facts) < 0)
		return -1;
	if (s->facts.kind == EXEC_SCRIPT)
		return 0;
	if (name[0] == '\0') {
		out->record.path = out->record.name;
		return 0;
	}
	return add(&out->record, name, &out->record.path);
}

/* ------------------------------------------------------------ scripts */

/* The number in base 8 after "flags:", see proc_pid_fdinfo(5). */
static int
flags_in(const char *text)
{
	const char *p = strstr(text, "flags:");
	int flags = 0;

	if (p == NULL)
		return 0;
	for (p += 6; *p == ' ' || *p == '\t'; p++)
		continue;
	for (; *p >= '0' && *p <= '7' && flags < 1 << 27; p++)
		flags = flags * 8 + (*p - '0');
	return flags;
}

/* The interpreter could not open the script. */
static bool
is_closed_by_exec(const struct search *s)
{
	char path[16 + DIGITS_MAX] = "fdinfo/", text[512];
	int fd = -1;
	ssize_t n = -1;

	digits_of((uint64_t)s->query->dir_fd, 10, path + strlen(path));
	fd = notify_open_proc(s->asked, path, O_RDONLY);
	if (fd < 0)
		return false;
	n = sys_read(fd, text, sizeof text - 1);
	sys_close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return (flags_in(text) & O_CLOEXEC) != 0;
}

/* The script's own name becomes the last of the arguments in front. */
static int
follow_script(struct search *s, bool is_first)
{
	struct loader_record *r = &s->out->record;
	char path[EXEC_LINE_MAX];
	uint32_t at[3], n = 0;

	if (is_first && is_by_descriptor(s->query) && is_closed_by_exec(s))
		return refuse(ENOENT);
	if (add(r, s->facts.interpreter, &at[n++]) < 0)
		return -1;
	if (s->facts.argument != NULL && add(r, s->facts.argument, &at[n++]) < 0)
		return -1;
	at[n++] = is_first ? r->name : r->front[0];
	if (put_front(r, at, n) < 0)
		return -1;
	memcpy(path, s->facts.interpreter, strlen(s->facts.interpreter) + 1);
	return open_next(s, AT_FDCWD, path, 0);
}

/* ------------------------------------------------------------ programs */

static int
open_interpreter(struct search *s)
{
	struct exec_file file;
	const int fd = open_file(s, AT_FDCWD, s->facts.loader, 0, &file, NULL);

	s->out->interpreter_fd = fd;
	return fd < 0 ? -1 : exec_file_check_interpreter(fd);
}

/* The caller's argv[0], or else the program's name. */
static int
add_argv0(struct search *s, uint32_t *at)
{
	struct loader_record *r = &s->out->record;
	char text[PATH_MAX];
	uint64_t first = 0;

	*at = r->n_front > 0 ? r->front[0] : r->name;
	if (r->n_front > 0 ||
	    notify_peek(s->asked, s->query->argv_at, &first, sizeof first) !=
	            (ssize_t)sizeof first ||
	    first == 0 || !notify_peek_text(s->asked, first, text, sizeof text))
		return 0;
	return add(r, text, at);
}

/* EMULATOR -0 ARGV0 PROGRAM … */
static int
emulate(struct search *s)
{
	const struct exec_emulator *emulator = &s->server->emulator;
	struct loader_record *r = &s->out->record;
	uint32_t at[4];

	if (emulator->path == NULL || emulator->machine != s->facts.machine)
		return refuse(ENOEXEC);
	if (add(r, emulator->path, &at[0]) < 0 || add(r, "-0", &at[1]) < 0 ||
	    add_argv0(s, &at[2]) < 0)
		return -1;
	at[3] = r->n_front > 0 ? r->front[0] : r->name;
	sys_close(s->out->program_fd);
	s->out->program_fd = fcntl(emulator->fd, F_DUPFD_CLOEXEC, 0);
	return s->out->program_fd < 0 ? -1 : put_front(r, at, 4);
}

int
exec_search(const struct exec_server *server, struct notification *a,
            const struct exec_query *q, struct exec_pending *out)
{
	struct search s = { .server = server, .asked = a, .query = q, .out = out };
	int result = -1;

	out->program_fd = out->interpreter_fd = -1;
	memset(&out->record, 0, offsetof(struct loader_record, text));
	if ((q->flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0)
		return refuse(EINVAL);
	if (q->path[0] == '\0' && (q->flags & AT_EMPTY_PATH) == 0)
		return refuse(ENOENT);
	if (add_name(&s) < 0)
		return -1;
	result = open_next(&s, q->dir_fd, q->path, q->flags);
	for (int n = 1; result == 0 && s.facts.kind == EXEC_SCRIPT; n++) {
		result = follow_script(&s, n == 1);
		if (result == 0 && n == FILES_MAX)
			return refuse(ELOOP);
	}
	if (result < 0)
		return -1;
	set_comm(&out->record, q->path[0] == '\0');
	if (s.facts.kind == EXEC_FOREIGN)
		return emulate(&s);
	return s.facts.loader[0] == '\0' ? 0 : open_interpreter(&s);
}
