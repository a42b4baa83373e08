/* Files with a checksum are given back as they were written, or not at all. */
#include "tests/lib/layer_fixture.h"

#include "base/file.h"
#include "base/sealed.h"

/* Some are larger than what is written, or read, at once. */
static const size_t sizes[] = { 0, 1, 3, 65535, 65536, 65537, 200000 };
#define N_SIZES (sizeof sizes / sizeof *sizes)

static char *
pattern(size_t n, size_t seed)
{
	char *bytes = mem_new(n + 1);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + seed);
	return bytes;
}

static int
add_all(void *arg, struct sealed_writer *w, struct error *err)
{
	(void)arg;
	(void)err;
	for (size_t i = 0; i < N_SIZES; i++) {
		char *bytes = pattern(sizes[i], i);

		sealed_add(w, bytes, sizes[i]);
		free(bytes);
	}
	return 0;
}

static int
add_one_and_fail(void *arg, struct sealed_writer *w, struct error *err)
{
	(void)arg;
	sealed_add(w, "x", 1);
	return error_set(err, ERR_SOURCE, "no more");
}

static int
open_dir(const struct fixture *f)
{
	struct error err = ERROR_INIT;
	int fd = file_open_dir(AT_FDCWD, f->path, &err);

	assert_fine(fd >= 0, &err);
	return fd;
}

static void
what_was_added_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct sealed_reader r = SEALED_READER_INIT;
	struct error err = ERROR_INIT;
	int dir = open_dir(f);

	assert_fine(sealed_replace(dir, "a", 0644, add_all, NULL, &err) == 0, &err);
	assert_int_equal(sealed_open(&r, dir, "a", &err), 1);
	for (size_t i = 0; i < N_SIZES; i++) {
		char *want = pattern(sizes[i], i);
		const void *got = sealed_get(&r, sizes[i]);

		assert_non_null(got);
		assert_memory_equal(got, want, sizes[i]);
		free(want);
	}
	assert_int_equal(sealed_left(&r), 0);
	assert_true(sealed_is_whole(&r));
	sealed_reader_clear(&r);
	close(dir);
}

static void
who_asks_for_more_than_there_is_gets_nothing(void **state)
{
	struct fixture *f = *state;
	struct sealed_reader r = SEALED_READER_INIT;
	struct error err = ERROR_INIT;
	uint32_t n = 7;
	int dir = open_dir(f);

	assert_fine(sealed_replace(dir, "a", 0644, add_all, NULL, &err) == 0, &err);
	assert_int_equal(sealed_open(&r, dir, "a", &err), 1);
	assert_null(sealed_get(&r, (size_t)sealed_left(&r) + 1));
	assert_false(sealed_get_copy(&r, &n, sizeof n));
	assert_int_equal(n, 0);
	assert_false(sealed_is_whole(&r));
	sealed_reader_clear(&r);
	close(dir);
}

static void
damage_shows(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct buf bytes = BUF_INIT;
	int dir = open_dir(f);

	assert_fine(sealed_replace(dir, "a", 0644, add_all, NULL, &err) == 0, &err);
	assert_int_equal(file_read(dir, "a", 1 << 20, &bytes, &err), 1);
	for (size_t i = 0; i < bytes.n; i += bytes.n / 7) {
		struct sealed_reader r = SEALED_READER_INIT;

		bytes.p[i] ^= 1;
		file_replace(dir, "a", bytes.p, bytes.n, 0644, &err);
		bytes.p[i] ^= 1;
		assert_int_equal(sealed_open(&r, dir, "a", &err), 1);
		assert_false(sealed_is_whole(&r));
		sealed_reader_clear(&r);
		file_replace(dir, "a", bytes.p, i, 0644, &err);
		assert_int_equal(sealed_open(&r, dir, "a", &err), i >= 4);
		assert_false(i >= 4 && sealed_is_whole(&r));
		sealed_reader_clear(&r);
	}
	buf_clear(&bytes);
	close(dir);
}

static void
a_file_that_is_not_finished_replaces_nothing(void **state)
{
	struct fixture *f = *state;
	struct sealed_reader r = SEALED_READER_INIT;
	struct error err = ERROR_INIT;
	int dir = open_dir(f);

	assert_int_equal(sealed_open(&r, dir, "a", &err), 0);
	assert_int_equal(sealed_replace(dir, "a", 0644, add_one_and_fail, NULL, &err),
	                 -1);
	error_clear(&err);
	assert_int_equal(sealed_open(&r, dir, "a", &err), 0);
	close(dir);
}

static void
a_writer_without_a_file_keeps_everything(void **state)
{
	struct fixture *f = *state;
	struct sealed_writer w = { .fd = -1 };
	struct error err = ERROR_INIT;
	struct buf bytes = BUF_INIT;
	int dir = open_dir(f);

	assert_fine(sealed_replace(dir, "a", 0644, add_all, NULL, &err) == 0, &err);
	assert_int_equal(file_read(dir, "a", 1 << 20, &bytes, &err), 1);
	add_all(NULL, &w, &err);
	assert_int_equal(sealed_end(&w, &err), 0);
	assert_true(text_equal(buf_text(&w.pending), buf_text(&bytes)));
	sealed_writer_clear(&w);
	buf_clear(&bytes);
	close(dir);
}

static void
a_full_disk_shows_in_the_end(void **state)
{
	struct error err = ERROR_INIT;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct sealed_writer w = { .fd = fd };

	(void)state;
	if (fd < 0)
		skip();
	add_all(NULL, &w, &err);
	assert_int_equal(sealed_end(&w, &err), -1);
	assert_int_equal(err.sys, ENOSPC);
	error_clear(&err);
	sealed_writer_clear(&w);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_was_added_is_given_back),
		fixture_test(who_asks_for_more_than_there_is_gets_nothing),
		fixture_test(damage_shows),
		fixture_test(a_file_that_is_not_finished_replaces_nothing),
		fixture_test(a_writer_without_a_file_keeps_everything),
		cmocka_unit_test(a_full_disk_shows_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
