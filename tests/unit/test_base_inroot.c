#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/inroot.h"
#include "base/own.h"
#include "tests/lib/skip_program.h"

/*
 * outside         a file beside the root
 * root/
 *   file          "file"
 *   dir/sub/deep  "deep"
 *   abs        -> /dir/sub/deep
 *   up         -> ../../../dir
 *   out        -> ../outside
 *   out_abs    -> <absolute path of outside>
 *   dir/back   -> ../file
 *   loop       -> loop
 *   dangling   -> nowhere
 *   slash      -> dir/sub/
 */
static char top[] = "/tmp/test_inroot_XXXXXX";
static int root_fd = -1;

static void
put_file(int dir_fd, const char *name, const char *text)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(file_replace(dir_fd, name, text, strlen(text), 0644, &err), 0);
}

static int
make_tree(void **state)
{
	auto_fd int top_fd = -1;
	char outside[64];

	(void)state;
	assert_non_null(mkdtemp(top));
	top_fd = open(top, O_PATH | O_CLOEXEC);
	put_file(top_fd, "outside", "outside");
	mkdirat(top_fd, "root", 0755);
	root_fd = openat(top_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(root_fd, "dir", 0755);
	mkdirat(root_fd, "dir/sub", 0755);
	put_file(root_fd, "file", "file");
	put_file(root_fd, "dir/sub/deep", "deep");
	symlinkat("/dir/sub/deep", root_fd, "abs");
	symlinkat("../../../dir", root_fd, "up");
	symlinkat("../outside", root_fd, "out");
	snprintf(outside, sizeof outside, "%s/outside", top);
	symlinkat(outside, root_fd, "out_abs");
	symlinkat("../file", root_fd, "dir/back");
	symlinkat("loop", root_fd, "loop");
	symlinkat("nowhere", root_fd, "dangling");
	symlinkat("dir/sub/", root_fd, "slash");
	return 0;
}

static int
remove_made(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	own_close(&root_fd);
	return file_remove_tree(AT_FDCWD, top, &err);
}

static const struct {
	const char *path;
	int flags;
	const char *content; /* or NULL: fails with ERROR */
	int error;
	int error_nolinks; /* 0: the same as with links */
} rows[] = {
	{ "file", O_RDONLY, "file", 0, 0 },
	{ "/file", O_RDONLY, "file", 0, 0 },
	{ "../../file", O_RDONLY, "file", 0, 0 },
	{ "dir//sub/./deep", O_RDONLY, "deep", 0, 0 },
	{ "dir/sub/../../file", O_RDONLY, "file", 0, 0 },
	{ "dir/../../../dir/sub/deep", O_RDONLY, "deep", 0, 0 },
	{ "abs", O_RDONLY, "deep", 0, ELOOP },
	{ "up/sub/deep", O_RDONLY, "deep", 0, ELOOP },
	{ "dir/back", O_RDONLY, "file", 0, ELOOP },
	{ "up/../file", O_RDONLY, "file", 0, ELOOP },
	{ "slash/deep", O_RDONLY, "deep", 0, ELOOP },
	{ "out", O_RDONLY, NULL, ENOENT, ELOOP },
	{ "out_abs", O_RDONLY, NULL, ENOENT, ELOOP },
	{ "../outside", O_RDONLY, NULL, ENOENT, 0 },
	{ "loop", O_RDONLY, NULL, ELOOP, 0 },
	{ "loop/x", O_RDONLY, NULL, ELOOP, 0 },
	{ "dangling", O_RDONLY, NULL, ENOENT, ELOOP },
	{ "abs", O_RDONLY | O_NOFOLLOW, NULL, ELOOP, 0 },
	{ "file/x", O_RDONLY, NULL, ENOTDIR, 0 },
	{ "file/", O_RDONLY, NULL, ENOTDIR, 0 },
	{ "file/..", O_RDONLY, NULL, ENOTDIR, 0 },
	{ "none/../file", O_RDONLY, NULL, ENOENT, 0 },
	{ "none", O_RDONLY, NULL, ENOENT, 0 },
	{ "", O_RDONLY, NULL, ENOENT, 0 },
	{ "file", O_RDONLY | O_DIRECTORY, NULL, ENOTDIR, 0 },
	{ "file", O_WRONLY | O_CREAT | O_EXCL, NULL, EEXIST, 0 },
	{ "abs", O_WRONLY | O_CREAT | O_EXCL, NULL, EEXIST, 0 },
	{ "dangling", O_WRONLY | O_CREAT | O_EXCL, NULL, EEXIST, 0 },
};

typedef int open_fn(int root, const char *path, int flags, mode_t mode);

static void
check_row(size_t i, bool links)
{
	open_fn *fn = links ? inroot_open : inroot_open_nolinks;
	auto_fd int fd = fn(root_fd, rows[i].path, rows[i].flags, 0644);
	int want = links || rows[i].error_nolinks == 0 ? rows[i].error
	                                               : rows[i].error_nolinks;
	char bytes[64] = "";

	if (want == 0 ? fd < 0 : fd >= 0 || errno != want)
		fail_msg("%s%s: %s", rows[i].path, links ? "" : " without links",
		         fd < 0 ? strerror(errno) : "opened");
	if (want != 0)
		return;
	assert_true(read(fd, bytes, sizeof bytes - 1) >= 0);
	assert_string_equal(bytes, rows[i].content);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static void
paths_stay_below_the_root(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		check_row(i, true);
		check_row(i, false);
	}
}

static bool
is_same_dir(int fd, const char *path)
{
	struct stat a, b;

	return fd >= 0 && fstat(fd, &a) == 0 && fstatat(root_fd, path, &b, 0) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void
the_top_is_its_own_parent(void **state)
{
	static const char *const tops[] = { "/",   ".",      "..",
		                            "/..", "dir/..", "dir/../../..",
		                            "./" };

	(void)state;
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
		auto_fd int a = inroot_open(root_fd, tops[i], O_PATH, 0);
		auto_fd int b = inroot_open_nolinks(root_fd, tops[i],
		                                    O_RDONLY | O_DIRECTORY, 0);

		assert_true(is_same_dir(a, "."));
		assert_true(is_same_dir(b, "."));
	}
}

static void
a_link_itself_is_opened_by_path_and_nofollow(void **state)
{
	open_fn *const fns[] = { inroot_open, inroot_open_nolinks };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		auto_fd int fd = fns[i](root_fd, "dir/back", O_PATH | O_NOFOLLOW, 0);
		struct stat st;

		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(S_ISLNK(st.st_mode));
	}
	assert_int_equal(inroot_open_nolinks(root_fd, "dir/back", O_PATH, 0), -1);
	assert_int_equal(errno, ELOOP);
}

static void
creating_takes_the_mode_and_follows_dangling_links_inside(void **state)
{
	auto_fd int made = inroot_open(root_fd, "dir/new", O_WRONLY | O_CREAT | O_EXCL,
	                               0600);
	auto_fd int through = inroot_open(root_fd, "dangling", O_WRONLY | O_CREAT,
	                                  0100640);
	auto_fd int none = inroot_open(root_fd, "dir/new", O_RDONLY, 0777);
	auto_fd int unnamed = inroot_open(root_fd, "dir", O_TMPFILE | O_RDWR, 0600);
	struct stat st;

	(void)state;
	assert_true(made >= 0 && through >= 0 && none >= 0 && unnamed >= 0);
	assert_int_equal(fstat(made, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fstatat(root_fd, "nowhere", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	unlinkat(root_fd, "dir/new", 0);
	unlinkat(root_fd, "nowhere", 0);
}

static void
the_parent_of_a_path_is_opened_without_links(void **state)
{
	static const struct {
		const char *path, *dir, *name;
		int error;
	} parents[] = {
		{ "file", ".", "file", 0 },
		{ "/file", ".", "file", 0 },
		{ "/dir/sub/new", "dir/sub", "new", 0 },
		{ "dir/back", "dir", "back", 0 },
		{ "dir/../loop", ".", "loop", 0 },
		{ "up/x", NULL, NULL, ELOOP },
		{ "file/x", NULL, NULL, ENOTDIR },
		{ "none/x", NULL, NULL, ENOENT },
		{ "", NULL, NULL, EINVAL },
		{ "/", NULL, NULL, EINVAL },
		{ "dir/", NULL, NULL, EINVAL },
		{ "dir/..", NULL, NULL, EINVAL },
		{ ".", NULL, NULL, EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
		const char *name = NULL;
		auto_fd int fd = inroot_parent(root_fd, parents[i].path, &name);

		if (parents[i].error == 0) {
			assert_true(is_same_dir(fd, parents[i].dir));
			assert_string_equal(name, parents[i].name);
			continue;
		}
		if (fd >= 0 || errno != parents[i].error)
			fail_msg("%s: %s", parents[i].path, strerror(errno));
		assert_null(name);
	}
}

static void
more_than_forty_links_in_a_row_are_a_loop(void **state)
{
	char from[32], to[32] = "file";

	(void)state;
	for (int n = 1; n <= 45; n++) {
		auto_fd int fd = -1;

		snprintf(from, sizeof from, "chain%d", n);
		assert_int_equal(symlinkat(to, root_fd, from), 0);
		fd = inroot_open(root_fd, from, O_RDONLY, 0);
		if (n <= 40 ? fd < 0 : fd >= 0 || errno != ELOOP)
			fail_msg("%d links: %s", n, fd < 0 ? strerror(errno) : "opened");
		memcpy(to, from, sizeof to);
	}
	for (int n = 1; n <= 45; n++) {
		snprintf(from, sizeof from, "chain%d", n);
		unlinkat(root_fd, from, 0);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(paths_stay_below_the_root),
	cmocka_unit_test(the_top_is_its_own_parent),
	cmocka_unit_test(a_link_itself_is_opened_by_path_and_nofollow),
	cmocka_unit_test(creating_takes_the_mode_and_follows_dangling_links_inside),
	cmocka_unit_test(the_parent_of_a_path_is_opened_without_links),
	cmocka_unit_test(more_than_forty_links_in_a_row_are_a_loop),
};

/* From now on openat2 fails with CODE, as on an old kernel or under an old
 * filter of a container engine. */
static int
refuse_openat2(int code)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)code),
	                              SCMP_SYS(openat2), 0);

	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed;
}

int
main(void)
{
	int failed = cmocka_run_group_tests_name("kernel", tests, make_tree, remove_made);

	if (refuse_openat2(ENOSYS) < 0)
		return failed + skip_program("by hand, needs seccomp filters");
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	return failed +
	       cmocka_run_group_tests_name("by hand", tests, make_tree, remove_made);
}
