#include "builder/sandbox/plain/copies.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/plain/tree_path.h"
#include "layers/owner_notes.h"
#include "layers/plain_tree.h"

#define NAMES_MAX 65536

void
copies_clear(struct copies *c)
{
	for (size_t i = 0; i < c->names.n; i++)
		free(c->names.at[i]);
	array_clear(&c->names);
	own_close(&c->dir_fd);
	free(c->mounts);
	c->mounts = NULL;
}

/* ------------------------------------------------------------ a file */

/* Attributes that a file system does not support are left out. */
static void
copy_attributes(int in, int out)
{
	auto_free char *names = mem_new(NAMES_MAX), *value = mem_new(NAMES_MAX);
	ssize_t n = flistxattr(in, names, NAMES_MAX);

	for (const char *name = names; n > 0 && name < names + n;
	     name += strlen(name) + 1) {
		ssize_t size = fgetxattr(in, name, value, NAMES_MAX);

		if (size >= 0)
			fsetxattr(out, name, value, (size_t)size, 0);
	}
}

static int
copy_file(int from_fd, int dir_fd, const char *name, const struct stat *st,
          const struct cancel *cancel, struct error *err)
{
	char link[FILE_FD_PATH_MAX];
	auto_fd int in = open(file_fd_path(from_fd, link), O_RDONLY | O_CLOEXEC);
	auto_fd int out = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	                         0600);
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	struct stat image = *st;

	if (in < 0 || out < 0)
		return error_sys(err, "copy a file to be mounted");
	if (file_copy_fd(in, out, cancel, NULL, err) < 0)
		return -1;
	owner_image(in, &image);
	if (owner_give(out, &image) < 0)
		return error_sys(err, "copy a file to be mounted: owner and mode");
	copy_attributes(in, out);
	futimens(out, times);
	return 0;
}

/* ------------------------------------------------------------ a mount */

/* PARTS: topmost first. */
static int
copy_directory(const int *parts, int n, int dir_fd, const char *name,
               const struct cancel *cancel, struct error *err)
{
	auto_fd int fd = -1;

	if (mkdirat(dir_fd, name, 0755) < 0)
		return error_sys(err, "make a directory to be mounted");
	fd = file_open_dir(dir_fd, name, err);
	for (int i = n; fd >= 0 && i-- > 0;)
		if (plain_tree_apply(parts[i], fd, cancel, err) < 0)
			return -1;
	return fd < 0 ? -1 : 0;
}

static int
copy_merge(const struct sandbox_mount *m, int dir_fd, const char *name,
           const struct cancel *cancel, struct error *err)
{
	const char *source = m->source == NULL ? "" : m->source;
	auto_free int *parts = mem_new_n(m->n_lowers + 1, sizeof *parts);
	int n = tree_path_merged(m->lowers, m->n_lowers, source, parts, err);
	int failed = n < 0 ? -1 : 0;
	struct stat st = { .st_mode = S_IFDIR };

	if (n == 0 && m->n_lowers > 0)
		return error_set(err, ERR_SOURCE, "\"%s\": not found", source);
	if (n > 0 && fstat(parts[0], &st) < 0)
		failed = error_sys(err, "%s", source);
	if (failed == 0 && S_ISDIR(st.st_mode))
		failed = copy_directory(parts, n, dir_fd, name, cancel, err);
	else if (failed == 0 && S_ISREG(st.st_mode))
		failed = copy_file(parts[0], dir_fd, name, &st, cancel, err);
	else if (failed == 0)
		failed = error_set(err, ERR_SOURCE, "\"%s\": neither file nor directory",
		                   source);
	for (int i = 0; i < n; i++)
		close(parts[i]);
	return failed < 0 ? error_wrap(err, "mount on %s", m->target) : 0;
}

int
copies_make(struct copies *c, const struct plain_scratch *scratch,
            const struct sandbox_run *r, const char *dir, struct error *err)
{
	c->run = *r;
	c->mounts = mem_new_n(r->n_mounts + 1, sizeof *c->mounts);
	c->run.mounts = c->mounts;
	if (mkdirat(scratch->fd, dir, 0700) < 0 && errno != EEXIST)
		return error_sys(err, "make %s/%s", scratch->path, dir);
	c->dir_fd = file_open_dir(scratch->fd, dir, err);
	if (c->dir_fd < 0)
		return -1;
	for (size_t i = 0; i < r->n_mounts; i++) {
		struct sandbox_mount *m = &c->mounts[i];
		char *name = NULL;

		*m = r->mounts[i];
		if (m->kind != SANDBOX_OVERLAY)
			continue;
		name = mem_print("copy%zu", i);
		array_push(&c->names, name);
		if (copy_merge(m, c->dir_fd, name, scratch->cancel, err) < 0)
			return -1;
		m->kind = SANDBOX_BIND;
		m->source_fd = c->dir_fd;
		m->source = name;
	}
	return 0;
}
