#include "builder/sandbox/inside/owner_note.h"

#include <errno.h>
#include <stddef.h>

#include "builder/sandbox/inside/sys.h"
#include "layers/owner_marks.h"

/* A tmpfs supports user attributes since Linux 6.6. It always supported attributes of
 * this kind, for the process that mounted it in its own user namespace. Files on a tmpfs
 * are in no layer. */
#define OWNER_ON_TMPFS "security.cooper.owner"

static bool
has_users_attributes(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

static bool
read_attribute(const char *path, bool nofollow, const char *name, void *out, size_t size)
{
	return syscall(nofollow ? SYS_lgetxattr : SYS_getxattr, path, name, out, size) ==
	       (long)size;
}

void
owner_note_read(const char *path, bool nofollow, const struct stat *st, struct owner *out)
{
	struct layer_owner_special special;
	struct layer_owner_mark mark;

	*out = (struct owner){ st->st_uid, st->st_gid };
	if (has_users_attributes(st->st_mode)) {
		if (read_attribute(path, nofollow, LAYER_OWNER, &mark, sizeof mark) ||
		    (errno == EOPNOTSUPP &&
		     read_attribute(path, nofollow, OWNER_ON_TMPFS, &mark, sizeof mark)))
			*out = (struct owner){ mark.uid, mark.gid };
		return;
	}
	if (read_attribute(path, nofollow, LAYER_OWNER_SPECIAL, &special,
	                   sizeof special) &&
	    special.sign == LAYER_OWNER_SIGN)
		*out = (struct owner){ special.uid, special.gid };
}

/* A note that equals the default is removed. */
static int
write_attribute(const char *path, bool nofollow, const char *name, const void *value,
                size_t size)
{
	if (value != NULL)
		return (int)syscall(nofollow ? SYS_lsetxattr : SYS_setxattr, path, name,
		                    value, size, 0);
	syscall(nofollow ? SYS_lremovexattr : SYS_removexattr, path, name);
	return 0;
}

/* Of a file or directory. */
static int
write_mark(const char *path, bool nofollow, const struct layer_owner_mark *mark)
{
	if (write_attribute(path, nofollow, LAYER_OWNER, mark, sizeof *mark) < 0 &&
	    (errno != EOPNOTSUPP ||
	     write_attribute(path, nofollow, OWNER_ON_TMPFS, mark, sizeof *mark) < 0))
		return -1;
	/* Otherwise the old note would count again. */
	if (mark == NULL)
		write_attribute(path, nofollow, OWNER_ON_TMPFS, NULL, 0);
	return 0;
}

int
owner_note_write(const char *path, bool nofollow, const struct stat *st,
                 const struct owner *owner)
{
	const struct layer_owner_mark mark = { owner->uid, owner->gid };
	const struct layer_owner_special special = { .revision = LAYER_OWNER_REVISION,
		                                     .uid = owner->uid,
		                                     .gid = owner->gid,
		                                     .sign = LAYER_OWNER_SIGN };
	const bool is_roots = owner->uid == 0 && owner->gid == 0;

	if (has_users_attributes(st->st_mode))
		return write_mark(path, nofollow, is_roots ? NULL : &mark);
	if (write_attribute(path, nofollow, LAYER_OWNER_SPECIAL,
	                    is_roots ? NULL : &special, sizeof special) == 0)
		return 0;
	/* Pipes without a name keep no owner, and need none. */
	return errno == EOPNOTSUPP && !S_ISLNK(st->st_mode) ? 0 : -1;
}

int
owner_note_write_fd(int fd, const struct owner *owner)
{
	const struct layer_owner_mark mark = { owner->uid, owner->gid };

	if (syscall(SYS_fsetxattr, fd, LAYER_OWNER, &mark, sizeof mark, 0) == 0)
		return 0;
	return errno != EOPNOTSUPP ? -1
	                           : (int)syscall(SYS_fsetxattr, fd, OWNER_ON_TMPFS,
	                                          &mark, sizeof mark, 0);
}
