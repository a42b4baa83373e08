/*
 * new_file: files made in ways that a shell has not.
 *
 *	new_file tmpfile FILE    without a name, then linked at FILE
 *	new_file openat2 FILE    by openat2(), if there is that
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the file system has no such files, as others are made. */
static int
make_nameless(char *path)
{
	char link[64], *slash = strrchr(path, '/');
	int fd = -1;

	*slash = '\0';
	fd = open(path, O_TMPFILE | O_RDWR, 0640);
	*slash = '/';
	if (fd < 0 && errno == EOPNOTSUPP)
		return open(path, O_CREAT | O_RDWR, 0640) < 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) < 0 &&
	       linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0;
}

static int
make_by_openat2(const char *path)
{
	struct open_how how = { .flags = O_CREAT | O_RDWR, .mode = 0640 };
	long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

	if (fd < 0 && errno == ENOSYS)
		fd = open(path, O_CREAT | O_RDWR, 0640);
	return fd < 0;
}

int
main(int argc, char **argv)
{
	int failed = 2;

	if (argc == 3 && strcmp(argv[1], "tmpfile") == 0)
		failed = make_nameless(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "openat2") == 0)
		failed = make_by_openat2(argv[2]);
	if (failed != 0)
		perror(argc == 3 ? argv[2] : "new_file");
	return failed;
}
