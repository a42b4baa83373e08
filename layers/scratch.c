#include "layers/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/job.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/text.h"
#include "layers/lease.h"

#define BORN ".new-"

enum {
	NAME_DIGITS = 16,
	BIRTH_MAX_S = 3600, /* a directory without owner that is older is dead */
	LEAVE_NAMES = 256,  /* enough for small trees; a tree of thousands may stay */
};

struct scratch {
	int root_fd;
	atomic_uint next;     /* number for names */
	_Atomic int64_t left; /* names that may be removed yet; negative: all */

	pthread_mutex_t lock; /* of what follows */
	char *dir;            /* "tmp/…", NULL: not made yet */
	int fd, owner_fd;
	struct pool *
	        pool; /* the thread that removes, or NULL while there is nothing to remove */
	struct group *removals;
};

struct scratch *
scratch_new(int root_fd)
{
	struct scratch *s = mem_new(sizeof *s);

	s->root_fd = root_fd;
	s->fd = s->owner_fd = -1;
	atomic_init(&s->left, -1);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
scratch_free(struct scratch *s)
{
	auto_error struct error ignored = ERROR_INIT;

	if (s == NULL)
		return;
	if (s->removals != NULL)
		group_wait(s->removals, &ignored);
	group_free(s->removals);
	pool_free(s->pool);
	own_close(&s->fd);
	/* The owner's lock is held until the last name is gone. */
	if (s->dir != NULL)
		file_remove_tree_within(&s->left, s->root_fd, s->dir, &ignored);
	own_close(&s->owner_fd);
	free(s->dir);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
scratch_leave(struct scratch *s)
{
	if (s != NULL)
		atomic_store(&s->left, LEAVE_NAMES);
}

/* ------------------------------------------------------------ birth */

static int
lock_owner_file(int dir_fd)
{
	auto_fd int fd = openat(dir_fd, "owner", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	                        0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	return take_fd(&fd);
}

/* The directory has another name until its owner file is locked, so a directory with its
 * final name whose owner file can be locked is always dead. tmp/ itself is locked
 * meanwhile: if nobody holds that lock, all directories with the other name are dead,
 * too. */
static int
make_own(struct scratch *s, struct error *err)
{
	char digits[NAME_DIGITS + 1];
	auto_free char *born = NULL, *dir = NULL;
	auto_fd int fd = -1, owner_fd = -1,
	            tmp_fd = file_open_dir(s->root_fd, "tmp", err);

	if (tmp_fd < 0)
		return -1;
	flock(tmp_fd, LOCK_SH);
	file_random_name(digits, NAME_DIGITS);
	born = mem_print("tmp/" BORN "%s", digits);
	dir = mem_print("tmp/%s", digits);
	if (mkdirat(s->root_fd, born, 0700) < 0)
		return error_sys(err, "create directory %s", born);
	fd = file_open_dir(s->root_fd, born, err);
	if (fd < 0)
		return -1;
	owner_fd = lock_owner_file(fd);
	if (owner_fd < 0)
		return error_sys(err, "lock %s/owner", born);
	if (renameat(s->root_fd, born, s->root_fd, dir) < 0)
		return error_sys(err, "rename %s", born);
	s->fd = take_fd(&fd);
	s->owner_fd = take_fd(&owner_fd);
	s->dir = take(dir);
	return 0;
}

int
scratch_fd(struct scratch *s, struct error *err)
{
	int status = 0;

	pthread_mutex_lock(&s->lock);
	if (s->dir == NULL)
		status = make_own(s, err);
	pthread_mutex_unlock(&s->lock);
	return status < 0 ? -1 : s->fd;
}

const char *
scratch_dir(const struct scratch *s)
{
	return s->dir;
}

char *
scratch_name(struct scratch *s, char kind, char out[SCRATCH_NAME_MAX])
{
	snprintf(out, SCRATCH_NAME_MAX, "%c%u", kind, atomic_fetch_add(&s->next, 1) + 1);
	return out;
}

/* ------------------------------------------------------------ removal */

struct removal {
	_Atomic int64_t *left;
	int dir_fd;
	char name[SCRATCH_NAME_MAX];
};

static int
scratch_remove(void *arg, struct error *err)
{
	struct removal *r = arg;
	auto_error struct error ignored = ERROR_INIT;

	(void)err;
	file_remove_tree_within(r->left, r->dir_fd, r->name, &ignored);
	free(r);
	return 0;
}

static void
queue_removal(struct scratch *s, struct removal *r)
{
	pthread_mutex_lock(&s->lock);
	if (s->removals == NULL) {
		s->pool = pool_new(1);
		s->removals = group_new(s->pool);
	}
	group_add(s->removals, scratch_remove, r);
	pthread_mutex_unlock(&s->lock);
}

int
scratch_trash(struct scratch *s, int dir_fd, const char *name)
{
	auto_error struct error err = ERROR_INIT;
	struct removal *r;
	int fd = scratch_fd(s, &err);

	if (fd < 0) {
		errno = err.sys;
		return -1;
	}
	r = mem_new(sizeof *r);
	r->dir_fd = fd;
	r->left = &s->left;
	scratch_name(s, 'x', r->name);
	if (renameat(dir_fd, name, fd, r->name) < 0) {
		free(r);
		return -1;
	}
	queue_removal(s, r);
	return 0;
}

/* ------------------------------------------------------------ sweeping */

static bool
owner_is_gone(int tmp_fd, const char *name)
{
	auto_free char *file = mem_print("%s/owner", name);
	auto_fd int fd = openat(tmp_fd, file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	/* Without owner: somebody died while removing it. */
	if (fd < 0)
		return errno == ENOENT;
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static bool
is_old(int tmp_fd, const char *name)
{
	struct stat sb;

	return fstatat(tmp_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       sb.st_mtime + BIRTH_MAX_S < time(NULL);
}

/* Where directories cannot be locked, their age decides. */
static void
sweep_stillborn(int tmp_fd, const char *name)
{
	auto_error struct error ignored = ERROR_INIT;
	bool locked = strncmp(name, BORN, strlen(BORN)) == 0 &&
	              flock(tmp_fd, LOCK_EX | LOCK_NB) == 0;

	if (locked || is_old(tmp_fd, name))
		file_remove_tree(tmp_fd, name, &ignored);
	if (locked)
		flock(tmp_fd, LOCK_UN);
}

static void
sweep_one(struct scratch *s, int tmp_fd, const char *name)
{
	bool has_owner = strspn(name, "0123456789abcdef") == NAME_DIGITS &&
	                 name[NAME_DIGITS] == '\0';

	if (lease_is_name(name))
		lease_sweep(tmp_fd, name);
	else if (!has_owner)
		sweep_stillborn(tmp_fd, name);
	else if (owner_is_gone(tmp_fd, name))
		scratch_trash(s, tmp_fd, name);
}

void
scratch_sweep(struct scratch *s)
{
	auto_listing struct listing list = listing_open(s->root_fd, "tmp");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (s->dir == NULL || strcmp(name, s->dir + strlen("tmp/")) != 0)
			sweep_one(s, listing_fd(&list), name);
}
