#include "builder/context/capability.h"

#include <linux/capability.h>
#include <sys/xattr.h>

#include "base/base.h"
#include "base/file.h"

/* struct vfs_cap_data as it is on disk: magic, then two pairs of words. */
#define REVISION_2_SIZE XATTR_CAPS_SZ_2

void
capability_read(int dir_fd, const char *name, struct arena *arena, struct text *out)
{
	char dir[FILE_FD_PATH_MAX];
	auto_free char *path = mem_print("%s/%s", file_fd_path(dir_fd, dir), name);
	char value[XATTR_CAPS_SZ_3];
	ssize_t n = lgetxattr(path, "security.capability", value, sizeof value);

	if (n < (ssize_t)REVISION_2_SIZE)
		return;
	/* Revision 3 adds the owner of a user namespace, which is ours alone. The
	 * words are little-endian: the revision is the highest byte. */
	value[3] = (char)(VFS_CAP_REVISION_2 >> 24);
	*out = arena_text(arena, (struct text){ value, REVISION_2_SIZE });
}
