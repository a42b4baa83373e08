#include "layers/owner.h"

#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/owner_marks.h"
#include "layers/owner_notes.h"

int
owner_mark(int fd, uint32_t uid, uint32_t gid)
{
	const struct layer_owner_mark mark = { uid, gid };

	return fsetxattr(fd, LAYER_OWNER, &mark, sizeof mark, 0);
}

int
owner_copy_mark(int from, int to)
{
	struct layer_owner_mark mark;

	if (fgetxattr(from, LAYER_OWNER, &mark, sizeof mark) != (ssize_t)sizeof mark)
		return 0;
	return fsetxattr(to, LAYER_OWNER, &mark, sizeof mark, 0);
}

/* ------------------------------------------------------------ links and nodes */

static bool
read_special(int dir_fd, const char *name, struct layer_owner_special *out)
{
	char path[FILE_AT_PATH_MAX];

	return lgetxattr(file_at_path(dir_fd, name, path), LAYER_OWNER_SPECIAL, out,
	                 sizeof *out) == (ssize_t)sizeof *out &&
	       out->revision == LAYER_OWNER_REVISION && out->sign == LAYER_OWNER_SIGN;
}

int
owner_mark_special(int dir_fd, const char *name, uint32_t uid, uint32_t gid)
{
	const struct layer_owner_special mark = { .revision = LAYER_OWNER_REVISION,
		                                  .uid = uid,
		                                  .gid = gid,
		                                  .sign = LAYER_OWNER_SIGN };
	char path[FILE_AT_PATH_MAX];

	return lsetxattr(file_at_path(dir_fd, name, path), LAYER_OWNER_SPECIAL, &mark,
	                 sizeof mark, 0);
}

int
owner_copy_special(int from_fd, const char *name, int to_fd, const char *as)
{
	struct layer_owner_special mark;

	if (!read_special(from_fd, name, &mark))
		return 0;
	return owner_mark_special(to_fd, as, mark.uid, mark.gid);
}

/* ------------------------------------------------------------ reading */

bool
owner_marks_count(const char *upper)
{
	auto_free char *path = mem_print("%s.owners", upper);

	return owner_is_noted() || access(path, F_OK) == 0;
}

void
owner_apply(int dir_fd, const char *name, struct stat *st)
{
	char path[FILE_AT_PATH_MAX];
	struct layer_owner_special special;
	struct layer_owner_mark mark;

	if (owner_is_noted()) {
		owner_image_at(dir_fd, name, st);
		return;
	}
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) {
		if (!read_special(dir_fd, name, &special))
			return;
		mark = (struct layer_owner_mark){ special.uid, special.gid };
	} else if (lgetxattr(file_at_path(dir_fd, name, path), LAYER_OWNER, &mark,
	                     sizeof mark) != (ssize_t)sizeof mark) {
		return;
	}
	st->st_uid = mark.uid;
	st->st_gid = mark.gid;
}
