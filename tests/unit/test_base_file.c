#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "tests/lib/skip_program.h"

static char top[32];
static int top_fd = -1;

static int
make_top(void **state)
{
	(void)state;
	/* Memory, if there is some: thousands of directories take long on a disk. */
	snprintf(top, sizeof top, "%s/test_file_XXXXXX",
	         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(top));
	assert_int_equal(chmod(top, 0777), 0);
	top_fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return top_fd < 0;
}

static int
remove_top(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	own_close(&top_fd);
	return file_remove_tree(AT_FDCWD, top, &err);
}

static void
put(const char *name, const char *text)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(file_replace(top_fd, name, text, strlen(text), 0644, &err), 0);
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	return fstatat(top_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_mode;
}

static void
reading_appends_and_is_limited(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf b = BUF_INIT;

	(void)state;
	put("f", "12345");
	buf_add_str(&b, "<");
	assert_int_equal(file_read(top_fd, "f", 5, &b, &err), 1);
	assert_string_equal(buf_str(&b), "<12345");
	assert_int_equal(file_read(top_fd, "f", 4, &b, &err), -1);
	assert_string_equal(err.text, "f: more than 4 bytes");
	assert_string_equal(buf_str(&b), "<12345");
	error_clear(&err);
	assert_int_equal(file_read(top_fd, "none", 4, &b, &err), 0);
	assert_null(err.text);
	assert_int_equal(file_read(top_fd, "f/x", 4, &b, &err), -1);
	assert_int_equal(err.sys, ENOTDIR);
	assert_int_equal(file_read(top_fd, ".", 4, &b, &err), -1);
	assert_int_equal(err.sys, EISDIR);
}

static void
large_files_are_read_and_copied_whole(void **state)
{
	const size_t n = 3000001;
	auto_free char *bytes = mem_new(n);
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf b = BUF_INIT;
	auto_fd int in = -1, out = -1;
	uint64_t copied = 7;

	(void)state;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 7 + i / 1000);
	assert_int_equal(file_replace(top_fd, "large", bytes, n, 0600, &err), 0);
	in = openat(top_fd, "large", O_RDONLY | O_CLOEXEC);
	out = openat(top_fd, "copy", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(lseek(in, 1, SEEK_SET), 1);
	assert_int_equal(file_copy_fd(in, out, NULL, &copied, &err), 0);
	assert_int_equal(copied, 7 + n - 1);
	assert_int_equal(file_read(top_fd, "copy", SIZE_MAX, &b, &err), 1);
	assert_int_equal(b.n, n - 1);
	assert_memory_equal(b.p, bytes + 1, n - 1);
}

static void
files_that_the_kernel_does_not_copy_are_read_and_written(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_fd int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	auto_fd int out = openat(top_fd, "status",
	                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	uint64_t copied = 0;
	int ends[2];

	(void)state;
	assert_int_equal(file_copy_fd(status, out, NULL, &copied, &err), 0);
	assert_true(copied > 100);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	close(ends[1]);
	assert_int_equal(file_copy_fd(ends[0], out, NULL, NULL, &err), 0);
	close(ends[0]);
	assert_int_equal(file_copy_fd(-1, out, NULL, NULL, &err), -1);
	assert_int_equal(err.sys, EBADF);
}

static void
replacing_is_whole_or_not_at_all(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf b = BUF_INIT;

	(void)state;
	mkdirat(top_fd, "r", 0755);
	put("r/f", "old");
	put("r/f", "new");
	assert_int_equal(file_read(top_fd, "r/f", 10, &b, &err), 1);
	assert_string_equal(buf_str(&b), "new");
	assert_int_equal(file_replace(top_fd, "none/f", "", 0, 0644, &err), -1);
	assert_int_equal(err.sys, ENOENT);
	mkdirat(top_fd, "r/dir", 0755);
	assert_int_equal(file_replace(top_fd, "r/dir", "x", 1, 0644, &err), -1);
	assert_int_equal(err.sys, EISDIR);
	/* Nothing temporary stays: only these two have to go. */
	assert_int_equal(unlinkat(top_fd, "r/f", 0), 0);
	assert_int_equal(unlinkat(top_fd, "r/dir", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(top_fd, "r", AT_REMOVEDIR), 0);
}

static void
reading_in_full_takes_what_comes_in_pieces(void **state)
{
	auto_error struct error err = ERROR_INIT;
	char bytes[8];
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		for (const char *p = "abcdef"; *p != '\0'; p++) {
			(void)!write(ends[1], p, 1);
			usleep(2000);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(file_read_full(ends[0], bytes, 4, &err), 4);
	assert_memory_equal(bytes, "abcd", 4);
	assert_int_equal(file_read_full(ends[0], bytes, 4, &err), 2);
	assert_int_equal(file_read_full(ends[0], bytes, 4, &err), 0);
	close(ends[0]);
	waitpid(pid, &status, 0);
}

static void
directories_are_made_with_the_mode_asked_for(void **state)
{
	auto_error struct error err = ERROR_INIT;
	mode_t mask = umask(027);

	(void)state;
	assert_int_equal(file_make_dirs(top_fd, "d/e//f/", 0, &err), 0);
	assert_int_equal(mode_of("d/e/f") & 07777, 0750);
	assert_int_equal(file_make_dirs(top_fd, "x/y", 01777, &err), 0);
	assert_int_equal(mode_of("x") & 07777, 01777);
	assert_int_equal(mode_of("x/y") & 07777, 01777);
	assert_int_equal(file_make_dirs(top_fd, "d/e/g", 0700, &err), 0);
	assert_int_equal(mode_of("d/e") & 07777, 0750);
	assert_int_equal(mode_of("d/e/g") & 07777, 0700);
	assert_int_equal(file_make_dirs(top_fd, "d", 0700, &err), 0);
	symlinkat("d", top_fd, "link");
	assert_int_equal(file_make_dirs(top_fd, "link/h", 0, &err), 0);
	assert_true(S_ISDIR(mode_of("d/h")));
	put("file", "");
	assert_int_equal(file_make_dirs(top_fd, "file/x", 0, &err), -1);
	assert_int_equal(err.sys, ENOTDIR);
	assert_int_equal(file_make_dirs(top_fd, "file", 0, &err), -1);
	assert_int_equal(err.sys, ENOTDIR);
	umask(mask);
}

static void
removing_what_is_absent_succeeds(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(file_remove_tree(top_fd, "none", &err), 0);
	put("single", "");
	assert_int_equal(file_remove_tree(top_fd, "single", &err), 0);
	assert_int_equal(mode_of("single"), 0);
}

static void *
trigger_soon(void *arg)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	nanosleep(&pause, NULL);
	cancel_trigger(arg);
	return NULL;
}

/* A file that nobody would live to see copied, into what takes everything. */
static void
copying_ends_when_it_is_told_to(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		auto_error struct error err = ERROR_INIT;
		auto_fd int in = openat(top_fd, "huge", O_RDWR | O_CREAT | O_CLOEXEC,
		                        0600);
		auto_fd int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
		struct cancel *c = cancel_new(&err);
		pthread_t thread;

		assert_int_equal(ftruncate(in, (off_t)1 << 42), 0);
		if (late > 0)
			assert_int_equal(pthread_create(&thread, NULL, trigger_soon, c),
			                 0);
		else
			cancel_trigger(c);
		assert_int_equal(file_copy_fd(in, out, c, NULL, &err), -1);
		assert_int_equal(err.code, ERR_CANCELLED);
		if (late > 0)
			pthread_join(thread, NULL);
		cancel_free(c);
	}
	assert_int_equal(unlinkat(top_fd, "huge", 0), 0);
}

static int
count_there(const char *dir, int n)
{
	int there = 0;

	for (int i = 0; i < n; i++) {
		auto_free char *name = mem_print("%s/%d", dir, i);

		there += mode_of(name) != 0;
	}
	return there;
}

/* Each row: files in a directory in "bound", how many names may go (negative: all),
 * whether all do. */
static void
removing_ends_at_a_number_of_names(void **state)
{
	static const struct {
		int files, may;
		bool all;
	} rows[] = {
		{ 10, -1, true },  { 10, 0, false },    { 10, 4, false },
		{ 10, 11, false }, { 300, 256, false }, { 10, 1000, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		_Atomic int64_t left = rows[i].may;
		int status = 0;

		file_make_dirs(top_fd, "bound/dir", 0, &err);
		for (int j = 0; j < rows[i].files; j++) {
			auto_free char *name = mem_print("bound/dir/%d", j);

			put(name, "");
		}
		status = file_remove_tree_within(&left, top_fd, "bound", &err);
		assert_int_equal(status, rows[i].all ? 0 : -1);
		assert_int_equal(mode_of("bound") == 0, rows[i].all);
		if (rows[i].all)
			continue;
		assert_int_equal(err.code, ERR_CANCELLED);
		assert_true(count_there("bound/dir", rows[i].files) >=
		            rows[i].files - rows[i].may);
		error_clear(&err);
		assert_int_equal(file_remove_tree(top_fd, "bound", &err), 0);
	}
}

static void
removing_does_not_follow_links(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	file_make_dirs(top_fd, "keep/inner", 0, &err);
	put("keep/inner/f", "");
	file_make_dirs(top_fd, "tree/a/b", 0, &err);
	symlinkat("../../keep", top_fd, "tree/a/link");
	symlinkat("../keep", top_fd, "tree/link");
	symlinkat("keep", top_fd, "link_to_keep");
	mkfifoat(top_fd, "tree/a/b/fifo", 0600);
	put("tree/a/b/\xFF\n", "");
	assert_int_equal(file_remove_tree(top_fd, "tree", &err), 0);
	assert_int_equal(file_remove_tree(top_fd, "link_to_keep", &err), 0);
	assert_int_equal(mode_of("tree"), 0);
	assert_true(S_ISREG(mode_of("keep/inner/f")));
	assert_int_equal(file_remove_tree(top_fd, "keep/inner", &err), 0);
	assert_true(S_ISDIR(mode_of("keep")));
}

static void
very_deep_trees_are_removed_with_few_descriptors(void **state)
{
	const struct rlimit few = { 64, 64 };
	auto_error struct error err = ERROR_INIT;
	struct rlimit saved;
	auto_fd int at = -1;

	(void)state;
	assert_int_equal(mkdirat(top_fd, "deep", 0755), 0);
	at = openat(top_fd, "deep", O_PATH | O_CLOEXEC);
	for (int i = 0; i < 6000; i++) {
		auto_fd int next = -1;

		assert_int_equal(mkdirat(at, "directory", 0755), 0);
		if (i % 100 == 0)
			assert_int_equal(mkdirat(at, "other", 0755), 0);
		next = openat(at, "directory", O_PATH | O_CLOEXEC);
		own_close(&at);
		at = take_fd(&next);
	}
	own_close(&at);
	getrlimit(RLIMIT_NOFILE, &saved);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ few.rlim_cur, saved.rlim_max });
	assert_int_equal(file_remove_tree(top_fd, "deep", &err), 0);
	setrlimit(RLIMIT_NOFILE, &saved);
	assert_int_equal(mode_of("deep"), 0);
}

static void
wide_directories_are_removed(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(mkdirat(top_fd, "wide", 0755), 0);
	for (int i = 0; i < 5000; i++) {
		auto_free char *name = mem_print("wide/%d", i);

		assert_int_equal(i % 2 == 0 ? mkdirat(top_fd, name, 0755)
		                            : mknodat(top_fd, name, S_IFREG | 0644, 0),
		                 0);
	}
	assert_int_equal(file_remove_tree(top_fd, "wide", &err), 0);
	assert_int_equal(mode_of("wide"), 0);
}

/* Runs FN in a child without privileges; its result is the exit status. */
static int
as_nobody(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(99);
		_exit(fn());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int
remove_locked(void)
{
	auto_error struct error err = ERROR_INIT;

	if (file_make_dirs(top_fd, "locked/a/b/work", 0, &err) < 0 ||
	    file_make_dirs(top_fd, "locked/c/d", 0, &err) < 0)
		return 1;
	if (fchmodat(top_fd, "locked/a/b/work", 0, 0) < 0 ||
	    fchmodat(top_fd, "locked/a/b", 0500, 0) < 0 ||
	    fchmodat(top_fd, "locked/a", 0, 0) < 0 ||
	    fchmodat(top_fd, "locked/c", 0555, 0) < 0 ||
	    fchmodat(top_fd, "locked", 0100, 0) < 0)
		return 2;
	if (file_remove_tree(top_fd, "locked", &err) < 0)
		fprintf(stderr, "%s\n", err.text);
	return mode_of("locked") == 0 ? 0 : 3;
}

static void
directories_without_permissions_are_removed_by_their_owner(void **state)
{
	(void)state;
	assert_int_equal(as_nobody(remove_locked), 0);
}

static int
remove_of_others(void)
{
	auto_error struct error err = ERROR_INIT;

	return file_remove_tree(top_fd, "others", &err) == -1 && err.sys == EACCES ? 0
	                                                                           : 1;
}

static void
what_may_not_be_removed_is_an_error(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	file_make_dirs(top_fd, "others/a/b", 0755, &err);
	assert_int_equal(as_nobody(remove_of_others), 0);
	assert_true(S_ISDIR(mode_of("others/a/b")));
}

static int
remove_around_mount(void)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *from = mem_print("%s/precious", top);
	auto_free char *to = mem_print("%s/mounted/a/point", top);

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(from, to, NULL, MS_BIND, NULL) < 0)
		return 77;
	if (file_remove_tree(top_fd, "mounted", &err) != -1)
		return 1;
	if (file_remove_tree(top_fd, "mounted/a/point", &err) != -1)
		return 2;
	return S_ISREG(mode_of("precious/f")) ? 0 : 3;
}

static void
removing_stops_at_mount_points(void **state)
{
	auto_error struct error err = ERROR_INIT;
	int status;
	pid_t pid;

	(void)state;
	file_make_dirs(top_fd, "precious", 0, &err);
	put("precious/f", "");
	file_make_dirs(top_fd, "mounted/a/point", 0, &err);
	pid = fork();
	if (pid == 0)
		_exit(remove_around_mount());
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("needs mount namespaces\n");
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
random_names_are_hexadecimal_and_differ(void **state)
{
	char a[33], b[33], path[FILE_FD_PATH_MAX];

	(void)state;
	file_random_name(a, 32);
	file_random_name(b, 32);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
	file_random_name(a, 0);
	assert_string_equal(a, "");
	assert_string_equal(file_fd_path(17, path), "/proc/self/fd/17");
}

static void
opening_a_directory_refuses_files(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = file_open_dir(top_fd, ".", &err);

	(void)state;
	assert_true(fd >= 0);
	put("plain", "");
	assert_int_equal(file_open_dir(top_fd, "plain", &err), -1);
	assert_int_equal(err.sys, ENOTDIR);
}

static const struct CMUnitTest removal_tests[] = {
	cmocka_unit_test(removing_what_is_absent_succeeds),
	cmocka_unit_test(removing_ends_at_a_number_of_names),
	cmocka_unit_test(removing_does_not_follow_links),
	cmocka_unit_test(very_deep_trees_are_removed_with_few_descriptors),
	cmocka_unit_test(wide_directories_are_removed),
	cmocka_unit_test(directories_without_permissions_are_removed_by_their_owner),
	cmocka_unit_test(what_may_not_be_removed_is_an_error),
};

/* As on kernels before 5.6. */
static int
refuse_openat2(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2),
	                              0);

	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading_appends_and_is_limited),
		cmocka_unit_test(copying_ends_when_it_is_told_to),
		cmocka_unit_test(large_files_are_read_and_copied_whole),
		cmocka_unit_test(
		        files_that_the_kernel_does_not_copy_are_read_and_written),
		cmocka_unit_test(replacing_is_whole_or_not_at_all),
		cmocka_unit_test(reading_in_full_takes_what_comes_in_pieces),
		cmocka_unit_test(directories_are_made_with_the_mode_asked_for),
		cmocka_unit_test(random_names_are_hexadecimal_and_differ),
		cmocka_unit_test(opening_a_directory_refuses_files),
		cmocka_unit_test(removing_stops_at_mount_points),
	};
	int failed = cmocka_run_group_tests_name("files", tests, make_top, remove_top);

	failed += cmocka_run_group_tests_name("removal", removal_tests, make_top,
	                                      remove_top);
	if (refuse_openat2() < 0)
		return failed + skip_program("without openat2, needs seccomp filters");
	return failed + cmocka_run_group_tests_name("removal without openat2",
	                                            removal_tests, make_top, remove_top);
}
