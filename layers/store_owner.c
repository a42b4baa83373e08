#include "layers/store_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "base/text.h"

static const char *const parts[] = {
	"oci-layout", "index.json", "blobs",    "blobs/sha256", "layers",
	"trees",      "steps",      "contexts", "mounts",       "compressed",
	"members",    "seen",       "refs",     "failed",       "tmp",
};

/* Finds which owner this file system gives to our files: some give all files to one
 * owner, or root's files to nobody. False if nothing can be made here. */
static bool
own_id(int root_fd, uid_t *uid)
{
	char random[17];
	auto_free char *name = NULL;
	auto_fd int fd = -1;
	struct stat sb;
	bool known = false;

	file_random_name(random, sizeof random - 1);
	name = mem_print(".tmp-%s", random);
	fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	known = fd >= 0 && fstat(fd, &sb) == 0;
	if (known)
		*uid = sb.st_uid;
	if (fd >= 0)
		unlinkat(root_fd, name, 0);
	return known;
}

/* A link counts as itself: its owner chooses where it leads. */
static const char *
find_foreign(int root_fd, uid_t us)
{
	struct stat sb;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (fstatat(root_fd, parts[i], &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
		    sb.st_uid != us)
			return parts[i];
	return NULL;
}

/* DIR is a mount point: whoever mounted it decided who may write there. Volumes of
 * containers are often writable for everybody. */
static bool
is_mounted(const char *dir, const struct stat *sb)
{
	auto_free char *parent = mem_print("%s/..", dir);
	struct stat above;

	return stat(parent, &above) == 0 && sb->st_dev != above.st_dev;
}

/* Who besides its owner may replace entries of DIR: the words for a warning, and the
 * letter for chmod; NULL: nobody. Our own group does not count, because many machines
 * give each user a group. */
static const char *
find_writers(const char *dir, char *letter)
{
	struct stat sb;

	if (stat(dir, &sb) < 0 || (sb.st_mode & S_ISVTX) != 0 || is_mounted(dir, &sb))
		return NULL;
	if ((sb.st_mode & S_IWOTH) != 0) {
		*letter = 'o';
		return "everybody on this machine";
	}
	*letter = 'g';
	return (sb.st_mode & S_IWGRP) != 0 && sb.st_gid != getegid()
	               ? "a group of users other than our own"
	               : NULL;
}

/* In a user namespace, files of the machine's root may seem to belong to nobody. */
static bool
is_others(const char *dir, uid_t us)
{
	struct stat sb, root;

	return stat(dir, &sb) == 0 && sb.st_uid != us && stat("/", &root) == 0 &&
	       sb.st_uid != root.st_uid && !is_mounted(dir, &sb);
}

/* Whoever may write to the directory, or to one on the way to it, may put another store
 * in its place. */
static void
warn_of_others(const char *path, uid_t us)
{
	struct text dir = { path, strlen(path) };

	if (is_others(path, us))
		event_warn(0,
		           "store %s: its directory belongs to another user, who can "
		           "change what is built from it",
		           path);
	for (; dir.n > 1; dir = path_dir(dir)) {
		auto_free char *name = text_copy(dir);
		char letter = 'o';
		const char *writers = find_writers(name, &letter);

		if (writers == NULL)
			continue;
		event_warn(0,
		           "store %s: %s may write to %s and so change what is built; "
		           "chmod %c-w %s",
		           path, writers, name, letter, name);
		return;
	}
}

int
store_check_owner(int root_fd, const char *path, struct error *err)
{
	uid_t us = geteuid();
	const char *foreign = find_foreign(root_fd, us);

	/* If nothing can be written here, content of other users is refused. */
	if (foreign != NULL && own_id(root_fd, &us))
		foreign = find_foreign(root_fd, us);
	else if (foreign != NULL)
		return 0;
	if (foreign != NULL) {
		error_set(err, ERR_ENVIRONMENT, "%s in it was made by another user",
		          foreign);
		return error_hint(err,
		                  "cooper trusts what a store holds: name one of your "
		                  "own with --root or COOPER_ROOT");
	}
	warn_of_others(path, us);
	return 0;
}
