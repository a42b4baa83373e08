/*
 * Notes about files, made and read by a user without any privilege: the program becomes
 * one if root started it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/count.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/inside/owner_note.h"
#include "layers/owner_marks.h"

#define USER 51000

struct home {
	char *dir;
	int fd;
};

static int
open_place(void **state)
{
	struct home *p = mem_new(sizeof *p);
	const char *tmp = getenv("TMPDIR");
	struct error err = ERROR_INIT;

	p->dir = mem_print("%s/cooper-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(p->dir) == NULL)
		return -1;
	p->fd = file_open_dir(AT_FDCWD, p->dir, &err);
	*state = p;
	if (p->fd < 0 || geteuid() != 0)
		return p->fd < 0 ? -1 : 0;
	if (fchown(p->fd, USER, USER) < 0 || setgroups(0, NULL) < 0 ||
	    setegid(USER) < 0 || seteuid(USER) < 0)
		return -1;
	return 0;
}

static int
close_place(void **state)
{
	struct home *p = *state;
	struct error err = ERROR_INIT;

	if (getuid() == 0 && seteuid(0) < 0)
		return -1;
	file_remove_tree(AT_FDCWD, p->dir, &err);
	close(p->fd);
	free(p->dir);
	free(p);
	return 0;
}

struct row {
	const char *name;
	mode_t mode; /* in the image */
	unsigned major, minor;
	uint32_t uid, gid;
	bool is_noted; /* in an attribute */
};

static const struct row rows[] = {
	{ "plain", S_IFREG | 0644, 0, 0, 0, 0, false },
	{ "owned", S_IFREG | 0755, 0, 0, 33, 34, true },
	{ "ours", S_IFREG | 0755, 0, 0, USER, USER, true },
	{ "nobody's", S_IFREG | 0600, 0, 0, 4294967294, 4294967294, true },
	{ "closed", S_IFREG | 0000, 0, 0, 0, 0, true },
	{ "read only", S_IFREG | 0400, 0, 0, 0, 42, true },
	{ "write only", S_IFREG | 0200, 0, 0, 0, 0, true },
	{ "set-uid", S_IFREG | 04755, 0, 0, 0, 0, true },
	{ "set-gid", S_IFREG | 02755, 0, 0, 0, 50, true },
	{ "sticky", S_IFREG | 01644, 0, 0, 0, 0, false },
	{ "directory", S_IFDIR | 0755, 0, 0, 0, 0, false },
	{ "closed directory", S_IFDIR | 0000, 0, 0, 7, 8, true },
	{ "search only", S_IFDIR | 0111, 0, 0, 0, 0, true },
	{ "tmp", S_IFDIR | 01777, 0, 0, 0, 0, false },
	{ "group's", S_IFDIR | 02775, 0, 0, 0, 50, true },
	{ "null", S_IFCHR | 0666, 1, 3, 0, 0, true },
	{ "disk", S_IFBLK | 0640, 259, 1048575, 0, 6, true },
	{ "link", S_IFLNK | 0777, 0, 0, 33, 999999999, false },
	{ "nobody's link", S_IFLNK | 0777, 0, 0, 4294967294, 0, false },
	{ "root's link", S_IFLNK | 0777, 0, 0, 0, 0, false },
	{ "pipe", S_IFIFO | 0400, 0, 0, 5, 6, false },
	{ "closed pipe", S_IFIFO | 0000, 0, 0, 5, 0, false },
};

static struct stat
image_of(const struct row *r)
{
	return (struct stat){ .st_mode = r->mode,
		              .st_rdev = makedev(r->major, r->minor),
		              .st_uid = r->uid,
		              .st_gid = r->gid };
}

/* An O_PATH descriptor of the new NAME, with the mode that the disk gets for MODE. */
static int
make(const struct home *p, const char *name, mode_t mode)
{
	const mode_t disk = layer_mark_disk_mode(mode);

	if (S_ISDIR(disk))
		assert_int_equal(mkdirat(p->fd, name, disk & 07777), 0);
	else if (S_ISLNK(disk))
		assert_int_equal(symlinkat("to", p->fd, name), 0);
	else
		assert_int_equal(mknodat(p->fd, name, disk, 0), 0);
	if (!S_ISLNK(disk))
		assert_int_equal(fchmodat(p->fd, name, disk & 07777, 0), 0);
	return openat(p->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static struct stat
raw_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st;
}

static void
check(int fd, const struct row *r)
{
	struct stat st = raw_of(fd);

	owner_note_of_fd(fd, &st);
	if (st.st_mode != r->mode || st.st_uid != r->uid || st.st_gid != r->gid ||
	    major(st.st_rdev) != r->major || minor(st.st_rdev) != r->minor)
		fail_msg("%s: %o %u:%u %u:%u", r->name, st.st_mode, st.st_uid, st.st_gid,
		         major(st.st_rdev), minor(st.st_rdev));
	if (!layer_mark_is_attribute(r->mode))
		assert_true(st.st_atim.tv_sec < LAYER_OWNER_TIME);
}

static bool
has_attribute(int fd)
{
	char path[FILE_FD_PATH_MAX];

	return getxattr(file_fd_path(fd, path), LAYER_OWNER, NULL, 0) > 0;
}

static void
what_is_noted_is_read(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		auto_fd int fd = make(*state, r->name, r->mode);
		const struct stat image = image_of(r);

		assert_int_equal(owner_note_new_fd(fd, &image), 0);
		check(fd, r);
		if (has_attribute(fd) != r->is_noted)
			fail_msg("%s: %s", r->name,
			         r->is_noted ? "no note" : "a note too many");
		if (!S_ISLNK(r->mode) && !S_ISFIFO(r->mode))
			assert_int_equal(raw_of(fd).st_mode & 06600, 0600);
	}
}

/* Looking at a link and through a link changes its time of access, if that is old. */
static void
a_link_that_is_followed_keeps_its_owner(void **state)
{
	const struct home *p = *state;
	const struct row r = { "followed", S_IFLNK | 0777, 0, 0, 33, 34, false };
	auto_fd int fd = make(p, r.name, r.mode);
	const struct stat image = image_of(&r);
	char target[8];

	assert_int_equal(owner_note_new_fd(fd, &image), 0);
	assert_int_equal(readlinkat(p->fd, r.name, target, sizeof target), 2);
	assert_int_equal(faccessat(p->fd, r.name, F_OK, 0), -1);
	check(fd, &r);
}

static void
an_owner_changes_alone(void **state)
{
	static const struct row before[] = {
		{ "f", S_IFREG | 0400, 0, 0, 0, 0, true },
		{ "x", S_IFREG | 06755, 0, 0, 0, 0, true },
		{ "g", S_IFREG | 06644, 0, 0, 0, 0, true },
		{ "d", S_IFDIR | 06500, 0, 0, 0, 0, true },
		{ "b", S_IFBLK | 0660, 8, 1, 0, 0, true },
		{ "l", S_IFLNK | 0777, 0, 0, 0, 0, false },
		{ "p", S_IFIFO | 0600, 0, 0, 0, 0, false },
	};
	static const mode_t after[] = { S_IFREG | 0400,  S_IFREG | 0755, S_IFREG | 02644,
		                        S_IFDIR | 06500, S_IFBLK | 0660, S_IFLNK | 0777,
		                        S_IFIFO | 0600 };
	const struct owner owner = { 101, 102 }, root = { 0, 0 };

	for (size_t i = 0; i < COUNT_OF(before); i++) {
		struct row r = before[i];
		auto_fd int fd = make(*state, r.name, r.mode);
		const struct stat image = image_of(&r);
		struct stat st;

		assert_int_equal(owner_note_new_fd(fd, &image), 0);
		st = raw_of(fd);
		assert_int_equal(owner_note_set_fd(fd, &st, &owner), 0);
		r.mode = after[i];
		r.uid = owner.uid;
		r.gid = owner.gid;
		check(fd, &r);
		st = raw_of(fd);
		assert_int_equal(owner_note_set_fd(fd, &st, &root), 0);
		r.uid = r.gid = 0;
		check(fd, &r);
	}
}

/* A note that is not needed any more is removed. */
static void
a_mode_changes_alone(void **state)
{
	const struct row r = { "mode", S_IFREG | 0644, 0, 0, 0, 0, false };
	static const mode_t modes[] = { 0, 0444, 04755, 0644, 0600, 0111, 01777 };
	auto_fd int fd = make(*state, r.name, r.mode);

	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		const struct row now = { r.name, S_IFREG | modes[i], 0, 0, 0, 0, false };
		struct stat st = raw_of(fd);

		assert_int_equal(owner_note_set_mode_fd(fd, &st, modes[i]), 0);
		check(fd, &now);
		assert_int_equal(has_attribute(fd), (modes[i] & 06600) != 0600);
	}
}

static void
capabilities_go_with_the_owner(void **state)
{
	const struct row r = { "capable", S_IFREG | 0755, 0, 0, 0, 0, false };
	const struct owner owner = { 0, 5 };
	auto_fd int fd = make(*state, r.name, r.mode);
	char path[FILE_FD_PATH_MAX];
	struct stat st = raw_of(fd);

	assert_int_equal(setxattr(file_fd_path(fd, path), LAYER_CAPABILITY, "x", 1, 0),
	                 0);
	assert_int_equal(owner_note_set_fd(fd, &st, &owner), 0);
	assert_int_equal(getxattr(path, LAYER_CAPABILITY, NULL, 0), -1);
}

static void
a_link_has_no_large_group(void **state)
{
	const struct row r = { "large", S_IFLNK | 0777, 0, 0, 0, 1000000000, false };
	auto_fd int fd = make(*state, r.name, r.mode);
	const struct stat image = image_of(&r);

	assert_int_equal(owner_note_new_fd(fd, &image), -1);
	assert_int_equal(errno, EOVERFLOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_noted_is_read),
		cmocka_unit_test(a_link_that_is_followed_keeps_its_owner),
		cmocka_unit_test(an_owner_changes_alone),
		cmocka_unit_test(a_mode_changes_alone),
		cmocka_unit_test(capabilities_go_with_the_owner),
		cmocka_unit_test(a_link_has_no_large_group),
	};

	return cmocka_run_group_tests(tests, open_place, close_place);
}
