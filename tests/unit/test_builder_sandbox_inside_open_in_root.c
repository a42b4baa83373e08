/* Paths stay below a root: by the kernel's means, then by hand. */
#include "tests/lib/sandbox_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "builder/sandbox/inside/open_in_root.h"
#include "tests/lib/lacking.h"

/* DIR/outside is not to be reached; DIR/root is the root. */
struct tree {
	char *dir;
	int dir_fd, root_fd;
};

static int
tree_setup(void **state)
{
	struct tree *t = mem_new(sizeof *t);
	const char *tmp = getenv("TMPDIR");
	struct error err = ERROR_INIT;

	t->dir = mem_print("%s/cooper-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(t->dir) == NULL)
		return -1;
	t->dir_fd = file_open_dir(AT_FDCWD, t->dir, &err);
	if (box_file(t->dir_fd, "outside/secret", 0600, "") < 0 ||
	    box_file(t->dir_fd, "root/a/b/file", 0644, "") < 0 ||
	    mkdirat(t->dir_fd, "root/proc", 0755) < 0)
		return -1;
	t->root_fd = file_open_dir(t->dir_fd, "root", &err);
	*state = t;
	return 0;
}

static int
tree_teardown(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;

	close(t->root_fd);
	close(t->dir_fd);
	file_remove_tree(AT_FDCWD, t->dir, &err);
	error_clear(&err);
	free(t->dir);
	free(t);
	return 0;
}

static ino_t
inode_of(int dir_fd, const char *path)
{
	struct stat st = { 0 };

	fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st.st_ino;
}

static void
paths_mean_the_same_in_the_root_as_after_chroot(void **state)
{
	static const struct {
		const char *link, *to; /* made first, or NULL */
		const char *path;
		const char *found; /* below the root, or NULL with why */
		int why;
	} rows[] = {
		{ NULL, NULL, "/a/b/file", "a/b/file", 0 },
		{ NULL, NULL, "a//b/./file", "a/b/file", 0 },
		{ NULL, NULL, "/", ".", 0 },
		{ NULL, NULL, "/../../..", ".", 0 },
		{ NULL, NULL, "/a/../../outside/secret", NULL, ENOENT },
		{ NULL, NULL, "/a/b/file/x", NULL, ENOTDIR },
		{ NULL, NULL, "", NULL, ENOENT },
		{ "up", "../../../a", "/up/b", "a/b", 0 },
		{ "abs", "/a/b", "/abs/../b/file", "a/b/file", 0 },
		{ "a/rel", "b/../b/file", "/a/rel", "a/b/file", 0 },
		{ "out", "../outside", "/out/secret", NULL, ENOENT },
		{ "loop", "loop", "/loop/x", NULL, ELOOP },
		{ "a/one", "../a/two", "/a/one", NULL, ENOENT },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_fd int fd = -1;

		if (rows[i].link != NULL)
			assert_int_equal(symlinkat(rows[i].to, t->root_fd, rows[i].link),
			                 0);
		fd = open_in_root(t->root_fd, rows[i].path);
		if (rows[i].found == NULL && (fd >= 0 || errno != rows[i].why))
			fail_msg("%s: %d, %s", rows[i].path, fd, strerror(errno));
		if (rows[i].found == NULL)
			continue;
		if (fd < 0)
			fail_msg("%s: %s", rows[i].path, strerror(errno));
		struct stat st;
		assert_int_equal(fstat(fd, &st), 0);
		if (st.st_ino != inode_of(t->root_fd, rows[i].found))
			fail_msg("%s is not %s", rows[i].path, rows[i].found);
	}
}

static void
the_last_name_may_be_a_link_or_has_to_be_a_directory(void **state)
{
	static const struct {
		const char *path;
		int flags;
		const char *found;
		int why;
	} rows[] = {
		{ "/a/link", O_NOFOLLOW, "a/link", 0 },
		{ "/a/link", 0, "a/b", 0 },
		{ "/a/link/", O_NOFOLLOW, "a/b", 0 },
		{ "/a/link/file", O_NOFOLLOW, "a/b/file", 0 },
		{ "/a/gone", O_NOFOLLOW, "a/gone", 0 },
		{ "/a/gone", 0, NULL, ENOENT },
		{ "/a/b", O_DIRECTORY, "a/b", 0 },
		{ "/a/b/file", O_DIRECTORY, NULL, ENOTDIR },
		{ "/a/b/file/", 0, NULL, ENOTDIR },
		{ "/a/link", O_NOFOLLOW | O_DIRECTORY, NULL, ENOTDIR },
	};
	struct tree *t = *state;

	assert_int_equal(symlinkat("b", t->root_fd, "a/link"), 0);
	assert_int_equal(symlinkat("../../outside/secret", t->root_fd, "a/gone"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_fd int fd = open_in_root_as(t->root_fd, rows[i].path, rows[i].flags);
		struct stat st;

		if (rows[i].found == NULL && (fd >= 0 || errno != rows[i].why))
			fail_msg("row %zu: %d, %s", i, fd, strerror(errno));
		if (rows[i].found == NULL)
			continue;
		if (fd < 0 || fstat(fd, &st) < 0)
			fail_msg("row %zu: %s", i, strerror(errno));
		if (st.st_ino != inode_of(t->root_fd, rows[i].found))
			fail_msg("%s is not %s", rows[i].path, rows[i].found);
	}
}

static void
links_of_proc_that_are_no_paths_are_not_followed(void **state)
{
	static const char *const refused[] = {
		"/self/cwd", "/self/root/etc", "/self/fd/0",       "/thread-self/cwd/..",
		"/self/exe", "/self/ns/mnt",   "/1/../self/cwd/x",
	};
	struct tree *t = *state;
	auto_fd int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd int self_fd = -1;

	(void)t;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		auto_fd int fd = open_in_root(proc_fd, refused[i]);

		if (fd >= 0 || errno != ELOOP)
			fail_msg("%s: %d, %s", refused[i], fd, strerror(errno));
	}
	self_fd = open_in_root(proc_fd, "/self/status");
	assert_true(self_fd >= 0);
}

/* ------------------------------------------------------------ making */

static int
make(void *arg, int parent_fd, const char *parent, const char *name, bool is_dir)
{
	struct buf *made = arg;

	buf_print(made, "%s%s%s%s ", parent, *parent == '\0' ? "" : "/", name,
	          is_dir ? "/" : "");
	return is_dir ? mkdirat(parent_fd, name, 0755)
	              : mknodat(parent_fd, name, S_IFREG | 0644, 0);
}

static void
what_is_missing_is_made_inside(void **state)
{
	static const struct {
		const char *link, *to, *path, *made;
		bool is_dir;
	} rows[] = {
		{ NULL, NULL, "/a/b", "", true },
		{ NULL, NULL, "/new/deep/file", "new/ new/deep/ new/deep/file ", false },
		{ NULL, NULL, "/a/c", "a/c/ ", true },
		{ "dangling", "/etc/new", "/dangling", "etc/ etc/new ", false },
		{ "a/out", "../../outside/new", "/a/out/x",
		  "outside/ outside/new/ outside/new/x/ ", true },
		{ "proc/l", "../../../../y", "/proc/l/../z", "y/ z ", false },
	};
	struct tree *t = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf made = BUF_INIT;
		auto_fd int fd = -1;

		if (rows[i].link != NULL)
			assert_int_equal(symlinkat(rows[i].to, t->root_fd, rows[i].link),
			                 0);
		fd = open_in_root_making(t->root_fd, rows[i].path, rows[i].is_dir, make,
		                         &made);
		if (fd < 0)
			fail_msg("%s: %s", rows[i].path, strerror(errno));
		assert_string_equal(buf_str(&made), rows[i].made);
	}
	assert_int_equal(faccessat(t->dir_fd, "outside/new", F_OK, 0), -1);
}

/* ------------------------------------------------------------ a race */

struct swapper {
	int root_fd;
	atomic_bool ends;
};

/* a/swap is a directory, then a link out, then a directory that was moved away. */
static void *
swap(void *arg)
{
	struct swapper *s = arg;

	while (!atomic_load(&s->ends)) {
		mkdirat(s->root_fd, "a/swap", 0755);
		mkdirat(s->root_fd, "a/swap/in", 0755);
		renameat(s->root_fd, "a/swap", s->root_fd, "a/away");
		symlinkat("../../outside", s->root_fd, "a/swap");
		unlinkat(s->root_fd, "a/away/in/new", 0);
		unlinkat(s->root_fd, "a/away/in", AT_REMOVEDIR);
		unlinkat(s->root_fd, "a/away/new", 0);
		unlinkat(s->root_fd, "a/away", AT_REMOVEDIR);
		unlinkat(s->root_fd, "a/swap", 0);
	}
	return NULL;
}

static int
make_quietly(void *arg, int parent_fd, const char *parent, const char *name, bool is_dir)
{
	(void)arg;
	(void)parent;
	usleep(20);
	return is_dir ? mkdirat(parent_fd, name, 0755)
	              : mknodat(parent_fd, name, S_IFREG | 0644, 0);
}

static void
nothing_is_made_outside_while_directories_become_links(void **state)
{
	static const char *const paths[] = { "/a/swap/new", "/a/swap/in/../new",
		                             "/a/swap/in/../../../new" };
	struct tree *t = *state;
	struct swapper s = { .root_fd = t->root_fd };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, swap, &s), 0);
	for (int i = 0; i < 3000; i++) {
		int fd = open_in_root_making(t->root_fd, paths[i % 3], false,
		                             make_quietly, NULL);

		if (fd >= 0)
			close(fd);
	}
	atomic_store(&s.ends, true);
	pthread_join(thread, NULL);
	assert_int_equal(faccessat(t->dir_fd, "outside/new", F_OK, 0), -1);
	assert_int_equal(faccessat(t->dir_fd, "new", F_OK, 0), -1);
}

#define tree_test(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)

int
main(void)
{
	const struct CMUnitTest by_kernel[] = {
		tree_test(paths_mean_the_same_in_the_root_as_after_chroot),
		tree_test(the_last_name_may_be_a_link_or_has_to_be_a_directory),
		tree_test(links_of_proc_that_are_no_paths_are_not_followed),
		tree_test(what_is_missing_is_made_inside),
		tree_test(nothing_is_made_outside_while_directories_become_links),
	};
	int failed = cmocka_run_group_tests(by_kernel, NULL, NULL);

	if (lack_call(SYS_openat2, ENOSYS) < 0)
		return 1;
	return failed + cmocka_run_group_tests_name("by_hand", by_kernel, NULL, NULL);
}
