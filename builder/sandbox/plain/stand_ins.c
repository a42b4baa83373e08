#include "builder/sandbox/plain/stand_ins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/count.h"
#include "base/event.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/path.h"
#include "builder/sandbox/plain/lend.h"
#include "builder/sandbox/plain/tree_path.h"
#include "layers/owner_marks.h"
#include "layers/owner_notes.h"
#include "layers/plain_tree.h"

void
stand_ins_clear(struct stand_ins *c)
{
	for (size_t i = 0; i < c->list.n; i++) {
		free(c->list.at[i].path);
		free(c->list.at[i].aside);
		own_close(&c->list.at[i].fd);
		own_close(&c->list.at[i].lent_fd);
	}
	for (size_t i = 0; i < c->touched.n; i++)
		free(c->touched.at[i].path);
	array_clear(&c->list);
	array_clear(&c->touched);
	free(c->dir);
	c->dir = NULL;
}

/* ------------------------------------------------------------ places */

/* Remembers the time of directory PATH before it gets its first stand-in. */
static void
touch(struct stand_ins *c, struct text path)
{
	const struct text dir = path.n == 0 ? TEXT(".") : path;
	struct touched *t = NULL;
	struct stat st;

	for (size_t i = 0; i < c->touched.n; i++)
		if (text_equal(text_of(c->touched.at[i].path), dir))
			return;
	t = array_add(&c->touched);
	t->path = text_copy(dir);
	if (fstatat(c->tree_fd, t->path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		t->before = st.st_mtim;
}

static struct stand_in *
add_stand_in(struct stand_ins *c, char *path)
{
	struct stand_in *stand_in = array_add(&c->list);

	stand_in->path = path;
	stand_in->fd = stand_in->lent_fd = -1;
	return stand_in;
}

/* It exists now, and can be found even if the step moves it. */
static void
mark_placed(const struct stand_ins *c, struct stand_in *stand_in)
{
	stand_in->fd = openat(c->tree_fd, stand_in->path,
	                      O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static int
make_parents(struct stand_ins *c, const char *path, struct error *err)
{
	struct text rest = path_dir(text_of(path)), name;
	auto_buf struct buf done = BUF_INIT;

	while (path_next(&rest, &name)) {
		struct text parent = buf_text(&done);
		struct stand_in *stub = NULL;
		struct stat st;

		auto_free char *above = text_copy(parent);
		if (done.n > 0)
			buf_add_char(&done, '/');
		buf_add_text(&done, name);
		if (fstatat(c->tree_fd, buf_str(&done), &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		touch(c, text_of(above));
		if (mkdirat(c->tree_fd, buf_str(&done), 0755) < 0)
			return error_sys(err, "mount on /%s: make /%s", path,
			                 buf_str(&done));
		stub = add_stand_in(c, mem_copy(buf_str(&done)));
		stub->is_stub = true;
	}
	return 0;
}

/* Clears the place TARGET for a stand-in, a directory if IS_DIR: moves the original
 * aside. NULL with ERR. */
static struct stand_in *
clear_place(struct stand_ins *c, const char *target, bool is_dir, struct error *err)
{
	char *path = tree_path_resolve(c->tree_fd, target, err);
	struct stand_in *stand_in = NULL;
	struct stat st;

	if (path == NULL)
		return NULL;
	if (*path == '\0' || make_parents(c, path, err) < 0) {
		if (*path == '\0')
			error_set(err, ERR_USAGE,
			          "mount on %s: not possible in this sandbox", target);
		free(path);
		return NULL;
	}
	touch(c, path_dir(text_of(path)));
	stand_in = add_stand_in(c, path);
	if (fstatat(c->tree_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return stand_in;
	if (S_ISDIR(st.st_mode) != is_dir) {
		error_set(err, ERR_SOURCE, "mount on %s: %s", target,
		          is_dir ? "not a directory" : "is a directory");
		return NULL;
	}
	stand_in->aside = mem_print("%s/%zu", c->dir, c->list.n);
	if (renameat(c->tree_fd, path, AT_FDCWD, stand_in->aside) < 0) {
		error_sys(err, "mount on %s: move what is there", target);
		free(stand_in->aside);
		stand_in->aside = NULL;
		return NULL;
	}
	return stand_in;
}

static int
set_owner(int fd, const char *target, const struct stat *image, struct error *err)
{
	return owner_give(fd, image) < 0
	               ? error_sys(err, "mount on %s: set the owner and mode", target)
	               : 0;
}

static int
set_same_owner(int from_fd, int fd, const char *target, struct error *err)
{
	return owner_give_same(from_fd, fd) < 0
	               ? error_sys(err, "mount on %s: set the owner and mode", target)
	               : 0;
}

static int
open_new_dir(struct stand_ins *c, const char *target, struct error *err)
{
	struct stand_in *stand_in = clear_place(c, target, true, err);
	int fd = -1;

	if (stand_in == NULL)
		return -1;
	if (mkdirat(c->tree_fd, stand_in->path, 0755) == 0)
		fd = openat(c->tree_fd, stand_in->path,
		            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "mount on %s", target);
	mark_placed(c, stand_in);
	return fd;
}

static int
open_new_file(struct stand_ins *c, const char *target, struct error *err)
{
	struct stand_in *stand_in = clear_place(c, target, false, err);
	int fd = -1;

	if (stand_in == NULL)
		return -1;
	fd = openat(c->tree_fd, stand_in->path,
	            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, "mount on %s", target);
	mark_placed(c, stand_in);
	return fd;
}

/* ------------------------------------------------------------ kinds */

static int
place_file(struct stand_ins *c, const char *target, struct text content, mode_t mode,
           uid_t uid, gid_t gid, struct error *err)
{
	auto_fd int fd = open_new_file(c, target, err);
	const struct stat image = { .st_mode = S_IFREG | (mode & 07777),
		                    .st_uid = uid,
		                    .st_gid = gid };

	if (fd < 0 || file_write_all(fd, content.p, content.n, err) < 0)
		return -1;
	return set_owner(fd, target, &image, err);
}

static int
place_dir(struct stand_ins *c, const struct sandbox_mount *m, struct error *err)
{
	auto_fd int fd = open_new_dir(c, m->target, err);

	const struct stat image = { .st_mode = S_IFDIR | (m->mode & 07777),
		                    .st_uid = m->uid,
		                    .st_gid = m->gid };

	return fd < 0 ? -1 : set_owner(fd, m->target, &image, err);
}

/* A file or node of a merge, by its descriptor. */
static int
place_copy(struct stand_ins *c, const struct plain_scratch *scratch, const char *target,
           int fd, const struct stat *st, struct error *err)
{
	char link[FILE_FD_PATH_MAX];
	auto_fd int in = open(file_fd_path(fd, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	auto_fd int out = -1;
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (in < 0 || !S_ISREG(st->st_mode))
		return error_set(err, ERR_SOURCE,
		                 "mount on %s: neither file nor directory", target);
	out = open_new_file(c, target, err);
	if (out < 0 || file_copy_fd(in, out, scratch->cancel, NULL, err) < 0 ||
	    set_same_owner(in, out, target, err) < 0)
		return -1;
	futimens(out, times);
	return 0;
}

/* The parts of a directory, the lowest first. */
static int
place_parts(struct stand_ins *c, const struct plain_scratch *scratch, const char *target,
            const int *fds, int n, struct error *err)
{
	auto_fd int fd = open_new_dir(c, target, err), top_fd = -1;
	struct stat st;

	if (fd < 0)
		return -1;
	for (int i = n; i-- > 0;)
		if (plain_tree_apply(fds[i], fd, scratch->cancel, err) < 0)
			return error_wrap(err, "mount on %s", target);
	/* The directory itself is that of the highest part. */
	top_fd = openat(fds[0], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (set_same_owner(top_fd, fd, target, err) < 0)
		return -1;
	if (fstat(top_fd, &st) == 0)
		futimens(fd, (const struct timespec[2]){ st.st_atim, st.st_mtim });
	return 0;
}

static int
place_merged(struct stand_ins *c, const struct plain_scratch *scratch,
             const struct sandbox_mount *m, struct error *err)
{
	auto_free int *fds = mem_new_n(m->n_lowers + 1, sizeof *fds);
	int n = tree_path_merged(m->lowers, m->n_lowers,
	                         m->source == NULL ? "" : m->source, fds, err);
	int failed = n < 0 ? -1 : 0;
	struct stat st;

	if (n == 0)
		return error_set(err, ERR_SOURCE, "\"%s\": not found", m->source);
	if (failed == 0 && fstat(fds[0], &st) < 0)
		failed = error_sys(err, "mount on %s", m->target);
	if (failed == 0)
		failed = S_ISDIR(st.st_mode)
		                 ? place_parts(c, scratch, m->target, fds, n, err)
		                 : place_copy(c, scratch, m->target, fds[0], &st, err);
	for (int i = 0; i < n; i++)
		close(fds[i]);
	return failed;
}

/* Moves the entries of a borrowed directory into the tree for the time of the step. */
static int
place_borrowed(struct stand_ins *c, const struct sandbox_mount *m, int source_fd,
               struct error *err)
{
	auto_fd int from_fd = openat(source_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd int fd = from_fd < 0 ? -1 : open_new_dir(c, m->target, err);

	if (from_fd < 0)
		return error_sys(err, "mount on %s", m->target);
	if (fd < 0 || set_same_owner(from_fd, fd, m->target, err) < 0)
		return -1;
	c->list.at[c->list.n - 1].lent_fd = fcntl(from_fd, F_DUPFD_CLOEXEC, 3);
	return lend_entries(from_fd, fd, err);
}

/* A socket is identified by its inode, so a hard link to it works. */
static int
place_socket(struct stand_ins *c, const struct sandbox_mount *m, int source_fd,
             struct error *err)
{
	struct stand_in *stand_in = clear_place(c, m->target, false, err);
	char link[FILE_FD_PATH_MAX];

	if (stand_in == NULL)
		return -1;
	if (linkat(AT_FDCWD, file_fd_path(source_fd, link), c->tree_fd, stand_in->path,
	           AT_SYMLINK_FOLLOW) == 0) {
		mark_placed(c, stand_in);
		return 0;
	}
	return error_sys(err, "mount on %s", m->target);
}

/* The directory of somebody else stays as it is. */
static int
place_foreign(struct stand_ins *c, const struct plain_scratch *scratch,
              const char *target, int source_fd, struct error *err)
{
	auto_fd int from_fd = openat(source_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (from_fd < 0)
		return error_sys(err, "mount on %s", target);
	return place_parts(c, scratch, target, &from_fd, 1, err);
}

static int
place_bind(struct stand_ins *c, const struct plain_scratch *scratch,
           const struct sandbox_mount *m, struct error *err)
{
	const char *source = m->source == NULL || *m->source == '\0' ? "." : m->source;
	auto_fd int fd = inroot_open(m->source_fd, source, O_PATH, 0);
	struct stat st;

	/* A file of the caller's. */
	if (fd < 0 && errno == ENOTDIR && m->is_foreign)
		fd = fcntl(m->source_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 && errno == ENOENT)
		return error_set(err, ERR_SOURCE, "mount on %s: \"%s\": not found",
		                 m->target, source);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, "mount on %s: open %s", m->target, source);
	if (m->is_foreign && !m->readonly && !S_ISSOCK(st.st_mode))
		event_warn(0,
		           "nothing can be mounted here: %s shows a copy, and what is "
		           "written to it is lost",
		           m->target);
	if (S_ISDIR(st.st_mode))
		return m->is_foreign ? place_foreign(c, scratch, m->target, fd, err)
		                     : place_borrowed(c, m, fd, err);
	if (S_ISSOCK(st.st_mode))
		return place_socket(c, m, fd, err);
	return place_copy(c, scratch, m->target, fd, &st, err);
}

/* ------------------------------------------------------------ the system's */

/* Where nodes cannot be made, empty files with notes stand for them, which nobody opens:
 * the supervisor serves devices. */
static int
place_nodes(int dir_fd)
{
	static const struct {
		const char *name;
		unsigned major, minor;
	} nodes[] = { { "null", 1, 3 },   { "zero", 1, 5 },    { "full", 1, 7 },
		      { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 } };

	for (size_t i = 0; i < COUNT_OF(nodes); i++) {
		const struct stat image = { .st_mode = S_IFCHR | 0666,
			                    .st_rdev = makedev(nodes[i].major,
			                                       nodes[i].minor) };
		const mode_t mode = owner_is_noted() ? layer_mark_disk_mode(image.st_mode)
		                                     : image.st_mode;

		if (mknodat(dir_fd, nodes[i].name, mode, image.st_rdev) < 0)
			continue;
		if (fchmodat(dir_fd, nodes[i].name, mode & 07777, 0) < 0 ||
		    (owner_is_noted() &&
		     owner_note_at(dir_fd, nodes[i].name, &image) < 0))
			return -1;
	}
	return 0;
}

static int
place_dev(struct stand_ins *c, struct error *err)
{
	static const char *const links[][2] = { { "fd", "/proc/self/fd" },
		                                { "stdin", "/proc/self/fd/0" },
		                                { "stdout", "/proc/self/fd/1" },
		                                { "stderr", "/proc/self/fd/2" } };
	auto_fd int fd = open_new_dir(c, "/dev", err), probe_fd = -1;

	if (fd < 0)
		return -1;
	if (place_nodes(fd) < 0)
		return error_sys(err, "/dev");
	for (size_t i = 0; i < COUNT_OF(links); i++)
		if (symlinkat(links[i][1], fd, links[i][0]) < 0)
			return error_sys(err, "/dev/%s", links[i][0]);
	if (mkdirat(fd, "shm", 01777) < 0 || fchmodat(fd, "shm", 01777, 0) < 0 ||
	    mkdirat(fd, "pts", 0755) < 0)
		return error_sys(err, "/dev");
	/* On a file system without devices the nodes can be made but not opened. */
	probe_fd = openat(fd, "null", O_RDWR | O_CLOEXEC);
	c->has_devices = probe_fd >= 0 && !owner_is_noted();
	return 0;
}

static int
place_system(struct stand_ins *c, const struct sandbox_run *r, struct error *err)
{
	auto_fd int proc_fd = open_new_dir(c, "/proc", err);
	auto_fd int sys_fd = proc_fd < 0 ? -1 : open_new_dir(c, "/sys", err);

	if (sys_fd < 0 || place_dev(c, err) < 0 ||
	    (r->hosts.p != NULL &&
	     place_file(c, "/etc/hosts", r->hosts, 0644, 0, 0, err) < 0))
		return -1;
	return place_file(c, "/etc/resolv.conf", r->resolv, 0644, 0, 0, err);
}

/* ------------------------------------------------------------ all */

static int
place_mount(struct stand_ins *c, const struct plain_scratch *scratch,
            const struct sandbox_mount *m, struct error *err)
{
	switch (m->kind) {
	case SANDBOX_BIND:
		return place_bind(c, scratch, m, err);
	case SANDBOX_OVERLAY:
		return place_merged(c, scratch, m, err);
	case SANDBOX_TMPFS:
		return place_dir(c, m, err);
	case SANDBOX_FILE:
		return place_file(c, m->target, m->content, m->mode, m->uid, m->gid, err);
	}
	return error_set(err, ERR_INTERNAL, "mount on %s: unknown kind", m->target);
}

int
stand_ins_place(struct stand_ins *c, const struct plain_scratch *scratch,
                const struct sandbox_run *r, struct stage_tree *s, struct error *err)
{
	char name[] = "aside-0123456789abcdef";

	file_random_name(name + 6, 16);
	c->tree_fd = plain_tree_fd(stage_tree_plain(s));
	c->tree = stage_tree_dir(s);
	c->dir = mem_print("%s/%s", scratch->path, name);
	if (mkdirat(scratch->fd, name, 0700) < 0)
		return error_sys(err, "make %s", c->dir);
	if (lend_lock(scratch, r, err) < 0 || place_system(c, r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->n_mounts; i++)
		if (place_mount(c, scratch, &r->mounts[i], err) < 0)
			return -1;
	stand_ins_settle(c);
	plain_tree_pause();
	return 0;
}
