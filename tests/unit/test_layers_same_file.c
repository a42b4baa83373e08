/* Which files may stay when their content is written again. */
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
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/same_file.h"

struct scene {
	char path[40];
	int fd;
};

static int
make_place(void **state)
{
	struct scene *p = mem_new(sizeof *p);
	auto_error struct error err = ERROR_INIT;

	snprintf(p->path, sizeof p->path, "/tmp/test_same_file_XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_replace(p->fd, "f", "equal", 5, 0600, &err), 0);
	*state = p;
	return 0;
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

/* Whether NAME can be opened as a file of SIZE bytes of user UID. */
static bool
may_stay(const struct scene *p, const char *name, uint64_t size, uid_t uid)
{
	const struct same_file_wanted wanted = { size, uid, getegid() };
	struct same_file f = { .fd = -1 };
	bool may = same_file_open(&f, p->fd, name, &wanted);

	assert_int_equal(may, f.fd >= 0);
	same_file_close(&f);
	return may;
}

static void
only_a_file_of_the_same_kind_stays(void **state)
{
	const struct scene *p = *state;

	assert_true(may_stay(p, "f", 5, geteuid()));
	assert_false(may_stay(p, "f", 4, geteuid()));
	assert_false(may_stay(p, "f", 6, geteuid()));
	assert_false(may_stay(p, "f", 5, geteuid() + 1));
	assert_false(may_stay(p, "missing", 0, geteuid()));
	assert_int_equal(symlinkat("f", p->fd, "link"), 0);
	assert_int_equal(mkfifoat(p->fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(p->fd, "dir", 0700), 0);
	for (uint64_t size = 0; size < 6; size++) {
		assert_false(may_stay(p, "link", size, geteuid()));
		assert_false(may_stay(p, "fifo", size, geteuid()));
		assert_false(may_stay(p, "dir", size, geteuid()));
	}
}

static void
a_file_with_another_name_does_not_stay(void **state)
{
	const struct scene *p = *state;

	assert_int_equal(linkat(p->fd, "f", p->fd, "g", 0), 0);
	assert_false(may_stay(p, "f", 5, geteuid()));
	assert_int_equal(unlinkat(p->fd, "g", 0), 0);
	assert_true(may_stay(p, "f", 5, geteuid()));
}

static void
a_file_with_attributes_does_not_stay(void **state)
{
	const struct scene *p = *state;
	auto_fd int fd = openat(p->fd, "f", O_RDONLY | O_CLOEXEC);

	if (fsetxattr(fd, "user.x", "y", 1, 0) < 0 && errno == ENOTSUP) {
		print_message("/tmp has no user attributes (Linux 6.6 for tmpfs)\n");
		skip();
	}
	assert_false(may_stay(p, "f", 5, geteuid()));
	assert_int_equal(fremovexattr(fd, "user.x"), 0);
	assert_true(may_stay(p, "f", 5, geteuid()));
}

static void
bytes_are_compared_to_the_end(void **state)
{
	static char bytes[100000], other[sizeof bytes];
	static const size_t differs[] = {
		0, 1, 16383, 16384, 99998, 99999, sizeof bytes
	};
	const struct same_file_wanted wanted = { sizeof bytes, geteuid(), getegid() };
	const struct scene *p = *state;
	auto_error struct error err = ERROR_INIT;

	memset(bytes, 'x', sizeof bytes);
	assert_int_equal(file_replace(p->fd, "f", bytes, sizeof bytes, 0600, &err), 0);
	for (size_t i = 0; i < sizeof differs / sizeof *differs; i++) {
		struct same_file f = { .fd = -1 };
		bool same = true;

		memcpy(other, bytes, sizeof bytes);
		if (differs[i] < sizeof bytes)
			other[differs[i]] = 'y';
		assert_true(same_file_open(&f, p->fd, "f", &wanted));
		for (size_t at = 0; at < sizeof other && same; at += 20000)
			same = same_file_next(&f, other + at, 20000);
		assert_int_equal(same, differs[i] == sizeof bytes);
		assert_true(f.at <= differs[i]);
		/* There are no more. */
		assert_false(same && same_file_next(&f, "x", 1));
		same_file_close(&f);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_a_file_of_the_same_kind_stays),
		TEST(a_file_with_another_name_does_not_stay),
		TEST(a_file_with_attributes_does_not_stay),
		TEST(bytes_are_compared_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
