/* Plain trees of earlier builds: whatever was done to one, it is made what any number of
 * its layers say, which is what a new tree of them is. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/array.h"
#include "base/text.h"
#include "layers/plain_tree.h"
#include "tests/lib/layer_fixture.h"
#include "tests/lib/skip_program.h"

enum { LAYERS = 3, STEPS = 3, ALL = LAYERS + STEPS };

/* Three layers below, then one for each step that was done in the tree. */
struct forest {
	char *dir, *home, *tree_dir;
	char *layers[ALL];
	struct plain_tree *tree;
	struct error err;
};

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
make_opaque(const char *dir, const char *name)
{
	auto_free char *path = mem_print("%s/%s", dir, name);

	assert_int_equal(setxattr(path, "user.overlay.opaque", "y", 1, 0), 0);
}

/* ------------------------------------------------------------ the scene */

/* In overlay format: c is a mark for what is deleted, "opaque" a directory that hides. */
static const char *const layer_scripts[LAYERS] = {
	("mkdir -p etc usr/bin usr/lib d/sub/deep home; echo p >etc/passwd; "
	 "echo g >etc/group; echo a >usr/bin/a; echo b >usr/bin/b; chmod 4755 usr/bin/a; "
	 "chmod 700 home; echo x >usr/lib/x; echo y >usr/lib/y; echo z >usr/lib/z; "
	 "ln usr/lib/y usr/lib/y2; echo 1 >d/one; echo 2 >d/sub/two; "
	 "echo 3 >d/sub/deep/three; ln -s etc link; mkfifo pipe; chown 12:34 usr/lib/z; "
	 "truncate -s 100000 hole; echo t >d.txt; echo over >become; mkdir gone; "
	 "echo 4 >gone/four"),
	("mkdir -p etc/group usr/bin usr/lib d n link; echo in >etc/group/in; "
	 "echo A >usr/bin/a; mknod usr/lib/x c 0 0; echo new >d/new; echo f >n/file; "
	 "echo l >link/in; mkdir become; echo in >become/in; mknod gone c 0 0"),
	("mkdir -p d/sub etc become gone; mknod n c 0 0; echo again >d/sub/again; "
	 "mknod etc/group c 0 0; chmod 1777 d; mknod become/in c 0 0; "
	 "echo back >gone/back"),
};

static const char *const step_scripts[STEPS] = {
	("rm -r usr/lib; echo P >etc/passwd; mkdir -p opt/a/b; echo o >opt/a/b/o; "
	 "rm link/in; mknod dev c 1 3; ln usr/bin/a usr/bin/a2; chmod 711 home"),
	("mkdir usr/lib; echo r >usr/lib/r; rm -r opt/a; echo file >opt/a; mv d e; "
	 "chown 5:6 usr/bin; rmdir become; echo f >become"),
	("rm opt/a; mkdir opt/a; echo 9 >opt/a/nine; mv e d; rm become; mkdir become; "
	 "rm dev; touch -d @77 home; setfattr -n user.odd -v 1 home"),
};

static char *
make_layer(const struct forest *f, size_t i, const char *script)
{
	char *layer = mem_print("%s/layer%zu", f->dir, i);

	assert_int_equal(mkdir(layer, 0755), 0);
	if (script == NULL)
		return layer;
	sh(layer, script);
	if (i == 1)
		make_opaque(layer, "d");
	sh(layer, "find . -exec touch -h -d @1500000000 {} +");
	return layer;
}

static void
add_layers(struct plain_tree *t, char *const *layers, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		auto_fd int fd = file_open_dir(AT_FDCWD, layers[i], err);

		assert_fine(fd >= 0 && plain_tree_add(t, fd, NULL, err) == 0, err);
	}
	assert_fine(plain_tree_note(t, NULL, err) == 0, err);
}

static void
plant(struct forest *f)
{
	char dir[] = "/tmp/cooper-test-XXXXXX";

	*f = (struct forest){ 0 };
	assert_non_null(mkdtemp(dir));
	f->dir = mem_copy(dir);
	f->home = mem_print("%s/home", dir);
	f->tree_dir = mem_print("%s/tree", f->home);
	assert_int_equal(mkdir(f->home, 0755), 0);
	assert_int_equal(mkdir(f->tree_dir, 0755), 0);
	for (size_t i = 0; i < ALL; i++)
		f->layers[i] = make_layer(f, i, i < LAYERS ? layer_scripts[i] : NULL);
	f->tree = plain_tree_new(f->tree_dir, &f->err);
	assert_fine(f->tree != NULL, &f->err);
	add_layers(f->tree, f->layers, LAYERS, &f->err);
	for (size_t i = 0; i < STEPS; i++) {
		auto_fd int fd = file_open_dir(AT_FDCWD, f->layers[LAYERS + i], &f->err);

		sh(f->tree_dir, step_scripts[i]);
		assert_fine(plain_tree_diff(f->tree, fd, NULL, &f->err) == 0, &f->err);
	}
}

static void
fell(struct forest *f)
{
	struct error err = ERROR_INIT;

	plain_tree_free(f->tree);
	file_remove_tree(AT_FDCWD, f->dir, &err);
	error_clear(&f->err);
	for (size_t i = 0; i < ALL; i++)
		free(f->layers[i]);
	free(f->tree_dir);
	free(f->home);
	free(f->dir);
}

/* As another process finds it. */
static void
reload(struct forest *f)
{
	auto_fd int fd = file_open_dir(AT_FDCWD, f->home, &f->err);

	assert_fine(plain_tree_save(f->tree, fd, "notes", &f->err) == 0, &f->err);
	plain_tree_free(f->tree);
	f->tree = plain_tree_load(f->tree_dir, fd, "notes", &f->err);
	assert_fine(f->tree != NULL, &f->err);
}

/* ------------------------------------------------------------ what there is */

static struct lines {
	ARRAY(char *) list;
	size_t skip;
} lines;

static int
list_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char bytes[256] = "", names[1024] = "";
	ssize_t n = 0, n_names = llistxattr(path, names, sizeof names - 1);
	struct buf line = BUF_INIT;

	(void)type;
	(void)ftw;
	buf_print(&line, "/%s %o %u:%u %lld.%09ld", path + lines.skip, st->st_mode,
	          st->st_uid, st->st_gid, (long long)st->st_mtim.tv_sec,
	          st->st_mtim.tv_nsec);
	for (ssize_t i = 0; i < n_names; i += (ssize_t)strlen(names + i) + 1)
		buf_print(&line, " {%s}", names + i);
	if (S_ISLNK(st->st_mode))
		n = readlink(path, bytes, sizeof bytes - 1);
	if (S_ISREG(st->st_mode)) {
		auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

		n = read(fd, bytes, sizeof bytes - 1);
		buf_print(&line, " %lld", (long long)st->st_size);
	}
	assert_true(n >= 0);
	buf_print(&line, " [%s]\n", bytes);
	array_push(&lines.list, buf_take(&line));
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of DIR, sorted: path, mode, owner, time, attributes, content. */
static char *
list(const char *dir)
{
	struct buf out = BUF_INIT;

	lines.skip = strlen(dir);
	assert_int_equal(nftw(dir, list_one, 16, FTW_PHYS), 0);
	array_sort(&lines.list, by_text);
	for (size_t i = 0; i < lines.list.n; i++) {
		buf_add_str(&out, lines.list.at[i]);
		free(lines.list.at[i]);
	}
	array_clear(&lines.list);
	return buf_take(&out);
}

/* A new tree of the first N layers. */
static char *
list_new(struct forest *f, size_t n)
{
	auto_free char *dir = mem_print("%s/new", f->dir);
	struct plain_tree *t = NULL;
	struct error err = ERROR_INIT;
	char *listed = NULL;

	assert_int_equal(mkdir(dir, 0755), 0);
	t = plain_tree_new(dir, &f->err);
	assert_fine(t != NULL, &f->err);
	add_layers(t, f->layers, n, &f->err);
	listed = list(dir);
	plain_tree_free(t);
	file_remove_tree(AT_FDCWD, dir, &err);
	return listed;
}

static void
assert_same(struct forest *f, size_t n, const char *why)
{
	auto_free char *want = list_new(f, n), *got = list(f->tree_dir);

	if (strcmp(want, got) != 0)
		fail_msg("%s, %zu layers:\n%s\nis now\n%s", why, n, want, got);
}

static int
restore(struct forest *f, size_t n)
{
	return plain_tree_restore(f->tree, (const char *const *)f->layers, (uint32_t)n,
	                          NULL, &f->err);
}

/* ------------------------------------------------------------ tests */

static const char *const done[] = {
	"true",
	"touch -r etc/passwd t; echo Q >etc/passwd; touch -r t etc/passwd; rm t",
	"echo more >>usr/bin/b",
	"rm usr/bin/b",
	"rm -r usr",
	"rm -rf d e; echo f >d",
	"echo new >extra; mkdir -p very/new/dirs; echo n >very/new/dirs/n",
	"chmod 777 usr usr/bin usr/bin/b; chmod 0 etc/passwd",
	"chown 7:8 etc etc/passwd pipe",
	"touch -h -d @5 etc/passwd link home",
	"setfattr -n user.a -v 1 etc; setfattr -n user.a -v 1 etc/passwd",
	"mv etc etc2; mkdir etc; cp etc2/passwd etc/",
	"mv usr/bin x; mv home usr/bin; mv x home",
	"rm -r link; ln -s /nowhere link",
	"rm pipe; echo f >pipe",
	"cp -a etc/passwd q; mv q etc/passwd",
	"ln etc/passwd outside; ln usr/bin/b usr/bin/bb",
	"mknod null c 1 3; rm -r home; mknod home c 1 3",
	"truncate -s 50000 hole; truncate -s 100000 hole",
	"chmod 700 .; touch -d @9 .; setfattr -n user.a -v 1 .",
	"python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'",
	"rm -rf ./*",
};

static void
whatever_was_done_is_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof done / sizeof *done; i++) {
		struct forest f;

		plant(&f);
		for (size_t n = ALL; n >= 1; n--) {
			reload(&f);
			sh(f.tree_dir, done[i]);
			assert_fine(restore(&f, n) >= 0, &f.err);
			assert_same(&f, n, done[i]);
			assert_fine(plain_tree_note(f.tree, NULL, &f.err) == 0, &f.err);
		}
		fell(&f);
	}
}

static void
layers_are_taken_away_one_by_one_and_laid_again(void **state)
{
	(void)state;
	for (size_t from = ALL; from > 1; from -= 2) {
		for (size_t n = 1; n < from; n++) {
			struct forest f;

			plant(&f);
			assert_fine(restore(&f, from) >= 0, &f.err);
			assert_fine(plain_tree_note(f.tree, NULL, &f.err) == 0, &f.err);
			reload(&f);
			assert_fine(restore(&f, n) >= 0, &f.err);
			assert_same(&f, n, "less");
			add_layers(f.tree, f.layers + n, ALL - n, &f.err);
			assert_same(&f, ALL, "again");
			reload(&f);
			assert_fine(restore(&f, n) >= 0, &f.err);
			assert_same(&f, n, "less again");
			fell(&f);
		}
	}
}

static void
what_nobody_touched_is_not_touched(void **state)
{
	const char *const last = "etc/passwd";
	struct forest f;
	struct stat before, after;
	auto_free char *path = NULL;

	(void)state;
	plant(&f);
	path = mem_print("%s/%s", f.tree_dir, last);
	assert_fine(restore(&f, LAYERS) == 1, &f.err);
	assert_fine(plain_tree_note(f.tree, NULL, &f.err) == 0, &f.err);
	reload(&f);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(restore(&f, LAYERS), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	fell(&f);
}

static void
damaged_notes_are_told(void **state)
{
	static const char *const damages[] = {
		"rm notes",
		": >notes",
		"truncate -s 200 notes",
		"printf x | dd of=notes bs=1 seek=100 conv=notrunc 2>/dev/null",
		("printf '\\377\\377\\377\\377' | dd of=notes bs=1 seek=8 "
		 "conv=notrunc 2>/dev/null"),
		"head -c 100000 /dev/zero >notes",
		"echo more >>notes",
	};

	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		struct forest f;
		auto_fd int fd = -1;

		plant(&f);
		reload(&f);
		sh(f.home, damages[i]);
		fd = file_open_dir(AT_FDCWD, f.home, &f.err);
		assert_null(plain_tree_load(f.tree_dir, fd, "notes", &f.err));
		assert_int_equal(f.err.code, ERR_DAMAGED);
		fell(&f);
	}
}

/* All that is in a tree and not in its notes is removed, so it has to be the right one. */
static void
what_is_another_directory_is_left_alone(void **state)
{
	static const char *const swaps[] = {
		"mv tree away; ln -s other tree",
		"mv tree away; mv other tree",
		"mv tree away; cp -a away tree",
	};

	(void)state;
	for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
		struct forest f;
		auto_fd int fd = -1;

		plant(&f);
		reload(&f);
		sh(f.home, "mkdir -p other/bin");
		sh(f.home, swaps[i]);
		fd = file_open_dir(AT_FDCWD, f.home, &f.err);
		assert_null(plain_tree_load(f.tree_dir, fd, "notes", &f.err));
		fell(&f);
	}
}

static void
a_cancelled_restore_ends(void **state)
{
	struct error err = ERROR_INIT;
	struct cancel *cancel = cancel_new(&err);
	struct forest f;

	(void)state;
	plant(&f);
	cancel_trigger(cancel);
	assert_int_equal(plain_tree_restore(f.tree, (const char *const *)f.layers, 1,
	                                    cancel, &f.err),
	                 -1);
	assert_int_equal(f.err.code, ERR_CANCELLED);
	cancel_free(cancel);
	fell(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_was_done_is_undone),
		cmocka_unit_test(layers_are_taken_away_one_by_one_and_laid_again),
		cmocka_unit_test(what_nobody_touched_is_not_touched),
		cmocka_unit_test(damaged_notes_are_told),
		cmocka_unit_test(what_is_another_directory_is_left_alone),
		cmocka_unit_test(a_cancelled_restore_ends),
	};

	if (geteuid() != 0)
		return skip_program("owners and nodes need root");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
