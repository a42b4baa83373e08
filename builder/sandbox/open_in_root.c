#include "builder/sandbox/open_in_root.h"

#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>

#include "builder/sandbox/sys.h"

#define LINKS_MAX    40
#define ATTEMPTS_MAX 128

/* What was REACHED, without links, and what is left of the path. */
struct walk {
	char reached[PATH_MAX], rest[PATH_MAX];
	int links_left;
};

static int
fail(int why)
{
	errno = why;
	return -1;
}

/* Cuts the next component off the rest; 0 at the end. */
static size_t
next(struct walk *w, char name[NAME_MAX + 1])
{
	const size_t from = strspn(w->rest, "/"), n = strcspn(w->rest + from, "/");

	if (n <= NAME_MAX) {
		memcpy(name, w->rest + from, n);
		name[n] = '\0';
	}
	memmove(w->rest, w->rest + from + n, strlen(w->rest + from + n) + 1);
	return n;
}

static void
go_up(struct walk *w)
{
	char *slash = strrchr(w->reached, '/');

	w->reached[slash == NULL ? 0 : slash - w->reached] = '\0';
}

static int
go_down(struct walk *w, const char *name, size_t n)
{
	size_t at = strlen(w->reached);

	if (n > NAME_MAX || at + 1 + n >= sizeof w->reached)
		return fail(ENAMETOOLONG);
	if (at > 0)
		w->reached[at++] = '/';
	memcpy(w->reached + at, name, n + 1);
	return 0;
}

/* The target TO of the link reached, of N bytes, in front of the rest. */
static int
follow(struct walk *w, const char *to, size_t n)
{
	const size_t left = strlen(w->rest);

	if (w->links_left-- == 0)
		return fail(ELOOP);
	if (n + left >= sizeof w->rest)
		return fail(ENAMETOOLONG);
	memmove(w->rest + n, w->rest, left + 1);
	memcpy(w->rest, to, n);
	if (to[0] == '/')
		w->reached[0] = '\0';
	else
		go_up(w);
	return 0;
}

static int
step(struct walk *w, int root_fd, const char *name, size_t n)
{
	char to[PATH_MAX];
	ssize_t link = -1;

	if (strcmp(name, "..") == 0)
		go_up(w);
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (go_down(w, name, n) < 0)
		return -1;
	link = sys_readlinkat(root_fd, w->reached, to, sizeof to);
	if (link > 0)
		return follow(w, to, (size_t)link);
	return errno == EINVAL ? 0 : -1;
}

/* Before Linux 5.6, and where a filter does not know of openat2(). */
static int
open_by_hand(int root_fd, const char *path, int flags)
{
	struct walk w = { .links_left = LINKS_MAX };
	char name[NAME_MAX + 1] = "";
	size_t n = strlen(path);

	if (n >= sizeof w.rest)
		return fail(ENAMETOOLONG);
	memcpy(w.rest, path, n + 1);
	while ((n = next(&w, name)) > 0)
		if (n > NAME_MAX)
			return fail(ENAMETOOLONG);
		else if (step(&w, root_fd, name, n) < 0)
			return -1;
	return sys_openat(root_fd, w.reached[0] == '\0' ? "." : w.reached,
	                  flags | O_NOFOLLOW, 0);
}

int
open_in_root(int root_fd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		                .resolve = RESOLVE_IN_ROOT };
	int fd = -1;

	/* A rename elsewhere on the machine may make it fail with EAGAIN. */
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_by_hand(root_fd, path, flags);
	return fd;
}
