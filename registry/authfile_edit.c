#include "registry/authfile_edit.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/draft.h"
#include "base/file.h"
#include "base/jsonio.h"

#define AUTHFILE_MAX ((size_t)1 << 20)

/* A file that is being changed: NAME below DIR_FD, which is locked. */
struct edited {
	const char *path; /* as the user knows it */
	int dir_fd;
	char *name;
	struct stat old; /* st_nlink 0: there was none */
};

/* The path behind the link PATH, if it and its target belong to us. */
static int
follow(const char *path, const struct stat *link, char **out, struct error *err)
{
	char target[PATH_MAX];
	struct stat there;

	if (link->st_uid != geteuid() && link->st_uid != 0)
		return error_set(err, ERR_POLICY, "%s: is another user's link", path);
	if (realpath(path, target) == NULL || stat(target, &there) < 0)
		return error_sys(err, "%s: link to a file", path);
	if (there.st_uid != geteuid())
		return error_set(err, ERR_POLICY, "%s: leads to another user's file",
		                 path);
	*out = mem_copy(target);
	return 0;
}

/* 1, or 0 if it does not exist and is not to be made. */
static int
find(struct edited *e, bool make, struct error *err)
{
	auto_free char *real = NULL, *dir = NULL;
	struct stat sb;
	const char *path = e->path, *slash;

	if (lstat(path, &sb) == 0 && S_ISLNK(sb.st_mode)) {
		if (follow(path, &sb, &real, err) < 0)
			return -1;
		path = real;
	}
	slash = strrchr(path, '/');
	e->name = mem_copy(slash == NULL ? path : slash + 1);
	dir = slash == NULL   ? mem_copy(".")
	      : slash == path ? mem_copy("/")
	                      : mem_copy_n(path, (size_t)(slash - path));
	if (make && !file_is_there(AT_FDCWD, dir) &&
	    file_make_dirs(AT_FDCWD, dir, 0700, err) < 0)
		return error_named(err, ERR_SOURCE);
	e->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e->dir_fd < 0 && !make && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (e->dir_fd < 0) {
		error_sys(err, "%s", e->path);
		return error_named(err, ERR_SOURCE);
	}
	return 1;
}

/* Appends the text of the file; 0 if there is none. */
static int
read_old(struct edited *e, struct buf *text, struct error *err)
{
	auto_fd int fd = openat(e->dir_fd, e->name,
	                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	                                O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &e->old) < 0) {
		error_sys(err, "%s", e->path);
		return error_named(err, ERR_SOURCE);
	}
	if (!S_ISREG(e->old.st_mode))
		return error_set(err, ERR_SOURCE, "%s: is not a regular file", e->path);
	return file_read_fd(fd, AUTHFILE_MAX, text, err) < 0
	               ? error_wrap(err, "%s", e->path)
	               : 1;
}

static int
write_new(const struct edited *e, const json_t *root, struct error *err)
{
	struct draft draft = DRAFT_INIT;
	auto_fd int fd = draft_open(&draft, e->dir_fd, 0600);
	char *text = jsonio_print_pretty(root);
	int failed = fd < 0 ? -1 : 0;

	if (failed == 0 && e->old.st_nlink > 0 && e->old.st_uid != geteuid())
		failed = fchown(fd, e->old.st_uid, e->old.st_gid);
	if (failed == 0)
		failed = fchmod(fd, 0600);
	if (failed == 0 && (file_write_all(fd, text, strlen(text), err) < 0 ||
	                    file_write_all(fd, "\n", 1, err) < 0))
		failed = -1;
	else if (failed == 0)
		failed = draft_keep(&draft, fd, e->name, true);
	if (failed < 0 && err->code == ERR_NONE)
		error_sys(err, "write %s", e->path);
	if (failed < 0)
		draft_drop(&draft);
	explicit_bzero(text, strlen(text));
	free(text);
	return failed;
}

static int
edit_found(struct edited *e, bool make, authfile_edit_fn *edit, void *arg,
           struct error *err)
{
	auto_buf struct buf text = BUF_INIT;
	auto_json json_t *root = NULL;
	int changed = 0, found;

	if (flock(e->dir_fd, LOCK_EX) < 0 && errno != EOPNOTSUPP && errno != ENOLCK)
		return error_sys(err, "lock the directory of %s", e->path);
	found = read_old(e, &text, err);
	if (found < 0)
		return -1;
	if (found == 0 && !make)
		return 0;
	root = text_trim(buf_text(&text)).n == 0
	               ? json_object()
	               : jsonio_parse(buf_text(&text), e->path, err);
	if (text.n > 0)
		explicit_bzero(text.p, text.n);
	if (root == NULL || !json_is_object(root)) {
		if (err->code == ERR_NONE)
			error_set(err, ERR_DAMAGED, "%s: not an object", e->path);
		return error_hint(err, "mend or move the file: it is left as it is");
	}
	changed = edit(arg, root, err);
	if (changed > 0 && write_new(e, root, err) < 0)
		return -1;
	return changed;
}

int
authfile_edit(const char *path, bool make, authfile_edit_fn *edit, void *arg,
              struct error *err)
{
	struct edited e = { .path = path, .dir_fd = -1 };
	int changed = find(&e, make, err);

	if (changed > 0)
		changed = edit_found(&e, make, edit, arg, err);
	own_close(&e.dir_fd);
	free(e.name);
	return changed;
}
