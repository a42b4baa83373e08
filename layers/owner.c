#include "layers/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"

/* Of a file that a step may have made large. */
#define RECORDS_MAX ((size_t)64 << 20)

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

/* ------------------------------------------------------------ records */

static int
by_inode(const void *a, const void *b)
{
	const struct layer_owner *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* The last record of an inode is the one that counts. */
static void
add(struct owner_records *out, const struct layer_owner *owner, size_t n)
{
	struct map seen = MAP_INIT;

	for (size_t i = n; i-- > 0;)
		if (map_set(&seen,
		            (struct text){ (const char *)&owner[i].ino,
		                           sizeof owner[i].ino },
		            NULL))
			array_push(&out->list, owner[i]);
	map_clear(&seen);
	array_sort(&out->list, by_inode);
}

int
owner_records_read(const char *upper, struct owner_records *out, struct error *err)
{
	auto_free char *path = mem_print("%s.owners", upper);
	auto_buf struct buf bytes = BUF_INIT;
	int found = file_read(AT_FDCWD, path, RECORDS_MAX, &bytes, err);

	*out = (struct owner_records){ .are_there = found > 0 };
	if (found < 0)
		return -1;
	add(out, (const void *)buf_str(&bytes), bytes.n / sizeof(struct layer_owner));
	return 0;
}

void
owner_records_clear(struct owner_records *r)
{
	array_clear(&r->list);
}

void
owner_apply(const struct owner_records *r, int dir_fd, const char *name, struct stat *st)
{
	/* No *at call for attributes before Linux 6.13: by way of /proc. */
	char path[FILE_FD_PATH_MAX + 257], dir[FILE_FD_PATH_MAX];
	const struct layer_owner key = { .ino = st->st_ino }, *found = NULL;
	struct layer_owner_mark mark;

	if (!r->are_there)
		return;
	if (r->list.n > 0)
		found = bsearch(&key, r->list.at, r->list.n, sizeof key, by_inode);
	if (found != NULL && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) {
		st->st_uid = found->uid;
		st->st_gid = found->gid;
		return;
	}
	snprintf(path, sizeof path, "%s/%s", file_fd_path(dir_fd, dir), name);
	if (lgetxattr(path, LAYER_OWNER, &mark, sizeof mark) == (ssize_t)sizeof mark) {
		st->st_uid = mark.uid;
		st->st_gid = mark.gid;
	}
}
