#include "builder/sandbox/plain/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"

#define PAUSE_NS (50 * NS_PER_MS)

struct lock {
	dev_t dev;
	ino_t ino;
	int fd; /* borrowed */
	const char *target;
};

struct locks {
	ARRAY(struct lock) list;
};

static int
compare(const void *a, const void *b)
{
	const struct lock *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static int
collect(const struct sandbox_run *r, struct locks *out, struct error *err)
{
	for (size_t i = 0; i < r->n_mounts; i++) {
		const struct sandbox_mount *m = &r->mounts[i];
		struct lock *lock = NULL;
		struct stat st;

		if (m->kind != SANDBOX_BIND || m->is_foreign ||
		    (m->source != NULL && *m->source != '\0'))
			continue;
		if (fstat(m->source_fd, &st) < 0)
			return error_sys(err, "mount on %s", m->target);
		lock = array_add(&out->list);
		*lock = (struct lock){ st.st_dev, st.st_ino, m->source_fd, m->target };
	}
	return 0;
}

/* The lock belongs to the open file description: if the caller's descriptor is locked, it
 * stays locked. */
static int
wait_for(const struct plain_scratch *scratch, const struct lock *lock, struct error *err)
{
	while (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
		/* A directory that cannot be locked has no other users. */
		if (errno != EWOULDBLOCK)
			return 0;
		if (!cancel_pause(scratch->cancel, PAUSE_NS))
			return cancel_check(scratch->cancel, err);
	}
	return 0;
}

int
lend_lock(const struct plain_scratch *scratch, const struct sandbox_run *r,
          struct error *err)
{
	struct locks locks = { 0 };
	int failed = collect(r, &locks, err);

	/* All processes lock in the same order, to avoid deadlocks. */
	array_sort(&locks.list, compare);
	for (size_t i = 0; i < locks.list.n && failed == 0; i++) {
		const struct lock *lock = &locks.list.at[i];

		if (i > 0 && compare(lock, lock - 1) == 0)
			failed = error_set(err, ERR_USAGE,
			                   "mounts on %s and %s: one directory cannot be "
			                   "in two places in this sandbox",
			                   lock[-1].target, lock->target);
		else
			failed = wait_for(scratch, lock, err);
	}
	array_clear(&locks.list);
	return failed;
}

static int
move(int from_fd, int to_fd, const char *name, struct error *err)
{
	if (renameat(from_fd, name, to_fd, name) == 0)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST || errno == EISDIR || errno == ENOTDIR)
		return 0;
	return error_sys(err, "move %s of a cache mount", name);
}

int
lend_entries(int from_fd, int to_fd, struct error *err)
{
	auto_listing struct listing list = listing_open(from_fd, ".");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (move(from_fd, to_fd, name, err) < 0)
			return -1;
	return listing_failed(&list) ? error_sys(err, "list a cache mount") : 0;
}
