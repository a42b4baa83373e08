#include "builder/sandbox/owner_note.h"

#include <errno.h>
#include <stddef.h>

#include "builder/sandbox/sys.h"
#include "layers/layers.h"

static bool
has_users_attributes(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

static long
read_attribute(const char *path, bool nofollow, const char *name, void *out, size_t size)
{
	return syscall(nofollow ? SYS_lgetxattr : SYS_getxattr, path, name, out, size);
}

void
owner_note_read(const char *path, bool nofollow, const struct stat *st, struct owner *out)
{
	struct layer_owner_special special;
	struct layer_owner_mark mark;

	*out = (struct owner){ st->st_uid, st->st_gid };
	if (has_users_attributes(st->st_mode)) {
		if (read_attribute(path, nofollow, LAYER_OWNER, &mark, sizeof mark) ==
		    (long)sizeof mark)
			*out = (struct owner){ mark.uid, mark.gid };
		return;
	}
	if (read_attribute(path, nofollow, LAYER_OWNER_SPECIAL, &special,
	                   sizeof special) == (long)sizeof special &&
	    special.sign == LAYER_OWNER_SIGN)
		*out = (struct owner){ special.uid, special.gid };
}

/* Removed if it says what has no note is anyway. */
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
		return write_attribute(path, nofollow, LAYER_OWNER,
		                       is_roots ? NULL : &mark, sizeof mark);
	if (write_attribute(path, nofollow, LAYER_OWNER_SPECIAL,
	                    is_roots ? NULL : &special, sizeof special) == 0)
		return 0;
	/* Pipes without a name keep no owner, and need none. */
	return errno == EOPNOTSUPP && !S_ISLNK(st->st_mode) ? 0 : -1;
}
