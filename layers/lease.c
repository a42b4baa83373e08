#include "layers/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"

bool
lease_is_name(const char *name)
{
	return strncmp(name, LEASE_PREFIX, strlen(LEASE_PREFIX)) == 0;
}

/* Opens NAME and checks whether somebody holds it. */
static int
open_held(int tmp_fd, const char *name, bool *held)
{
	auto_fd int fd = openat(tmp_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	/* A lease of another user counts as held. */
	*held = fd < 0 ? errno != ENOENT : flock(fd, LOCK_EX | LOCK_NB) < 0;
	return take_fd(&fd);
}

void
lease_sweep(int tmp_fd, const char *name)
{
	bool held;
	auto_fd int fd = open_held(tmp_fd, name, &held);

	if (!held && fd >= 0)
		unlinkat(tmp_fd, name, 0);
}

/* The number of leases that are held, and the time of the oldest. */
static int
count(int root_fd, size_t *n, int64_t *oldest, struct error *err)
{
	auto_listing struct listing list = listing_open(root_fd, "tmp");
	const char *name = NULL;

	*n = 0;
	*oldest = INT64_MAX;
	while ((name = listing_next(&list)) != NULL) {
		auto_fd int fd = -1;
		struct stat sb;
		bool held;

		if (!lease_is_name(name))
			continue;
		fd = open_held(listing_fd(&list), name, &held);
		if (!held)
			continue;
		++*n;
		if (fstatat(listing_fd(&list), name, &sb, 0) == 0 &&
		    clock_mtime_ns(&sb) < *oldest)
			*oldest = clock_mtime_ns(&sb);
	}
	return listing_failed(&list) ? error_sys(err, "list tmp") : 0;
}

int
leases_oldest(int root_fd, int64_t *ns, struct error *err)
{
	size_t n;

	return count(root_fd, &n, ns, err);
}

int
leases_count(int root_fd, size_t *n, struct error *err)
{
	int64_t oldest;

	return count(root_fd, n, &oldest, err);
}
