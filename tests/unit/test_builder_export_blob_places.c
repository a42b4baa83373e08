/* Which repositories have a blob: what is noted, kept, found, and read back. */
#include "tests/lib/layer_fixture.h"

#include <string.h>

#include "builder/export/blob_places.h"

static const char *
find(const struct fixture *f, const char *host, const char *blob, const char *repo,
     char out[64])
{
	auto_blob_places struct blob_places *p = blob_places_open(f->store, host);
	const struct digest d = digest_of(blob, strlen(blob));
	const char *found = blob_places_find(p, &d, repo);

	if (found == NULL)
		return NULL;
	snprintf(out, 64, "%s", found);
	return out;
}

static void
add(const struct fixture *f, const char *host, const char *blob, const char *repo)
{
	auto_blob_places struct blob_places *p = blob_places_open(f->store, host);
	const struct digest d = digest_of(blob, strlen(blob));

	blob_places_add(p, &d, repo);
	blob_places_add(p, &d, repo);
	blob_places_keep(p);
}

static void
the_latest_other_repository_is_found(void **state)
{
	struct fixture *f = *state;
	char got[64];

	assert_null(find(f, "h:1", "x", "a", got));
	add(f, "h:1", "x", "a");
	assert_null(find(f, "h:1", "x", "a", got));
	assert_string_equal(find(f, "h:1", "x", "b", got), "a");
	add(f, "h:1", "x", "b");
	assert_string_equal(find(f, "h:1", "x", "c", got), "b");
	assert_string_equal(find(f, "h:1", "x", "b", got), "a");
	/* Another blob, another host. */
	assert_null(find(f, "h:1", "y", "c", got));
	assert_null(find(f, "h:2", "x", "c", got));
}

static void
what_is_known_is_not_written_again(void **state)
{
	struct fixture *f = *state;
	const struct digest host = digest_of("h", 1);
	char hex[DIGEST_HEX_MAX];
	auto_free char *path = mem_print("%s/store/seen/%s", f->path,
	                                 digest_hex(&host, hex));
	struct stat before, after;

	add(f, "h", "x", "a");
	assert_int_equal(stat(path, &before), 0);
	add(f, "h", "x", "a");
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	add(f, "h", "x", "b");
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
}

static void
the_oldest_are_forgotten(void **state)
{
	enum { MANY = 9000 };
	struct fixture *f = *state;
	auto_blob_places struct blob_places *p = blob_places_open(f->store, "h");
	char name[16], got[64];

	add(f, "h", "old", "a");
	for (int i = 0; i < MANY; i++) {
		struct digest d;

		snprintf(name, sizeof name, "%d", i);
		d = digest_of(name, strlen(name));
		blob_places_add(p, &d, "b");
	}
	blob_places_keep(p);
	assert_null(find(f, "h", "old", "c", got));
	assert_string_equal(find(f, "h", "0", "c", got), "b");
}

static void
damage_is_as_if_nothing_were_known(void **state)
{
	struct fixture *f = *state;
	const struct digest host = digest_of("h", 1);
	char hex[DIGEST_HEX_MAX], got[64];
	auto_free char *path = mem_print("%s/store/seen/%s", f->path,
	                                 digest_hex(&host, hex));
	struct stat st;

	add(f, "h", "x", "a");
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		auto_fd int fd = open(path, O_RDWR | O_CLOEXEC);
		char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_null(find(f, "h", "x", "b", got));
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_string_equal(find(f, "h", "x", "b", got), "a");
	assert_int_equal(truncate(path, 3), 0);
	assert_null(find(f, "h", "x", "b", got));
	add(f, "h", "x", "b");
	assert_string_equal(find(f, "h", "x", "a", got), "b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_latest_other_repository_is_found,
		                                fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(what_is_known_is_not_written_again,
		                                fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_oldest_are_forgotten, fixture_setup,
		                                fixture_teardown),
		cmocka_unit_test_setup_teardown(damage_is_as_if_nothing_were_known,
		                                fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
