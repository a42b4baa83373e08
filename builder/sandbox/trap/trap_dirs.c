#include "builder/sandbox/trap/trap_dirs.h"

#include <string.h>

#include "builder/sandbox/inside/open_in_root.h"
#include "builder/sandbox/inside/sys.h"

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static struct trap_dir *
place_of(struct trap_dirs *d, uint32_t root, const char *path, size_t n)
{
	uint32_t hash = UINT32_C(2166136261) ^ root;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)path[i]) * UINT32_C(16777619);
	return &d->at[(hash ^ (hash >> 16)) % TRAP_DIRS_MAX];
}

static void
drop(struct trap_dirs *d, struct trap_dir *dir)
{
	if (dir->n == 0)
		return;
	sys_close(dir->fd);
	dir->n = 0;
	d->n--;
}

int
trap_dirs_open(struct trap_dirs *d, uint32_t root, int root_fd, const char *path, size_t n)
{
	struct trap_dir *dir = place_of(d, root, path, n);

	if (dir->n == n && dir->root == root && memcmp(dir->path, path, n) == 0)
		return dir->fd;
	drop(d, dir);
	memcpy(dir->path, path, n);
	dir->path[n] = '\0';
	dir->fd = open_in_root_as(root_fd, dir->path, O_DIRECTORY);
	if (dir->fd < 0)
		return -1;
	dir->root = root;
	dir->n = n;
	d->n++;
	return dir->fd;
}

bool
trap_dirs_may_use(const struct trap_dirs *d, int dir_fd, const char *name)
{
	struct stat st;

	return d->n > 0 &&
	       syscall(SYS_newfstatat, dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode));
}

void
trap_dirs_forget(struct trap_dirs *d)
{
	for (size_t i = 0; i < TRAP_DIRS_MAX && d->n > 0; i++)
		drop(d, &d->at[i]);
}
