#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/lease.h"
#include "layers/scratch.h"
#include "layers/store.h"
#include "layers/store_state.h"

#define COPY_DIGITS 3 /* digits of the number of a private copy */

static bool
is_wanted(const char *found, const char *name, bool all)
{
	size_t n = strlen(name);

	if (strncmp(found, name, n) != 0)
		return false;
	if (found[n] == '\0')
		return true;
	if (found[n] != '-')
		return false;
	return all || strlen(found + n + 1) <= COPY_DIGITS;
}

/* Renames the directory to a name that the collector takes for a leftover. Whoever opens
 * the old name from now on gets a new directory; whoever opened it before holds a
 * lease. */
static int
drop(struct store *st, int mounts_fd, const char *name, struct error *err)
{
	char digits[17];
	auto_free char *left = NULL;
	size_t n_leases = 0;

	file_random_name(digits, 16);
	left = mem_print(".tmp-%s", digits);
	if (renameat(mounts_fd, name, mounts_fd, left) < 0)
		return errno == ENOENT ? 0 : error_sys(err, "move mounts/%s", name);
	if (leases_count(store_fd(st), &n_leases, err) < 0)
		return -1;
	if (n_leases <= 1)
		scratch_trash(store_scratch(st), mounts_fd, left);
	return 0;
}

int
store_drop_mounts(struct store *st, const char *name, bool all, struct error *err)
{
	auto_listing struct listing list = listing_open(store_fd(st), "mounts");
	const char *mount = NULL;

	while ((mount = listing_next(&list)) != NULL)
		if (is_wanted(mount, name, all) &&
		    drop(st, listing_fd(&list), mount, err) < 0)
			return -1;
	return listing_failed(&list) ? error_sys(err, "list mounts") : 0;
}
