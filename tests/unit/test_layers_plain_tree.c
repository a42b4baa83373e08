/* Plain trees: what was done to one, and what its upper directory says. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "base/text.h"
#include "layers/plain_tree.h"
#include "tests/lib/layer_fixture.h"

#define OLD 1500000000 /* time of everything at the start */

/* A tree at DIR/tree with what START makes, noted. */
struct grove {
	char *dir, *tree_dir;
	int upper_fd;
	struct plain_tree *tree;
	struct error err;
};

/* ------------------------------------------------------------ helpers */

static void
sh(const char *dir, const char *script)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (chdir(dir) == 0)
			execl("/bin/sh", "sh", "-ec", script, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status != 0)
		fail_msg("%s: status %x", script, (unsigned)status);
}

static void
make_upper(struct grove *g)
{
	auto_free char *upper = mem_print("%s/upper", g->dir);

	own_close(&g->upper_fd);
	file_remove_tree(AT_FDCWD, upper, &g->err);
	assert_int_equal(mkdir(upper, 0700), 0);
	g->upper_fd = file_open_dir(AT_FDCWD, upper, &g->err);
}

static void
grow(struct grove *g, const char *start)
{
	char dir[] = "/tmp/cooper-test-XXXXXX";

	*g = (struct grove){ .upper_fd = -1 };
	assert_non_null(mkdtemp(dir));
	g->dir = mem_copy(dir);
	g->tree_dir = mem_print("%s/tree", dir);
	assert_int_equal(mkdir(g->tree_dir, 0755), 0);
	sh(g->tree_dir, start);
	sh(g->tree_dir, "find . -exec touch -h -d @1500000000 {} +");
	make_upper(g);
	g->tree = plain_tree_new(g->tree_dir, &g->err);
	assert_fine(g->tree != NULL, &g->err);
	assert_fine(plain_tree_note(g->tree, NULL, &g->err) == 0, &g->err);
}

static void
fell(struct grove *g)
{
	struct error err = ERROR_INIT;

	plain_tree_free(g->tree);
	own_close(&g->upper_fd);
	file_remove_tree(AT_FDCWD, g->dir, &err);
	error_clear(&g->err);
	free(g->tree_dir);
	free(g->dir);
}

/* What a file has in it, without the line's end. */
static void
print_content(int dir_fd, const char *name, struct buf *out)
{
	auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char bytes[64];
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);

	assert_true(n >= 0);
	while (n > 0 && bytes[n - 1] == '\n')
		n--;
	buf_add(out, bytes, (size_t)n);
}

struct seen {
	ino_t ino[32];
	char *path[32];
	size_t n;
};

static void
print_entry(int dir_fd, const char *name, const char *path, struct seen *seen,
            struct buf *out)
{
	char target[256] = "";
	struct stat st;

	assert_int_equal(fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0)) {
		buf_print(out, "-%s ", path);
		return;
	}
	buf_add_str(out, path);
	if (S_ISLNK(st.st_mode)) {
		assert_true(readlinkat(dir_fd, name, target, sizeof target - 1) > 0);
		buf_print(out, ">%s ", target);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		buf_print(out, "%s ", S_ISDIR(st.st_mode) ? "/" : "|");
		return;
	}
	for (size_t i = 0; i < seen->n; i++)
		if (seen->ino[i] == st.st_ino) {
			buf_print(out, "==%s ", seen->path[i]);
			return;
		}
	seen->ino[seen->n] = st.st_ino;
	seen->path[seen->n++] = mem_copy(path);
	buf_add_char(out, '=');
	print_content(dir_fd, name, out);
	buf_add_char(out, ' ');
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* "dir/ dir/file=text -removed link>target pipe| name==first" */
static void
print_dir(int dir_fd, const char *above, struct seen *seen, struct buf *out)
{
	struct dirent **list = NULL;
	int n = scandirat(dir_fd, ".", &list, NULL, by_name);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		const char *name = list[i]->d_name;
		auto_free char *path = mem_print("%s%s", above, name);
		auto_free char *below = mem_print("%s/", path);
		auto_fd int fd = -1;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			print_entry(dir_fd, name, path, seen, out);
			fd = openat(dir_fd, name,
			            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		if (fd >= 0)
			print_dir(fd, below, seen, out);
		free(list[i]);
	}
	free(list);
}

static char *
print_upper(const struct grove *g)
{
	struct buf out = BUF_INIT;
	struct seen seen = { .n = 0 };

	print_dir(g->upper_fd, "", &seen, &out);
	for (size_t i = 0; i < seen.n; i++)
		free(seen.path[i]);
	if (out.n > 0)
		buf_truncate(&out, out.n - 1);
	return buf_take(&out);
}

static char *
diff(struct grove *g)
{
	make_upper(g);
	assert_fine(plain_tree_diff(g->tree, g->upper_fd, NULL, &g->err) == 0, &g->err);
	return print_upper(g);
}

/* ------------------------------------------------------------ what was done */

#define START                                                                            \
	"mkdir -p d/sub e; echo 1 >d/one; echo 2 >d/sub/two; echo f >f; ln -s f l; "     \
	"echo t >e.txt; mkfifo p; chmod 700 e"

static void
an_upper_says_what_was_done(void **state)
{
	static const struct {
		const char *done, *upper;
	} rows[] = {
		{ "true", "" },
		{ "cat f d/one >/dev/null; ls -R >/dev/null", "" },
		{ "echo new >n", "n=new" },
		{ "echo more >>d/sub/two", "d/ d/sub/ d/sub/two=2\nmore" },
		{ "chmod 600 d/one", "d/ d/one=1" },
		{ "touch -d @1 f", "f=f" },
		{ "chmod 711 e", "e/" },
		{ "rm f", "-f" },
		{ "rm l; ln -s other l", "l>other" },
		{ "rm l; echo file >l", "l=file" },
		{ "rm -r d", "-d" },
		{ "rm -r d; echo file >d", "d=file" },
		{ "rm -r d; ln -s e d", "d>e" },
		{ "rm -r d; mkdir d; echo n >d/new", "d/ d/new=n -d/one -d/sub" },
		{ "rm -r d; mkdir -p d/sub; echo 1 >d/one",
		  "d/ d/one=1 d/sub/ -d/sub/two" },
		{ "rm f; mkdir f; echo x >f/x", "f/ f/x=x" },
		{ "mv d e", "-d e/ e/d/ e/d/one=1 e/d/sub/ e/d/sub/two=2" },
		{ "mv e.txt e/", "e/ e/e.txt=t -e.txt" },
		{ "mv d/one f", "d/ -d/one f=1" },
		{ "rm p; mkfifo q", "-p q|" },
		{ "mkdir x; echo 1 >x/1; rm -r x", "" },
		{ "echo a >a; ln a b; ln a d/c", "a=a b==a d/ d/c==a" },
		{ "ln f g", "f=f g==f" },
		{ "echo x >e/.wh.name", "e/" },
		{ "echo 1 >'d/a b'; echo 2 >d.x; echo 3 >d-x", "d/ d/a b=1 d-x=3 d.x=2" },
		/* Names that sort around a slash. */
		{ "rm -r d; echo 1 >d.; echo 2 >d-", "-d d-=2 d.=1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct grove g;
		auto_free char *upper = NULL;

		grow(&g, START);
		sh(g.tree_dir, rows[i].done);
		upper = diff(&g);
		if (strcmp(upper, rows[i].upper) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].done, upper,
			         rows[i].upper);
		fell(&g);
	}
}

static void
each_diff_begins_where_the_last_one_ended(void **state)
{
	static const struct {
		const char *done, *upper;
	} rows[] = {
		{ "echo 1 >n; rm f", "-f n=1" },
		{ "true", "" },
		{ "echo 2 >n", "n=2" },
		{ "mv n m; echo back >f", "f=back m=2 -n" },
		{ "ln m k", "k=2 m==k" },
		{ "true", "" },
		/* They are apart now, as for an overlay. */
		{ "echo other >k", "k=other" },
		{ "rm m; mkdir m", "m/" },
		{ "rmdir m", "-m" },
	};
	struct grove g;

	(void)state;
	grow(&g, START);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_free char *upper = NULL;

		sh(g.tree_dir, rows[i].done);
		upper = diff(&g);
		if (strcmp(upper, rows[i].upper) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].done, upper,
			         rows[i].upper);
	}
	fell(&g);
}

/* ------------------------------------------------------------ metadata */

static struct stat
stat_of(int dir_fd, const char *path)
{
	struct stat st = { 0 };

	assert_int_equal(fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void
modes_and_times_are_those_of_the_tree(void **state)
{
	static const char *const paths[] = { ".", "d", "d/sub", "d/sub/two", "e" };
	auto_free char *upper = NULL;
	struct grove g;

	(void)state;
	grow(&g, START);
	sh(g.tree_dir, "echo x >>d/sub/two; chmod 4711 d/sub/two; chmod 1770 d/sub e .; "
	               "touch -d @1400000000.123456789 d/sub/two d e .");
	upper = diff(&g);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct stat a = stat_of(plain_tree_fd(g.tree), paths[i]);
		struct stat b = stat_of(g.upper_fd, paths[i]);

		assert_int_equal(a.st_mode, b.st_mode);
		assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
		assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	}
	fell(&g);
}

static void
owners_are_those_of_the_tree(void **state)
{
	auto_free char *upper = NULL;
	struct grove g;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	grow(&g, START);
	sh(g.tree_dir, "chown 12:34 d/one d; chown -h 5:6 l; chmod 4755 d/one");
	upper = diff(&g);
	assert_string_equal(upper, "d/ d/one=1 l>f");
	assert_int_equal(stat_of(g.upper_fd, "d/one").st_uid, 12);
	assert_int_equal(stat_of(g.upper_fd, "d/one").st_mode, S_IFREG | 04755);
	assert_int_equal(stat_of(g.upper_fd, "d").st_gid, 34);
	assert_int_equal(stat_of(g.upper_fd, "l").st_uid, 5);
	fell(&g);
}

static void
what_was_refreshed_is_no_change(void **state)
{
	auto_free char *upper = NULL;
	struct grove g;

	(void)state;
	grow(&g, START);
	sh(g.tree_dir, "mv f ../aside; mv ../aside f; chmod 644 f");
	plain_tree_refresh(g.tree, TEXT("f"));
	plain_tree_refresh(g.tree, TEXT("not/there"));
	upper = diff(&g);
	assert_string_equal(upper, "");
	fell(&g);
}

/* A name outside of the tree would share what later steps write. */
static void
a_link_to_the_outside_is_cut(void **state)
{
	auto_free char *upper = NULL;
	struct grove g;

	(void)state;
	grow(&g, START);
	sh(g.tree_dir,
	   "echo kept >../outside; ln ../outside inside; ln ../outside again");
	upper = diff(&g);
	assert_string_equal(upper, "again=kept inside==again");
	sh(g.tree_dir, "echo changed >>inside; echo changed >>again");
	sh(g.dir, "test \"$(cat outside)\" = kept");
	fell(&g);
}

/* ------------------------------------------------------------ laid over */

static void
what_an_upper_says_is_what_was_done(void **state)
{
	static const char *const done[] = {
		"true",
		"rm -r d; mkdir d; echo n >d/new",
		"rm -r d; echo file >d; mkdir f2; mv f f2; chmod 1777 f2",
		"rm f; mkdir f; echo x >f/x; mv l d/sub; rm p; chmod 0 e.txt",
		"mv d e; ln e/d/one e/1; touch -d @3 e",
	};

	(void)state;
	for (size_t i = 0; i < sizeof done / sizeof *done; i++) {
		struct grove g, other;
		auto_free char *upper = NULL, *script = NULL;

		grow(&g, START);
		grow(&other, START);
		sh(g.tree_dir, done[i]);
		upper = diff(&g);
		assert_fine(plain_tree_apply(g.upper_fd, plain_tree_fd(other.tree), NULL,
		                             &g.err) == 0,
		            &g.err);
		/* Sizes of directories are the file system's affair. */
		script = mem_print(
		        "list() { (cd \"$1\" && find . -type d -printf '%%p %%m %%T@\\n' "
		        "-o -printf '%%p %%y %%m %%s %%l %%T@\\n' | sort); }; "
		        "list %s >a; list %s >b; diff a b",
		        g.tree_dir, other.tree_dir);
		sh(g.dir, script);
		fell(&g);
		fell(&other);
	}
}

static void
a_cancelled_diff_ends(void **state)
{
	struct error err = ERROR_INIT;
	struct cancel *cancel = cancel_new(&err);
	struct grove g;

	(void)state;
	grow(&g, START);
	cancel_trigger(cancel);
	assert_int_equal(plain_tree_diff(g.tree, g.upper_fd, cancel, &err), -1);
	assert_int_equal(err.code, ERR_CANCELLED);
	error_clear(&err);
	cancel_free(cancel);
	fell(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_upper_says_what_was_done),
		cmocka_unit_test(each_diff_begins_where_the_last_one_ended),
		cmocka_unit_test(modes_and_times_are_those_of_the_tree),
		cmocka_unit_test(owners_are_those_of_the_tree),
		cmocka_unit_test(what_was_refreshed_is_no_change),
		cmocka_unit_test(a_link_to_the_outside_is_cut),
		cmocka_unit_test(what_an_upper_says_is_what_was_done),
		cmocka_unit_test(a_cancelled_diff_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
