/* Files that get their names when they are complete. */
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
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/draft.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/text.h"

struct scene {
	char path[32];
	int fd;
};

static int
make_place(void **state)
{
	struct scene *p = mem_new(sizeof *p);

	snprintf(p->path, sizeof p->path, "/tmp/test_draft_XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return p->fd < 0;
}

static int
remove_place(void **state)
{
	struct scene *p = *state;
	auto_error struct error err = ERROR_INIT;
	int failed = file_remove_tree(AT_FDCWD, p->path, &err);

	own_close(&p->fd);
	free(p);
	return failed;
}

static void
put(const struct scene *p, const char *name, const char *text)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(file_replace(p->fd, name, text, strlen(text), 0644, &err), 0);
}

static void
assert_text(const struct scene *p, const char *name, const char *want)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;

	assert_int_equal(file_read(p->fd, name, 100, &text, &err), want != NULL);
	if (want != NULL)
		assert_string_equal(buf_str(&text), want);
}

/* As on file systems with and without files that have no name. */
static const bool ways[] = { false, true };

static void
a_draft_has_no_name_until_it_is_kept(void **state)
{
	const struct scene *p = *state;

	for (size_t i = 0; i < 2; i++) {
		struct draft d = { .dir_fd = -1, .needs_name = ways[i] };
		auto_fd int fd = draft_open(&d, p->fd, 0644);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, "new", 3), 3);
		assert_text(p, "a", NULL);
		assert_int_equal(draft_keep(&d, fd, "a", false), 0);
		assert_text(p, "a", "new");
		assert_string_equal(d.name, "");
		assert_int_equal(unlinkat(p->fd, "a", 0), 0);
	}
	assert_int_equal(rmdir(p->path), 0);
	assert_int_equal(mkdir(p->path, 0700), 0);
}

static int
keep(struct draft *d, int fd, const char *name)
{
	return draft_keep(d, fd, name, true);
}

/* Each with each of `ways`. */
static int (*const keeps[])(struct draft *, int,
                            const char *) = { keep, keep, draft_keep_one_of_many,
	                                      draft_keep_one_of_many };

static void
what_is_there_is_replaced_only_if_that_is_meant(void **state)
{
	const struct scene *p = *state;

	for (size_t i = 0; i < 4; i++) {
		struct draft d = { .dir_fd = -1, .needs_name = ways[i % 2] };
		auto_fd int fd = draft_open(&d, p->fd, 0644);

		put(p, "other", "old");
		assert_int_equal(symlinkat("other", p->fd, "link"), 0);
		assert_int_equal(write(fd, "new", 3), 3);
		assert_int_equal(draft_keep(&d, fd, "link", false), -1);
		assert_int_equal(errno, EEXIST);
		assert_int_equal(keeps[i](&d, fd, "link"), 0);
		assert_text(p, "link", "new");
		assert_text(p, "other", "old");
		assert_string_equal(d.name, "");
		assert_int_equal(unlinkat(p->fd, "link", 0), 0);
		assert_int_equal(unlinkat(p->fd, "other", 0), 0);
	}
}

static void
a_directory_is_not_replaced(void **state)
{
	const struct scene *p = *state;

	assert_int_equal(mkdirat(p->fd, "dir", 0700), 0);
	assert_int_equal(mkdirat(p->fd, "dir/in", 0700), 0);
	for (size_t i = 0; i < 4; i++) {
		struct draft d = { .dir_fd = -1, .needs_name = ways[i % 2] };
		auto_fd int fd = draft_open(&d, p->fd, 0644);

		assert_int_equal(keeps[i](&d, fd, "dir"), -1);
		assert_int_equal(errno, EISDIR);
		assert_int_equal(faccessat(p->fd, "dir/in", F_OK, 0), 0);
		draft_drop(&d);
	}
	assert_int_equal(unlinkat(p->fd, "dir/in", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(p->fd, "dir", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(p->path), 0);
	assert_int_equal(mkdir(p->path, 0700), 0);
}

/* Each row: a name, and whether a sweep removes it. */
static void
a_sweep_removes_what_the_dead_left(void **state)
{
	static const struct {
		const char *name;
		bool goes;
	} rows[] = {
		{ ".cooper-0123456789abcdef.tmp", true },
		{ ".cooper-0123456789abcdeg.tmp", false },
		{ ".cooper-0123456789abcde.tmp", false },
		{ ".cooper-0123456789abcdef.tmp2", false },
		{ "cooper-0123456789abcdef.tmp", false },
		{ ".cooper-fedcba9876543210.tmp", true },
	};
	const struct scene *p = *state;
	struct draft alive = { .dir_fd = -1, .needs_name = true };
	auto_fd int fd = draft_open(&alive, p->fd, 0600);

	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		put(p, rows[i].name, "x");
	assert_int_equal(symlinkat("x", p->fd, ".cooper-000000000000000a.tmp"), 0);
	assert_int_equal(mkdirat(p->fd, ".cooper-000000000000000b.tmp", 0700), 0);
	put(p, "x", "x");
	assert_int_equal(linkat(p->fd, "x", p->fd, ".cooper-000000000000000c.tmp", 0), 0);
	draft_sweep(p->fd);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (file_is_there(p->fd, rows[i].name) == rows[i].goes)
			fail_msg("%s", rows[i].name);
	assert_true(file_is_there(p->fd, ".cooper-000000000000000a.tmp"));
	assert_true(file_is_there(p->fd, ".cooper-000000000000000b.tmp"));
	assert_true(file_is_there(p->fd, ".cooper-000000000000000c.tmp"));
	assert_true(file_is_there(p->fd, alive.name));
	draft_drop(&alive);
	assert_string_equal(alive.name, "");
}

static int
fill(void *arg, int fd, struct error *err)
{
	const char *text = arg;

	if (text == NULL)
		return error_set(err, ERR_DAMAGED, "broken");
	return file_write_all(fd, text, strlen(text), err);
}

static void
a_file_that_cannot_be_filled_leaves_the_old_one(void **state)
{
	char text[] = "whole";
	const struct scene *p = *state;
	auto_error struct error err = ERROR_INIT;

	file_make_dirs(p->fd, "d/e", 0, &err);
	put(p, "d/e/f", "old");
	assert_int_equal(draft_replace_by(p->fd, "d/e/f", 0644, fill, NULL, &err), -1);
	assert_text(p, "d/e/f", "old");
	error_clear(&err);
	assert_int_equal(draft_replace_by(p->fd, "d/e/f", 0644, fill, text, &err), 0);
	assert_text(p, "d/e/f", "whole");
	assert_int_equal(draft_replace_by(p->fd, "none/f", 0644, fill, text, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_draft_has_no_name_until_it_is_kept,
		                                make_place, remove_place),
		cmocka_unit_test_setup_teardown(
		        what_is_there_is_replaced_only_if_that_is_meant, make_place,
		        remove_place),
		cmocka_unit_test_setup_teardown(a_directory_is_not_replaced, make_place,
		                                remove_place),
		cmocka_unit_test_setup_teardown(a_sweep_removes_what_the_dead_left,
		                                make_place, remove_place),
		cmocka_unit_test_setup_teardown(
		        a_file_that_cannot_be_filled_leaves_the_old_one, make_place,
		        remove_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
