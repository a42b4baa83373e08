#include "builder/sandbox/mount_stubs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/inroot.h"
#include "base/own.h"

struct stub_list {
	ARRAY(const struct recipe_stub *) list;
};

/* The report comes from a process that ended before the program could reach its memory.
 * Nevertheless, only complete records are accepted. */
static void
collect(const struct recipe_report *report, struct stub_list *out)
{
	size_t at = 0, end = report->stubs_size;

	while (end <= sizeof report->stubs && at + sizeof(struct recipe_stub) < end) {
		const struct recipe_stub *stub = (const void *)(report->stubs + at);

		if (stub->size <= sizeof *stub || stub->size > end - at ||
		    memchr(stub->path, '\0', stub->size - sizeof *stub) == NULL)
			return;
		array_push(&out->list, stub);
		at += stub->size;
	}
}

/* 1 if it is gone now, 0 if it must stay. */
static int
remove_empty(int parent_fd, const char *name, const struct recipe_stub *stub)
{
	struct stat st;

	if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (stub->is_dir != 0) {
		if (!S_ISDIR(st.st_mode))
			return 0;
		if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0)
			return 1;
		return errno == ENOTEMPTY || errno == EEXIST ? 0 : -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size != 0)
		return 0;
	return unlinkat(parent_fd, name, 0) == 0 ? 1 : -1;
}

static int
remove_stub(int upper_fd, const struct recipe_stub *stub)
{
	const char *name = NULL;
	auto_fd int parent_fd = inroot_parent(upper_fd, stub->path, &name);
	auto_fd int dir_fd = -1;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat before;
	int removed = -1;

	/* The program may have replaced its parents. */
	if (parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	dir_fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || fstat(dir_fd, &before) < 0)
		return -1;
	removed = remove_empty(dir_fd, name, stub);
	if (removed <= 0)
		return removed;
	times[1] = before.st_mtim;
	if (before.st_mtim.tv_sec == stub->after_s &&
	    before.st_mtim.tv_nsec == stub->after_ns)
		times[1] = (struct timespec){ stub->before_s, stub->before_ns };
	return futimens(dir_fd, times);
}

int
mount_stubs_remove(int upper_fd, const struct recipe_report *report, struct error *err)
{
	struct stub_list stubs = { 0 };
	int failed = 0;

	collect(report, &stubs);
	/* Children were made after their parents. */
	for (size_t i = stubs.list.n; i-- > 0 && failed == 0;)
		if (remove_stub(upper_fd, stubs.list.at[i]) < 0)
			failed = error_sys(err, "remove the mount point %s",
			                   stubs.list.at[i]->path);
	array_clear(&stubs.list);
	return failed;
}
