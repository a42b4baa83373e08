/* Paths in trees and in stacks of layers. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/plain/tree_path.h"

static char dir[] = "/tmp/cooper-test-XXXXXX";
static int dir_fd = -1;

static void
sh(const char *script)
{
	auto_free char *whole = mem_print("cd %s && set -e && %s", dir, script);

	assert_int_equal(system(whole), 0);
}

static int
make_dir(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	dir_fd = file_open_dir(AT_FDCWD, dir, &err);
	return dir_fd < 0 ? -1 : 0;
}

static int
remove_dir(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	close(dir_fd);
	return file_remove_tree(AT_FDCWD, dir, &err);
}

/* ------------------------------------------------------------ one tree */

static void
links_are_followed_inside_of_the_tree(void **state)
{
	static const struct {
		const char *path, *found;
	} rows[] = {
		{ "/", "" },
		{ "", "" },
		{ "a/b", "a/b" },
		{ "//a//./b/", "a/b" },
		{ "/a/../../../a", "a" },
		{ "/none/at/all", "none/at/all" },
		{ "/to-a/b", "a/b" },
		{ "/absolute/b", "a/b" },
		{ "/a/up/a/b", "a/b" },
		{ "/outside/passwd", "etc/passwd" },
		{ "/dangling", "not/there" },
		{ "/dangling/more/../x", "not/there/x" },
		{ "/to-a/../etc", "etc" },
		{ "/twice/b", "a/b" },
		{ "/f/x", "f/x" },
	};
	struct error err = ERROR_INIT;
	auto_fd int fd = -1;

	(void)state;
	sh("mkdir -p tree/a/b && cd tree && touch f && ln -s a to-a && ln -s /a absolute "
	   "&& "
	   "ln -s ../.. a/up && ln -s ../../../../etc outside && ln -s /not/there "
	   "dangling && "
	   "ln -s to-a twice && ln -s loop loop");
	fd = file_open_dir(dir_fd, "tree", &err);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_free char *found = tree_path_resolve(fd, rows[i].path, &err);

		assert_non_null(found);
		if (strcmp(found, rows[i].found) != 0)
			fail_msg("%s: %s, expected %s", rows[i].path, found,
			         rows[i].found);
	}
	assert_null(tree_path_resolve(fd, "/loop/x", &err));
	assert_int_equal(err.code, ERR_SOURCE);
	error_clear(&err);
}

/* ------------------------------------------------------------ layers */

/* Whiteouts as the store makes them. */
static void
make_layers(void)
{
	auto_free char *opaque = mem_print("%s/top/opaque", dir);
	auto_free char *whiteout = mem_print("%s/top/d/gone-x", dir);
	auto_free char *node = mem_print("%s/top/d/gone", dir);
	struct stat st;

	sh("mkdir -p base/d/sub base/opaque/old base/under/x middle/d top/opaque/new "
	   "top/d && "
	   "echo base >base/f && echo base >base/d/f && echo gone >base/d/gone && "
	   "echo x >base/d/gone-x && ln -s d base/link && ln -s /d/sub base/absolute && "
	   "echo middle >middle/d/f && echo file >middle/under && "
	   "echo top >top/d/top && ln -s ../f top/d/up && ln -s link/f top/chain && "
	   "(mknod top/d/gone c 0 0 2>&- || touch top/d/gone) && touch top/d/gone-x");
	if (setxattr(opaque, "user.overlay.opaque", "y", 1, 0) < 0) {
		print_message("needs extended attributes\n");
		skip();
	}
	assert_int_equal(setxattr(whiteout, "user.overlay.whiteout", "", 0, 0), 0);
	/* An overlay takes no such node, a user may not make one. */
	assert_int_equal(lstat(node, &st), 0);
	if (S_ISREG(st.st_mode))
		assert_int_equal(setxattr(node, "user.overlay.whiteout", "", 0, 0), 0);
}

/* Which layers have a part, as their first letters. */
static void
parts_of(const int *fds, int n, char *out)
{
	for (int i = 0; i < n; i++) {
		char link[FILE_FD_PATH_MAX], path[PATH_MAX];
		ssize_t length = readlink(file_fd_path(fds[i], link), path, sizeof path);

		assert_true(length > (ssize_t)sizeof dir);
		*out++ = path[sizeof dir];
		close(fds[i]);
	}
	*out = '\0';
}

static void
a_path_is_found_in_the_layers_that_show(void **state)
{
	static const struct {
		const char *path, *parts;
	} rows[] = {
		{ "", "tmb" },           { "/", "tmb" },      { "f", "b" },
		{ "d", "tmb" },          { "d/f", "m" },      { "d/sub", "b" },
		{ "d/gone", "" },        { "d/gone-x", "" },  { "d/none", "" },
		{ "none/at/all", "" },   { "link", "tmb" },   { "link/f", "m" },
		{ "chain", "m" },        { "absolute", "b" }, { "d/up", "b" },
		{ "../../d/../f", "b" }, { "opaque", "t" },   { "opaque/old", "" },
		{ "opaque/new", "t" },   { "under", "m" },    { "under/x", "" },
		{ "f/x", "" },
	};
	const char *lowers[3];
	auto_free char *top = mem_print("%s/top", dir),
	               *middle = mem_print("%s/middle", dir);
	auto_free char *base = mem_print("%s/base", dir);
	struct error err = ERROR_INIT;

	(void)state;
	make_layers();
	lowers[0] = top;
	lowers[1] = middle;
	lowers[2] = base;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int fds[4];
		char parts[4] = "";
		int n = tree_path_merged(lowers, 3, rows[i].path, fds, &err);

		if (n < 0)
			fail_msg("%s: %s", rows[i].path, err.text);
		parts_of(fds, n, parts);
		if (strcmp(parts, rows[i].parts) != 0)
			fail_msg("%s: in %s, expected %s", rows[i].path, parts,
			         rows[i].parts);
	}
}

static void
a_layer_that_is_missing_is_an_error(void **state)
{
	auto_free char *none = mem_print("%s/no-layer", dir);
	const char *const lowers[] = { none };
	struct error err = ERROR_INIT;
	int fds[2];

	(void)state;
	assert_int_equal(tree_path_merged(lowers, 1, "x", fds, &err), -1);
	error_clear(&err);
	assert_int_equal(tree_path_merged(NULL, 0, "x", fds, &err), 0);
}

static void
loops_end(void **state)
{
	auto_free char *layer = mem_print("%s/loops", dir);
	const char *const lowers[] = { layer };
	struct error err = ERROR_INIT;
	int fds[2];

	(void)state;
	sh("mkdir loops && ln -s b loops/a && ln -s a loops/b");
	assert_int_equal(tree_path_merged(lowers, 1, "a/x", fds, &err), -1);
	assert_int_equal(err.code, ERR_SOURCE);
	error_clear(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_followed_inside_of_the_tree),
		cmocka_unit_test(a_path_is_found_in_the_layers_that_show),
		cmocka_unit_test(a_layer_that_is_missing_is_an_error),
		cmocka_unit_test(loops_end),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
