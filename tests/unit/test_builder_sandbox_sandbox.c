#include "builder/sandbox/sandbox.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/own.h"

static void
isolation_has_three_names(void **state)
{
	static const struct {
		const char *name;
		bool known;
		enum isolation isolation;
	} rows[] = {
		{ "auto", true, ISOLATION_AUTO },
		{ "ns", true, ISOLATION_NS },
		{ "chroot", true, ISOLATION_CHROOT },
		{ "", false, 0 },
		{ "NS", false, 0 },
		{ "n", false, 0 },
		{ "nss", false, 0 },
		{ "oci", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum isolation isolation = (enum isolation)77;

		assert_int_equal(isolation_parse(text_of(rows[i].name), &isolation),
		                 rows[i].known);
		assert_int_equal(isolation, rows[i].known ? (int)rows[i].isolation : 77);
	}
}

static void
the_machines_nameservers_are_added_as_they_are(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT, machine = BUF_INIT;

	(void)state;
	buf_print(&out, "# first\n");
	buf_print(&machine, "# first\n");
	assert_true(file_read(AT_FDCWD, "/etc/resolv.conf", 1 << 20, &machine, &err) >=
	            0);
	sandbox_resolv_conf(&out);
	assert_string_equal(buf_str(&out), buf_str(&machine));
}

static void
a_sandbox_in_no_directory_is_refused(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *why = NULL;
	auto_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct sandbox_options options = { .scratch_fd = fd };

	(void)state;
	assert_null(sandbox_new(&options, &why, &err));
	assert_non_null(err.text);
	sandbox_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(isolation_has_three_names),
		cmocka_unit_test(the_machines_nameservers_are_added_as_they_are),
		cmocka_unit_test(a_sandbox_in_no_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
