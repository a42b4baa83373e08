#include "base/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/base.h"

struct listing
listing_open(int dir_fd, const char *path)
{
	return listing_take(openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

struct listing
listing_take(int fd)
{
	struct listing list = { .dir = fd < 0 ? NULL : fdopendir(fd) };

	if (list.dir == NULL) {
		list.error = errno;
		own_close(&fd);
	}
	return list;
}

void
listing_close(struct listing *list)
{
	int saved = errno;

	if (list->dir != NULL)
		closedir(list->dir);
	list->dir = NULL;
	errno = saved;
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

const char *
listing_next(struct listing *list)
{
	const struct dirent *entry = NULL;

	if (list->dir == NULL || list->error != 0)
		return NULL;
	/* Only errno tells the end from a failure. */
	do {
		errno = 0;
		entry = readdir(list->dir);
	} while (entry != NULL && is_dots(entry->d_name));
	if (entry == NULL)
		list->error = errno;
	return entry == NULL ? NULL : entry->d_name;
}

int
listing_fd(const struct listing *list)
{
	return list->dir == NULL ? -1 : dirfd(list->dir);
}

bool
listing_failed(const struct listing *list)
{
	if (list->error != 0)
		errno = list->error;
	return list->error != 0;
}
