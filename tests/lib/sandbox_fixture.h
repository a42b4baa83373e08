/*
 * sandbox_fixture: a sandbox, and a root file system with busybox in it.
 *
 *	sandbox_fixture_enter() in main, then box_test() for each test
 *	box_sh(b, "echo hello")           runs a shell; what it printed
 *	b->run.… = …                      changes how, for all further runs of B
 *
 * On machines that allow no sandbox every test is skipped.
 */
#ifndef TESTS_LIB_SANDBOX_FIXTURE_H
#define TESTS_LIB_SANDBOX_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/machine/machine.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/sandbox.h"

#define BUSYBOX     "/bin/busybox"
#define LAYER_TIME  1600000000 /* of everything in the root */
#define LOWERS_ROOM 600

struct box {
	char *dir; /* B's directory: base (the root), scratch, upperN, workN */
	int dir_fd, scratch_fd;
	struct cancel *cancel;
	struct sandbox *sb; /* NULL: machine allows none */
	struct sandbox_run run;
	struct sandbox_result result;
	struct error err;
	struct buf out, err_out; /* of the last run */
	const char *lowers[LOWERS_ROOM];
	const char *argv[4];
	char *upper, *work;
	int n_runs;
};

static enum id_mapping fixture_mapping;
static enum isolation
        fixture_isolation; /* set it first thing in main to force an engine */

static inline void
sandbox_fixture_enter(void)
{
	auto_free char *why = NULL;

	machine_enter(fixture_isolation, &fixture_mapping, &why);
}

/* ------------------------------------------------------------ files */

/* "a/b" below FD with its parents. */
static inline int
box_file(int fd, const char *path, mode_t mode, const char *content)
{
	const char *slash = strrchr(path, '/');
	struct error err = ERROR_INIT;
	int file;

	if (slash != NULL) {
		char *dir = mem_copy_n(path, (size_t)(slash - path));
		int failed = file_make_dirs(fd, dir, 0755, &err);

		free(dir);
		if (failed < 0)
			return -1;
	}
	file = openat(fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || file_write_all(file, content, strlen(content), &err) < 0 ||
	    fchmod(file, mode) < 0)
		return -1;
	return close(file);
}

static inline void
box_set_time(int fd, const char *path)
{
	const struct timespec t[2] = { { .tv_sec = LAYER_TIME },
		                       { .tv_sec = LAYER_TIME } };

	utimensat(fd, path, t, AT_SYMLINK_NOFOLLOW);
}

static inline int
box_make_root(int fd)
{
	static const char *const applets[] = {
		"sh",       "cat",      "chmod",   "chown", "df",       "dd",    "echo",
		"env",      "false",    "grep",    "head",  "id",       "ln",    "ls",
		"mkdir",    "mount",    "mv",      "nc",    "readlink", "rm",    "rmdir",
		"sed",      "seq",      "setsid",  "sleep", "sort",     "stat",  "sync",
		"tail",     "test",     "touch",   "true",  "tty",      "uname", "wc",
		"hostname", "ifconfig", "unshare", "tr",    "usleep",
	};
	static const char *const dirs[] = { "bin", "etc", "tmp", "root", "data", "." };
	struct error err = ERROR_INIT;
	int in = open(BUSYBOX, O_RDONLY | O_CLOEXEC), out;

	if (in < 0 || mkdirat(fd, "bin", 0755) < 0)
		return -1;
	out = openat(fd, "bin/busybox", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (out < 0 || file_copy_fd(in, out, NULL, NULL, &err) < 0)
		return -1;
	close(in);
	close(out);
	for (size_t i = 0; i < sizeof applets / sizeof *applets; i++) {
		char *name = mem_print("bin/%s", applets[i]);
		int failed = symlinkat("busybox", fd, name);

		free(name);
		if (failed < 0)
			return -1;
	}
	if (box_file(fd, "etc/passwd", 0644, "root:x:0:0::/root:/bin/sh\n") < 0 ||
	    box_file(fd, "data/one", 0644, "1\n") < 0 ||
	    box_file(fd, "data/sub/two", 0644, "2\n") < 0 || mkdirat(fd, "tmp", 0) < 0 ||
	    fchmodat(fd, "tmp", 01777, 0) < 0 || mkdirat(fd, "root", 0700) < 0)
		return -1;
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		box_set_time(fd, dirs[i]);
	return 0;
}

/* ------------------------------------------------------------ a box */

static inline void
box_log(void *arg, int stream, const void *bytes, size_t n)
{
	struct box *b = arg;

	buf_add(stream == 1 ? &b->out : &b->err_out, bytes, n);
}

/* -1 if the files cannot be made. */
static inline int
box_open(struct box *b, enum id_mapping mapping)
{
	static const char *const env[] = { "PATH=/bin", "HOME=/root", NULL };
	const char *tmp = getenv("TMPDIR");
	struct sandbox_options options = { .mapping = mapping,
		                           .isolation = fixture_isolation };
	auto_free char *why = NULL;
	int base_fd;

	*b = (struct box){ .dir_fd = -1, .scratch_fd = -1 };
	b->dir = mem_print("%s/cooper-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(b->dir) == NULL || chmod(b->dir, 0755) < 0)
		return -1;
	b->dir_fd = file_open_dir(AT_FDCWD, b->dir, &b->err);
	if (mkdirat(b->dir_fd, "base", 0755) < 0 ||
	    mkdirat(b->dir_fd, "scratch", 0700) < 0)
		return -1;
	b->scratch_fd = file_open_dir(b->dir_fd, "scratch", &b->err);
	base_fd = file_open_dir(b->dir_fd, "base", &b->err);
	if (b->scratch_fd < 0 || base_fd < 0 || box_make_root(base_fd) < 0)
		return -1;
	close(base_fd);
	b->cancel = cancel_new(&b->err);
	options.scratch_fd = b->scratch_fd;
	options.cancel = b->cancel;
	b->sb = sandbox_new(&options, &why, &b->err);
	b->lowers[0] = mem_print("%s/base", b->dir);
	b->run = (struct sandbox_run){
		.lowers = b->lowers,
		.n_lowers = 1,
		.env = env,
		.cwd = "/",
		.hostname = "box",
		.hosts = TEXT("127.0.0.1 localhost\n"),
		.resolv = TEXT("nameserver 192.0.2.1\n"),
		.log = box_log,
		.log_arg = b,
	};
	return 0;
}

static inline void
box_close(struct box *b)
{
	struct error err = ERROR_INIT;

	sandbox_free(b->sb);
	cancel_free(b->cancel);
	own_close(&b->dir_fd);
	own_close(&b->scratch_fd);
	file_remove_tree(AT_FDCWD, b->dir, &err);
	error_clear(&err);
	error_clear(&b->err);
	buf_clear(&b->out);
	buf_clear(&b->err_out);
	for (size_t i = 0; i < LOWERS_ROOM; i++)
		free((char *)b->lowers[i]);
	free(b->upper);
	free(b->work);
	free(b->dir);
}

/* A new upper directory; that of the last run stays on disk. */
static inline void
box_fresh(struct box *b)
{
	free(b->upper);
	free(b->work);
	b->upper = mem_print("%s/upper%d", b->dir, b->n_runs);
	b->work = mem_print("%s/work%d", b->dir, b->n_runs++);
	if (mkdir(b->upper, 0755) == 0 && mkdir(b->work, 0755) == 0)
		box_set_time(AT_FDCWD, b->upper);
	b->run.upper = b->upper;
	b->run.work = b->work;
	buf_truncate(&b->out, 0);
	buf_truncate(&b->err_out, 0);
	error_clear(&b->err);
}

/* sandbox_run() with an upper of its own. */
static inline int
box_run(struct box *b, const char *const *argv)
{
	b->run.argv = argv;
	box_fresh(b);
	return sandbox_run(b->sb, &b->run, &b->result, &b->err);
}

static inline int
box_run_sh(struct box *b, const char *script)
{
	b->argv[0] = "/bin/sh";
	b->argv[1] = "-c";
	b->argv[2] = script;
	b->argv[3] = NULL;
	return box_run(b, b->argv);
}

/* ------------------------------------------------------------ in tests */

static inline int
box_setup(void **state)
{
	struct box *b = mem_new(sizeof *b);

	*state = b;
	return box_open(b, fixture_mapping);
}

static inline int
box_teardown(void **state)
{
	box_close(*state);
	free(*state);
	return 0;
}

#define box_test(name) cmocka_unit_test_setup_teardown(name, box_setup, box_teardown)

static inline struct box *
box_of(void **state)
{
	struct box *b = *state;

	if (b->sb == NULL) {
		print_message("%s\n", b->err.text);
		skip();
	}
	return b;
}

/* Where overlays cannot be mounted (on a tmpfs before Linux 6.6, on another overlay) roots
 * are plain trees. */
static inline bool
box_has_overlays(const struct box *b)
{
	return !b->sb->has_plain_roots;
}

static inline void
box_need_overlays(const struct box *b)
{
	if (box_has_overlays(b))
		return;
	print_message("needs overlays in %s\n", b->dir);
	skip();
}

static inline void
box_need_ids(void)
{
	if (fixture_mapping != IDS_SINGLE)
		return;
	print_message("needs more than one user id\n");
	skip();
}

/* What SCRIPT printed on its standard output; it must succeed. */
static inline const char *
box_sh(struct box *b, const char *script)
{
	if (box_run_sh(b, script) < 0)
		fail_msg("%s: %s", script, b->err.text);
	if (b->result.status != 0)
		fail_msg("%s: status %x: %s%s", script, (unsigned)b->result.status,
		         buf_str(&b->out), buf_str(&b->err_out));
	return buf_str(&b->out);
}

#define assert_prints(b, script, expected)                                               \
	assert_string_equal(box_sh(b, script), expected)

/* SCRIPT cannot be run, for a reason of which TEXT is a part. */
#define assert_refused(b, argv, error_code, expected)                                    \
	do {                                                                             \
		assert_int_equal(box_run(b, argv), -1);                                  \
		assert_int_equal((b)->err.code, error_code);                             \
		if (strstr((b)->err.text, expected) == NULL)                             \
			fail_msg("\"%s\" is not in \"%s\"", expected, (b)->err.text);    \
	} while (0)

static inline void
box_mounts(struct box *b, const struct sandbox_mount *mounts, size_t n)
{
	b->run.mounts = mounts;
	b->run.n_mounts = n;
}

/* Whether PATH is in the result of the last run. */
static inline bool
box_changed(const struct box *b, const char *path)
{
	auto_free char *full = mem_print("%s%s", b->upper, path);
	struct stat st;

	return lstat(full, &st) == 0;
}

static inline struct stat
box_stat(const struct box *b, const char *path)
{
	auto_free char *full = mem_print("%s%s", b->upper, path);
	struct stat st = { 0 };

	assert_int_equal(lstat(full, &st), 0);
	return st;
}

/* Entries of the last run's upper directory at PATH. */
static inline size_t
box_count(const struct box *b, const char *path)
{
	auto_free char *full = mem_print("%s%s", b->upper, path);
	auto_listing struct listing list = listing_open(AT_FDCWD, full);
	size_t n = 0;

	while (listing_next(&list) != NULL)
		n++;
	assert_false(listing_failed(&list));
	return n;
}

#endif
