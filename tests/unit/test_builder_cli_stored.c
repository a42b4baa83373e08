#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"
#include "builder/cli/stored.h"
#include "builder/cli/table.h"
#include "layers/blob.h"
#include "layers/store.h"
#include "layers/tags.h"

static char root[] = "/tmp/test-stored-XXXXXX";
static struct store *store;

static int
set_up(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	assert_non_null(mkdtemp(root));
	store = store_open(root, &err);
	return store == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	store_close(store);
	return file_remove_tree(AT_FDCWD, root, &err);
}

/* ------------------------------------------------------------ a store with images */

static struct descriptor
keep(const char *type, const char *text)
{
	auto_error struct error err = ERROR_INIT;
	struct descriptor d = { .media_type = mem_copy(type), .size = strlen(text) };

	assert_int_equal(blob_write(store, text, strlen(text), &d.digest, &err), 0);
	return d;
}

/* An image without layers for linux/ARCH; the descriptor of its manifest. */
static struct descriptor
keep_image(const char *arch, const char *created)
{
	auto_free char *config = mem_print("{\"os\":\"linux\",\"architecture\":\"%s\","
	                                   "\"created\":\"%s\",\"rootfs\":{\"type\":"
	                                   "\"layers\",\"diff_ids\":[]}}",
	                                   arch, created);
	struct manifest m = { .media_type = mem_copy(MEDIA_OCI_MANIFEST),
		              .config = keep(MEDIA_OCI_CONFIG, config) };
	auto_free char *text = manifest_write(&m, NULL);
	struct descriptor d = keep(MEDIA_OCI_MANIFEST, text);

	platform_set(&d.platform, "linux", arch, NULL, NULL);
	manifest_clear(&m);
	return d;
}

static struct descriptor
keep_index(const struct descriptor *images, size_t n)
{
	struct index ix = { .media_type = mem_copy(MEDIA_OCI_INDEX) };
	auto_free char *text = NULL;
	struct descriptor d;

	for (size_t i = 0; i < n; i++)
		descriptor_copy(array_add(&ix.manifests), &images[i]);
	text = index_write(&ix, NULL);
	d = keep(MEDIA_OCI_INDEX, text);
	index_clear(&ix);
	return d;
}

static void
tag(const char *name, const struct descriptor *d)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(tags_set(store, name, d, &err), 0);
}

/* ------------------------------------------------------------ tests */

static void
images_are_found_by_any_form_of_their_name(void **state)
{
	auto_descriptor struct descriptor a = keep_image("amd64", "2026-01-02T03:04:05Z");
	auto_descriptor struct descriptor b = keep_image("arm64", "2026-01-02T03:04:05Z");
	char digest[DIGEST_TEXT_MAX];
	auto_free char *by_digest = NULL, *by_both = NULL, *by_other = NULL;
	struct {
		const char *name, *full; /* NULL: not there */
	} rows[] = {
		{ "app", "docker.io/library/app:latest" },
		{ "docker.io/library/app", "docker.io/library/app:latest" },
		{ "app:latest", "docker.io/library/app:latest" },
		{ "h:5000/x/app:1", "h:5000/x/app:1" },
		{ "app:2", NULL },
		{ "x/app:1", NULL },
		{ NULL, "docker.io/library/app:latest" },
		{ NULL, "docker.io/library/app:latest" },
		{ NULL, NULL },
	};

	(void)state;
	tag("docker.io/library/app:latest", &a);
	tag("h:5000/x/app:1", &b);
	rows[6].name = by_digest = mem_print("app@%s", digest_text(&a.digest, digest));
	rows[7].name = by_both = mem_print("app:latest@%s", digest);
	rows[8].name = by_other = mem_print("h:5000/x/app:1@%s", digest);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
		auto_free char *full = NULL;
		int failed = stored_find(store, rows[i].name, &full, &target, &err);

		if (rows[i].full == NULL) {
			assert_int_equal(failed, -1);
			assert_int_equal(err.code, ERR_SOURCE);
		} else {
			assert_int_equal(failed, 0);
			assert_string_equal(full, rows[i].full);
		}
	}
}

static void
a_slip_in_a_name_is_answered_with_the_right_one(void **state)
{
	static const struct {
		const char *name, *hint;
	} rows[] = {
		{ "apq", "did you mean app?" },
		{ "h:5000/x/apps:1", "did you mean h:5000/x/app:1?" },
		{ "nothing-of-this-kind", "see: cooper images" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
		auto_free char *full = NULL;

		assert_int_equal(stored_find(store, rows[i].name, &full, &target, &err),
		                 -1);
		assert_string_equal(err.hint, rows[i].hint);
	}
}

static void
a_bad_name_is_a_mistake_of_the_command_line(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_descriptor struct descriptor target = DESCRIPTOR_INIT;
	auto_free char *full = NULL;

	(void)state;
	assert_int_equal(stored_find(store, "UPPER CASE", &full, &target, &err), -1);
	assert_int_equal(err.code, ERR_USAGE);
}

static void
an_image_is_read_down_to_its_config(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_descriptor struct descriptor d = keep_image("arm64", "1970-01-01T00:00:01Z");
	auto_stored struct stored s = STORED_INIT;
	auto_free char *platform = NULL;

	(void)state;
	assert_int_equal(stored_read(store, &d, NULL, &s, &err), 0);
	platform = platform_print(&s.platform);
	assert_string_equal(platform, "linux/arm64");
	assert_int_equal(s.created_ns, 1000000000);
	assert_int_equal(s.size, d.size + s.document.config.size);
	assert_true(digest_equal(&s.root.digest, &s.manifest.digest));
}

static void
of_an_index_the_wanted_platform_is_read(void **state)
{
	struct descriptor images[] = { keep_image("s390x", "2026-01-01T00:00:00Z"),
		                       keep_image("riscv64", "2026-01-01T00:00:00Z") };
	auto_descriptor struct descriptor ix = keep_index(images, 2);
	static const struct {
		const char *want, *got; /* GOT NULL: refused */
	} rows[] = {
		{ "linux/riscv64", "linux/riscv64" },
		{ "linux/s390x", "linux/s390x" },
		{ "linux/arm64", NULL },
		/* Whatever this machine is: the first of those that are there. */
		{ NULL, "linux/s390x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_stored struct stored s = STORED_INIT;
		auto_platform struct platform want = PLATFORM_INIT;
		auto_free char *got = NULL;
		int failed = 0;

		if (rows[i].want != NULL)
			assert_int_equal(
			        platform_parse(&want, text_of(rows[i].want), &err), 0);
		failed = stored_read(store, &ix, rows[i].want == NULL ? NULL : &want, &s,
		                     &err);
		if (rows[i].got == NULL) {
			assert_int_equal(failed, -1);
			continue;
		}
		assert_int_equal(failed, 0);
		got = platform_print(&s.platform);
		assert_string_equal(got, rows[i].got);
		assert_true(digest_equal(&s.root.digest, &ix.digest));
	}
	descriptor_clear(&images[0]);
	descriptor_clear(&images[1]);
}

static void
a_lost_document_is_an_error(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_stored struct stored s = STORED_INIT;
	struct descriptor lost = { .digest = digest_of("x", 1), .size = 1 };

	(void)state;
	assert_int_equal(stored_read(store, &lost, NULL, &s, &err), -1);
	assert_non_null(err.text);
}

static void
columns_are_as_wide_as_their_widest_word(void **state)
{
	struct table t = { .n_columns = 3 };
	static const char *const cells[] = {
		"A", "B", "C", "longer", "\xc3\xa9\xc3\xa9", "x", "", "12345", ""
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		table_add(&t, mem_copy(cells[i]));
	table_print(&t, out);
	fclose(out);
	assert_string_equal(text, "A        B       C\n"
	                          "longer   \xc3\xa9\xc3\xa9      x\n"
	                          "         12345   \n");
	table_clear(&t);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_are_found_by_any_form_of_their_name),
		cmocka_unit_test(a_slip_in_a_name_is_answered_with_the_right_one),
		cmocka_unit_test(a_bad_name_is_a_mistake_of_the_command_line),
		cmocka_unit_test(an_image_is_read_down_to_its_config),
		cmocka_unit_test(of_an_index_the_wanted_platform_is_read),
		cmocka_unit_test(a_lost_document_is_an_error),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_word),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
