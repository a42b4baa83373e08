#include "layers/xattrs.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/file.h"
#include "layers/owner_marks.h"
#include "layers/owner_notes.h"

/* linux/capability.h: magic_etc, then pairs of permitted and inheritable; all
 * little endian. The revision is the top byte of magic_etc. */
enum { REVISION_BYTE = 3, SIZE_1 = 12, SIZE_2 = 20, SIZE_3 = 24 };

struct capability
capability_clean(struct text value)
{
	struct capability c = { .n = value.n };

	if (value.n != SIZE_1 && value.n != SIZE_2 && value.n != SIZE_3)
		return (struct capability){ .n = 0 };
	memcpy(c.bytes, value.p, value.n);
	if (value.n == SIZE_3 && c.bytes[REVISION_BYTE] == 3) {
		c.bytes[REVISION_BYTE] = 2;
		c.n = SIZE_2;
		memset(c.bytes + SIZE_2, 0, SIZE_3 - SIZE_2);
	}
	if ((c.n == SIZE_1 && c.bytes[REVISION_BYTE] == 1) ||
	    (c.n == SIZE_2 && c.bytes[REVISION_BYTE] == 2))
		return c;
	return (struct capability){ .n = 0 };
}

struct capability
capability_of_fd(int fd)
{
	char value[CAPABILITY_MAX];
	ssize_t n = owner_is_noted()
	                    ? fgetxattr(fd, LAYER_CAPABILITY, value, sizeof value)
	                    : -1;

	if (n <= 0)
		n = fgetxattr(fd, XATTR_CAPABILITY, value, sizeof value);
	if (n <= 0)
		return (struct capability){ .n = 0 };
	return capability_clean((struct text){ value, (size_t)n });
}

struct capability
capability_of_name(int dir_fd, const char *name)
{
	char path[FILE_AT_PATH_MAX], value[CAPABILITY_MAX];
	ssize_t n = -1;

	file_at_path(dir_fd, name, path);
	if (owner_is_noted())
		n = lgetxattr(path, LAYER_CAPABILITY, value, sizeof value);
	if (n <= 0)
		n = lgetxattr(path, XATTR_CAPABILITY, value, sizeof value);
	if (n <= 0)
		return (struct capability){ .n = 0 };
	return capability_clean((struct text){ value, (size_t)n });
}

int
capability_set(int fd, struct text value)
{
	return fsetxattr(fd, XATTR_CAPABILITY, value.p, value.n, 0);
}

int
capability_note(int fd, struct text value)
{
	return fsetxattr(fd, LAYER_CAPABILITY, value.p, value.n, 0);
}
