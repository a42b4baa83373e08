/*
 * listing: the names in a directory, in the order of the file system, without "." and
 * "..".
 *
 *	auto_listing struct listing list = listing_open(dir_fd, "layers");
 *
 *	while ((name = listing_next(&list)) != NULL)
 *		…
 *	if (listing_failed(&list))
 *		return error_sys(err, "list layers");
 */
#ifndef BASE_LISTING_H
#define BASE_LISTING_H

#include <dirent.h>
#include <stdbool.h>

/* A listing that failed, at its start or later, has no more names. */
struct listing {
	DIR *dir;
	int error; /* an errno, or 0 */
};

/* Lists the directory PATH below DIR_FD (AT_FDCWD allowed). PATH may be "."; the position
 * of DIR_FD does not matter and is left alone. */
struct listing listing_open(int dir_fd, const char *path);

/* Lists the directory FD, which must not be O_PATH and is given to the listing. If FD is
 * negative, the listing has failed with errno. */
struct listing listing_take(int fd);

/* Keeps errno. */
void listing_close(struct listing *list);
#define auto_listing __attribute__((cleanup(listing_close)))

/* The next name, or NULL. It is valid until the next call. */
const char *listing_next(struct listing *list);

/* The descriptor of the directory; -1 if it could not be opened. */
int listing_fd(const struct listing *list);

/* Whether the names ended because of an error; sets errno to it. */
bool listing_failed(const struct listing *list);

#endif
