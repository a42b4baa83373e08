#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/listing.h"
#include "base/own.h"

static char top[32];
static int top_fd = -1;

static int
make_top(void **state)
{
	(void)state;
	snprintf(top, sizeof top, "/tmp/test_listing_XXXXXX");
	assert_non_null(mkdtemp(top));
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
put(const char *name)
{
	auto_fd int fd = openat(top_fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
}

/* The number of names, each of which begins with '.' or with "file". */
static size_t
count(struct listing *list)
{
	const char *name = NULL;
	size_t n = 0;

	for (; (name = listing_next(list)) != NULL; n++)
		assert_true(name[0] == '.' || strncmp(name, "file", 4) == 0);
	return n;
}

static void
every_name_but_the_dots_is_listed_each_time(void **state)
{
	(void)state;
	put(".hidden");
	put("...");
	put("..file");
	put("file 1");
	for (int i = 0; i < 2; i++) {
		auto_listing struct listing list = listing_open(top_fd, ".");

		assert_int_equal(count(&list), 4);
		assert_false(listing_failed(&list));
	}
}

static void
an_empty_directory_has_no_names(void **state)
{
	auto_listing struct listing list = { 0 };

	(void)state;
	assert_int_equal(mkdirat(top_fd, "file", 0755), 0);
	list = listing_open(top_fd, "file");
	assert_null(listing_next(&list));
	assert_null(listing_next(&list));
	assert_false(listing_failed(&list));
}

static void
names_are_found_from_the_descriptor_of_the_listing(void **state)
{
	auto_listing struct listing list = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(mkdirat(top_fd, "file", 0755), 0);
	put("file/file");
	list = listing_open(top_fd, "file");
	assert_string_equal(listing_next(&list), "file");
	assert_int_equal(fstatat(listing_fd(&list), "file", &st, 0), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
what_cannot_be_opened_has_failed(void **state)
{
	static const struct {
		const char *path;
		int error;
	} rows[] = { { "missing", ENOENT }, { "file", ENOTDIR }, { "loop", ELOOP } };

	(void)state;
	put("file");
	assert_int_equal(symlinkat("loop", top_fd, "loop"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_listing struct listing list = listing_open(top_fd, rows[i].path);

		assert_null(listing_next(&list));
		errno = 0;
		assert_true(listing_failed(&list));
		assert_int_equal(errno, rows[i].error);
		assert_int_equal(listing_fd(&list), -1);
	}
}

static void
a_given_descriptor_is_closed_even_if_it_cannot_be_listed(void **state)
{
	auto_listing struct listing list = { 0 };
	int fd = -1;

	(void)state;
	put("file");
	fd = openat(top_fd, "file", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	list = listing_take(fd);
	assert_true(listing_failed(&list));
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void
an_error_while_reading_ends_the_names(void **state)
{
	auto_listing struct listing list = listing_open(top_fd, ".");
	auto_fd int file_fd = -1;

	(void)state;
	put("file");
	file_fd = openat(top_fd, "file", O_RDONLY | O_CLOEXEC);
	/* The descriptor becomes one that has no names to read. */
	assert_true(dup3(file_fd, listing_fd(&list), O_CLOEXEC) >= 0);
	for (int i = 0; i < 2; i++) {
		assert_null(listing_next(&list));
		assert_true(listing_failed(&list));
		assert_int_equal(errno, ENOTDIR);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		        every_name_but_the_dots_is_listed_each_time, make_top,
		        remove_top),
		cmocka_unit_test_setup_teardown(an_empty_directory_has_no_names, make_top,
		                                remove_top),
		cmocka_unit_test_setup_teardown(
		        names_are_found_from_the_descriptor_of_the_listing, make_top,
		        remove_top),
		cmocka_unit_test_setup_teardown(what_cannot_be_opened_has_failed,
		                                make_top, remove_top),
		cmocka_unit_test_setup_teardown(
		        a_given_descriptor_is_closed_even_if_it_cannot_be_listed,
		        make_top, remove_top),
		cmocka_unit_test_setup_teardown(an_error_while_reading_ends_the_names,
		                                make_top, remove_top),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
