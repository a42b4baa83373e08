/* What a second thread reads is what is there, whoever is faster. */
#include "tests/lib/layer_fixture.h"

#include "layers/content_reader.h"
#include "layers/files_ahead.h"

enum { CHANGES = 2000 };

struct files {
	int dir_fd;
	char names[CHANGES][8];
};

/* Every tenth is a directory; of the files some are missing, too long, too short, or
 * large. */
static void
get(const void *arg, size_t i, struct change *out)
{
	const struct files *f = arg;

	*out = (struct change){ .entry = { .path = text_of(f->names[i]),
		                           .type = ENTRY_DIR } };
	if (i % 10 == 0)
		return;
	out->entry.type = ENTRY_FILE;
	out->entry.size = i % 97 == 1 ? FILES_AHEAD_MAX + 1 : i;
	out->content = (struct content){ .kind = CONTENT_FILE,
		                         .dir_fd = f->dir_fd,
		                         .path = out->entry.path };
}

static bool
is_readable(size_t i)
{
	return i % 10 != 0 && i % 97 != 1 && i % 13 != 2 && i % 13 != 3 && i % 13 != 4;
}

static void
write_file(const struct files *f, size_t i)
{
	size_t n = i % 13 == 3 ? i + 1 : i % 13 == 4 ? i - 1 : i;
	char *bytes = mem_new(n + 1);
	struct error err = ERROR_INIT;

	memset(bytes, 'a' + (int)(i % 26), n);
	assert_fine(file_replace(f->dir_fd, f->names[i], bytes, n, 0644, &err) == 0,
	            &err);
	free(bytes);
}

static void
open_files(const struct fixture *fixture, struct files *f)
{
	struct error err = ERROR_INIT;

	f->dir_fd = file_open_dir(AT_FDCWD, fixture->path, &err);
	assert_fine(f->dir_fd >= 0, &err);
	for (size_t i = 0; i < CHANGES; i++) {
		snprintf(f->names[i], sizeof f->names[i], "%zu", i);
		if (i % 10 != 0 && i % 13 != 2)
			write_file(f, i);
	}
}

static void
what_is_read_ahead_is_right(void **state)
{
	struct files *f = mem_new(sizeof *f);
	struct change_list list = { .n = CHANGES, .get = get, .arg = f };
	struct files_ahead *a = files_ahead_new(&list);

	open_files(*state, f);
	for (size_t i = 0; i < CHANGES; i++) {
		const char *bytes = files_ahead_get(a, i);

		for (size_t k = 0; bytes != NULL && k < i; k++)
			assert_int_equal(bytes[k], 'a' + (int)(i % 26));
		if (bytes != NULL)
			assert_true(is_readable(i));
	}
	files_ahead_free(a);
	close(f->dir_fd);
	free(f);
}

static void
who_stops_early_waits_for_nothing(void **state)
{
	struct files *f = mem_new(sizeof *f);
	struct change_list list = { .n = CHANGES, .get = get, .arg = f };

	open_files(*state, f);
	for (size_t n = 0; n < 300; n += 23) {
		struct files_ahead *a = files_ahead_new(&list);

		for (size_t i = 0; i < n; i++)
			files_ahead_get(a, i);
		files_ahead_free(a);
	}
	files_ahead_free(NULL);
	close(f->dir_fd);
	free(f);
}

static void
a_small_file_is_read_if_its_size_is_right(void **state)
{
	struct files *f = mem_new(sizeof *f);
	char to[CHANGES + 2];

	open_files(*state, f);
	for (size_t i = 0; i < CHANGES; i++) {
		struct change c;

		get(f, i, &c);
		if (c.entry.type == ENTRY_FILE && c.entry.size < sizeof to)
			assert_int_equal(content_read_small(&c.content, i, to),
			                 is_readable(i));
	}
	close(f->dir_fd);
	free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_is_read_ahead_is_right),
		fixture_test(who_stops_early_waits_for_nothing),
		fixture_test(a_small_file_is_read_if_its_size_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
