#include "builder/sandbox/inside/probe.h"

#include <errno.h>

#include "builder/sandbox/inside/sys.h"

static int
write_and_rename(void)
{
	int fd = sys_openat(AT_FDCWD, "/new", O_CREAT | O_EXCL | O_WRONLY, 0644);
	int result = fd < 0 ? -1 : (int)sys_write(fd, "x", 1);

	if (fd >= 0)
		sys_close(fd);
	return result < 0 ? -1
	                  : (int)syscall(SYS_renameat2, AT_FDCWD, "/new", AT_FDCWD,
	                                 "/renamed", 0);
}

static int
unlinkat_here(const char *path, int flags)
{
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
}

int
probe_files(struct recipe *recipe)
{
	if (write_and_rename() < 0)
		return recipe_fail(recipe, STAGE_PROBE, errno, "write and rename a file");
	if (unlinkat_here("/" PROBE_FILE, 0) < 0)
		return recipe_fail(recipe, STAGE_PROBE, errno,
		                   "delete a file of a layer");
	if (unlinkat_here("/" PROBE_DIR, AT_REMOVEDIR) < 0 ||
	    sys_mkdirat(AT_FDCWD, "/" PROBE_DIR, 0755) < 0)
		return recipe_fail(recipe, STAGE_PROBE, errno,
		                   "replace a directory of a layer");
	return 0;
}
