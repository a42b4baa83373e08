#include "builder/sandbox/mount_stubs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"

#define BEFORE 1000000000
#define LATER  1700000000

struct tree {
	char path[64];
	int fd;
	struct recipe_report *report;
};

static int
setup(void **state)
{
	struct error err = ERROR_INIT;
	struct tree *t = mem_new(sizeof *t);

	snprintf(t->path, sizeof t->path, "/tmp/cooper-test-XXXXXX");
	if (mkdtemp(t->path) == NULL)
		return -1;
	t->fd = file_open_dir(AT_FDCWD, t->path, &err);
	t->report = mem_new(sizeof *t->report);
	*state = t;
	return t->fd < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	struct tree *t = *state;
	struct error err = ERROR_INIT;

	file_remove_tree(AT_FDCWD, t->path, &err);
	close(t->fd);
	free(t->report);
	free(t);
	return 0;
}

static void
set_time(int dir_fd, const char *name, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(dir_fd, name, times, 0), 0);
}

static time_t
time_of(const struct tree *t, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(t->fd, name, &st, 0), 0);
	return st.st_mtim.tv_sec;
}

static bool
is_there(const struct tree *t, const char *name)
{
	return file_is_there(t->fd, name);
}

/* As the first process notes it; PARENT's time is AFTER right after the making. */
static struct recipe_stub *
note(struct tree *t, const char *path, bool is_dir, time_t after)
{
	struct recipe_report *r = t->report;
	struct recipe_stub *stub = (void *)(r->stubs + r->stubs_size);
	size_t size = (sizeof *stub + strlen(path) + 1 + 7) & ~(size_t)7;

	*stub = (struct recipe_stub){ .size = (uint32_t)size,
		                      .is_dir = is_dir,
		                      .before_s = BEFORE,
		                      .after_s = after };
	memcpy(stub->path, path, strlen(path) + 1);
	r->stubs_size += (uint32_t)size;
	return stub;
}

static void
make_file(const struct tree *t, const char *name, const char *content)
{
	struct error err = ERROR_INIT;

	assert_int_equal(file_replace(t->fd, name, content, strlen(content), 0644, &err),
	                 0);
}

static void
remove_all(const struct tree *t)
{
	auto_error struct error err = ERROR_INIT;

	if (mount_stubs_remove(t->fd, t->report, &err) < 0)
		fail_msg("%s", err.text);
}

static void
empty_mount_points_go_with_the_parents_that_were_made_for_them(void **state)
{
	struct tree *t = *state;

	mkdirat(t->fd, "a", 0755);
	mkdirat(t->fd, "a/b", 0755);
	make_file(t, "a/b/c", "");
	set_time(t->fd, "a/b", LATER);
	set_time(t->fd, "a", LATER);
	set_time(t->fd, ".", LATER);
	note(t, "/a", true, LATER);
	note(t, "/a/b", true, LATER);
	note(t, "/a/b/c", false, LATER);
	remove_all(t);
	assert_false(is_there(t, "a"));
	assert_int_equal(time_of(t, "."), BEFORE);
}

static void
what_the_program_put_there_stays(void **state)
{
	struct tree *t = *state;

	mkdirat(t->fd, "d", 0755);
	make_file(t, "d/new", "");
	make_file(t, "file", "bytes");
	assert_int_equal(symlinkat("d", t->fd, "link"), 0);
	mkdirat(t->fd, "was-file", 0755);
	make_file(t, "was-dir", "");
	set_time(t->fd, ".", LATER);
	note(t, "/d", true, LATER);
	note(t, "/file", false, LATER);
	note(t, "/link", false, LATER);
	note(t, "/was-file", false, LATER);
	note(t, "/was-dir", true, LATER);
	note(t, "/gone", true, LATER);
	note(t, "/gone/deeper", true, LATER);
	remove_all(t);
	assert_true(is_there(t, "d/new"));
	assert_true(is_there(t, "file"));
	assert_true(is_there(t, "link"));
	assert_true(is_there(t, "was-file"));
	assert_true(is_there(t, "was-dir"));
	assert_int_equal(time_of(t, "."), LATER);
}

static void
a_time_that_the_program_changed_is_its_own(void **state)
{
	struct tree *t = *state;

	mkdirat(t->fd, "d", 0755);
	mkdirat(t->fd, "d/stub", 0755);
	set_time(t->fd, "d", LATER + 5);
	note(t, "/d/stub", true, LATER);
	remove_all(t);
	assert_false(is_there(t, "d/stub"));
	assert_int_equal(time_of(t, "d"), LATER + 5);
}

static void
a_link_that_replaced_a_parent_is_not_followed(void **state)
{
	struct tree *t = *state;

	mkdirat(t->fd, "real", 0755);
	mkdirat(t->fd, "real/stub", 0755);
	assert_int_equal(symlinkat("real", t->fd, "d"), 0);
	note(t, "/d/stub", true, LATER);
	note(t, "/../stub", true, LATER);
	remove_all(t);
	assert_true(is_there(t, "real/stub"));
}

static void
a_damaged_report_is_believed_as_far_as_it_goes(void **state)
{
	struct tree *t = *state;
	struct recipe_stub *stub = NULL;

	mkdirat(t->fd, "one", 0755);
	mkdirat(t->fd, "two", 0755);
	note(t, "/one", true, LATER);
	stub = note(t, "/two", true, LATER);
	stub->size = 1U << 20;
	remove_all(t);
	assert_false(is_there(t, "one"));
	assert_true(is_there(t, "two"));
	stub->size = sizeof *stub;
	remove_all(t);
	memset(stub->path, 'x', 8);
	stub->size = sizeof *stub + 8;
	remove_all(t);
	t->report->stubs_size = UINT32_MAX;
	remove_all(t);
	assert_true(is_there(t, "two"));
}

#define tree_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(empty_mount_points_go_with_the_parents_that_were_made_for_them),
		tree_test(what_the_program_put_there_stays),
		tree_test(a_time_that_the_program_changed_is_its_own),
		tree_test(a_link_that_replaced_a_parent_is_not_followed),
		tree_test(a_damaged_report_is_believed_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
