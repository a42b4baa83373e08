/*
 * Answers that change what a file is like: mode, owner, times, size, attributes.
 */
#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <utime.h>

#include "builder/sandbox/inside/owner_note.h"
#include "builder/sandbox/inside/sys.h"
#include "builder/sandbox/supervise/proc_place.h"
#include "builder/sandbox/trap/trap_place.h"
#include "layers/owner_marks.h"

/* Opens what C changes, with O_PATH and its stat. -1 with *RESULT. */
static int
open_changed(struct trap_call *c, struct stat *st, int *result)
{
	const bool follows = (c->flags & AT_SYMLINK_NOFOLLOW) == 0;
	struct trap_start start;
	int fd = -1;

	*result = TRAP_ERRNO;
	if (trap_start(c, c->shape->dir, c->shape->path, &start) < 0)
		return -1;
	fd = trap_open_place(c, &start, follows, 0);
	if (fd < 0 && errno == EREMOTE)
		*result = trap_fail(EROFS);
	if (fd >= 0 && sys_fstat(fd, st) == 0)
		return fd;
	if (fd >= 0)
		sys_close(fd);
	return -1;
}

/* ------------------------------------------------------------ mode, owner */

int
trap_chmod(struct trap_call *c, int64_t *value)
{
	const mode_t mode = (mode_t)trap_arg(c, c->shape->value) & 07777;
	struct stat st;
	int result = TRAP_ERRNO;
	const int fd = open_changed(c, &st, &result);

	if (fd < 0)
		return result;
	if (S_ISLNK(st.st_mode)) {
		errno = EOPNOTSUPP;
		return trap_close_result(fd, -1, value);
	}
	return trap_close_result(fd, owner_note_set_mode_fd(fd, &st, mode), value);
}

int
trap_chown(struct trap_call *c, int64_t *value)
{
	const uint32_t uid = (uint32_t)trap_arg(c, c->shape->value);
	const uint32_t gid = (uint32_t)trap_arg(c, (int8_t)(c->shape->value + 1));
	struct stat raw, st;
	struct owner owner;
	int result = TRAP_ERRNO;
	const int fd = open_changed(c, &raw, &result);

	if (fd < 0)
		return result;
	st = raw;
	owner_note_of_fd(fd, &st);
	if (!credentials_may_chown(trap_who(c), st.st_uid, st.st_gid, uid, gid)) {
		errno = EPERM;
		return trap_close_result(fd, -1, value);
	}
	owner.uid = uid == UINT32_MAX ? st.st_uid : uid;
	owner.gid = gid == UINT32_MAX ? st.st_gid : gid;
	return trap_close_result(fd, owner_note_set_fd(fd, &raw, &owner), value);
}

/* ------------------------------------------------------------ times */

/* A link's, pipe's or socket's time of access may be its note. */
static void
keep_note(const struct stat *st, struct timespec times[2])
{
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))
		return;
	if (st->st_atim.tv_sec >= LAYER_OWNER_TIME)
		times[0] = st->st_atim;
	else if (times[0].tv_nsec != UTIME_NOW && times[0].tv_nsec != UTIME_OMIT &&
	         times[0].tv_sec >= LAYER_OWNER_TIME)
		times[0] = st->st_mtim;
}

static int
set_times(struct trap_call *c, struct timespec times[2], int64_t *value)
{
	struct stat st;
	char link[PROC_PLACE_NAME];
	int result = TRAP_ERRNO;
	const int fd = open_changed(c, &st, &result);

	if (fd < 0)
		return result;
	keep_note(&st, times);
	return trap_close_result(fd,
	                      S_ISLNK(st.st_mode)
	                              ? syscall(SYS_utimensat, fd, "", times,
	                                        AT_EMPTY_PATH)
	                              : syscall(SYS_utimensat, AT_FDCWD,
	                                        proc_place_name(fd, link), times, 0),
	                      value);
}

static const struct timespec now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };

int
trap_utimens(struct trap_call *c, int64_t *value)
{
	const uint64_t at = trap_arg(c, c->shape->value);
	struct timespec times[2];

	memcpy(times, now, sizeof times);
	if (at != 0 && notify_peek(c->asked, at, times, sizeof times) !=
	                       (ssize_t)sizeof times)
		return trap_fail(EFAULT);
	return set_times(c, times, value);
}

int
trap_utimes(struct trap_call *c, int64_t *value)
{
	const uint64_t at = trap_arg(c, c->shape->value);
	struct timeval given[2];
	struct timespec times[2];

	memcpy(times, now, sizeof times);
	if (at != 0) {
		if (notify_peek(c->asked, at, given, sizeof given) !=
		    (ssize_t)sizeof given)
			return trap_fail(EFAULT);
		for (int i = 0; i < 2; i++) {
			if (given[i].tv_usec < 0 || given[i].tv_usec >= 1000000)
				return trap_fail(EINVAL);
			times[i].tv_sec = given[i].tv_sec;
			times[i].tv_nsec = given[i].tv_usec * 1000;
		}
	}
	return set_times(c, times, value);
}

int
trap_utime(struct trap_call *c, int64_t *value)
{
	const uint64_t at = trap_arg(c, c->shape->value);
	struct utimbuf given;
	struct timespec times[2];

	memcpy(times, now, sizeof times);
	if (at != 0) {
		if (notify_peek(c->asked, at, &given, sizeof given) !=
		    (ssize_t)sizeof given)
			return trap_fail(EFAULT);
		times[0] = (struct timespec){ given.actime, 0 };
		times[1] = (struct timespec){ given.modtime, 0 };
	}
	return set_times(c, times, value);
}

/* ------------------------------------------------------------ size */

int
trap_truncate(struct trap_call *c, int64_t *value)
{
	struct stat st;
	char link[PROC_PLACE_NAME];
	int result = TRAP_ERRNO;
	const int fd = open_changed(c, &st, &result);
	int64_t failed = -1;

	if (fd < 0)
		return result;
	if (S_ISDIR(st.st_mode))
		errno = EISDIR;
	else if (!S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		failed = syscall(SYS_truncate, proc_place_name(fd, link),
		                 trap_arg(c, c->shape->value));
	return trap_close_result(fd, failed, value);
}

/* ------------------------------------------------------------ extended attributes */

#define OUR_PREFIX      "user.cooper."
#define CAPABILITY_NAME "security.capability"

/* The name on the disk for the caller's NAME: its own, or that of a note. NULL with errno:
 * the caller may not have it. */
static const char *
name_on_disk(const char *name, bool sets)
{
	if (strcmp(name, CAPABILITY_NAME) == 0)
		return LAYER_CAPABILITY;
	if (strncmp(name, OUR_PREFIX, strlen(OUR_PREFIX)) == 0 ||
	    strncmp(name, "security.", 9) == 0 || strncmp(name, "trusted.", 8) == 0) {
		errno = !sets                               ? ENODATA
		        : strncmp(name, "trusted.", 8) == 0 ? EPERM
		                                            : EOPNOTSUPP;
		return NULL;
	}
	return name;
}

/* Opens the file, and finds the name that is the next argument. -1 with *RESULT. */
static int
open_attribute(struct trap_call *c, bool sets, char room[256], const char **name,
               int *result)
{
	struct stat st;
	int fd = -1;

	*result = TRAP_ERRNO;
	if (!notify_peek_text(c->asked, trap_arg(c, c->shape->value), room, 256)) {
		*result = trap_fail(ERANGE);
		return -1;
	}
	*name = name_on_disk(room, sets);
	if (*name == NULL)
		return -1;
	fd = open_changed(c, &st, result);
	if (fd < 0 && errno == EROFS && !sets)
		*result = trap_fail(ENODATA);
	if (fd >= 0 && S_ISLNK(st.st_mode)) {
		sys_close(fd);
		*result = trap_fail(sets ? EPERM : ENODATA);
		return -1;
	}
	return fd;
}

/* Linux allows 64 KiB. A page is enough for what file systems take. */
#define ATTRIBUTE_MAX 65536

int
trap_set_attribute(struct trap_call *c, int64_t *value)
{
	const uint64_t *args = c->asked->args + c->shape->value;
	char room[256], link[PROC_PLACE_NAME], bytes[ATTRIBUTE_MAX];
	const char *name = NULL;
	int result = TRAP_ERRNO, fd = -1;

	if (args[2] > sizeof bytes)
		return trap_fail(E2BIG);
	if (args[2] > 0 && notify_peek(c->asked, args[1], bytes, (size_t)args[2]) !=
	                           (ssize_t)args[2])
		return trap_fail(EFAULT);
	fd = open_attribute(c, true, room, &name, &result);
	if (fd < 0)
		return result;
	if (strcmp(name, LAYER_CAPABILITY) == 0 &&
	    trap_who(c)->uid[ROLE_EFFECTIVE] != 0) {
		errno = EPERM;
		return trap_close_result(fd, -1, value);
	}
	return trap_close_result(fd,
	                      syscall(SYS_setxattr, proc_place_name(fd, link), name,
	                              bytes, (size_t)args[2], (int)args[3]),
	                      value);
}

int
trap_get_attribute(struct trap_call *c, int64_t *value)
{
	const uint64_t *args = c->asked->args + c->shape->value;
	char room[256], link[PROC_PLACE_NAME], bytes[ATTRIBUTE_MAX];
	const char *name = NULL;
	int result = TRAP_ERRNO;
	const int fd = open_attribute(c, false, room, &name, &result);
	int64_t n = -1;

	if (fd < 0)
		return result;
	n = syscall(SYS_getxattr, proc_place_name(fd, link), name, bytes, sizeof bytes);
	if (trap_close_result(fd, n, value) == TRAP_ERRNO || args[2] == 0)
		return n < 0 ? TRAP_ERRNO : TRAP_VALUE;
	if ((uint64_t)n > args[2])
		return trap_fail(ERANGE);
	return notify_poke(c->asked, args[1], bytes, (size_t)n) < 0 ? TRAP_ERRNO
	                                                            : TRAP_VALUE;
}

/* The caller's names in BYTES, which are N bytes, in place. */
static size_t
translate_names(char *bytes, size_t n)
{
	size_t kept = 0;

	for (size_t at = 0; at < n;) {
		const char *name = bytes + at;
		const char *end = memchr(name, '\0', n - at);
		const size_t size = end == NULL ? n - at : (size_t)(end - name) + 1;

		at += size;
		if (strcmp(name, LAYER_CAPABILITY) == 0) {
			/* Shorter than the note's name. */
			memcpy(bytes + kept, CAPABILITY_NAME, sizeof CAPABILITY_NAME);
			kept += sizeof CAPABILITY_NAME;
		} else if (strncmp(name, OUR_PREFIX, strlen(OUR_PREFIX)) != 0 &&
		           strncmp(name, "security.", 9) != 0) {
			memmove(bytes + kept, name, size);
			kept += size;
		}
	}
	return kept;
}

int
trap_list_attributes(struct trap_call *c, int64_t *value)
{
	const uint64_t *args = c->asked->args + c->shape->value;
	char link[PROC_PLACE_NAME], bytes[ATTRIBUTE_MAX];
	struct stat st;
	int result = TRAP_ERRNO;
	const int fd = open_changed(c, &st, &result);
	int64_t n = 0;

	if (fd < 0 && errno == EROFS)
		return trap_result(0, value);
	if (fd < 0)
		return result;
	if (!S_ISLNK(st.st_mode))
		n = syscall(SYS_listxattr, proc_place_name(fd, link), bytes,
		            sizeof bytes);
	if (n > 0)
		n = (int64_t)translate_names(bytes, (size_t)n);
	if (trap_close_result(fd, n, value) == TRAP_ERRNO || args[1] == 0 || n == 0)
		return n < 0 ? TRAP_ERRNO : TRAP_VALUE;
	if ((uint64_t)n > args[1])
		return trap_fail(ERANGE);
	return notify_poke(c->asked, args[0], bytes, (size_t)n) < 0 ? TRAP_ERRNO
	                                                            : TRAP_VALUE;
}

int
trap_remove_attribute(struct trap_call *c, int64_t *value)
{
	char room[256], link[PROC_PLACE_NAME];
	const char *name = NULL;
	int result = TRAP_ERRNO;
	const int fd = open_attribute(c, true, room, &name, &result);

	if (fd < 0)
		return result;
	return trap_close_result(fd,
	                      syscall(SYS_removexattr, proc_place_name(fd, link), name),
	                      value);
}
