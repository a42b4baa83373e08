#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/lease.h"
#include "layers/scratch.h"
#include "layers/store.h"
#include "layers/store_state.h"

#define COPY_DIGITS 3 /* of the number of a private copy */

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

/* Under a name that the collector takes for a leftover. Whoever opens the old name from
 * now on gets a new directory; who did before holds a lease. */
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
	auto_fd int fd = file_open_dir(store_fd(st), "mounts", err);
	auto_fd int list_fd =
	        fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	const struct dirent *e;

	if (fd < 0)
		return -1;
	if (dir == NULL)
		return error_sys(err, "list mounts");
	take_fd(&list_fd);
	while ((e = readdir(dir)) != NULL)
		if (is_wanted(e->d_name, name, all) && drop(st, fd, e->d_name, err) < 0)
			return -1;
	return 0;
}
