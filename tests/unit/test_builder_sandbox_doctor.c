#include "builder/sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"

static void
every_row_says_what_was_seen(void **state)
{
	char scratch[] = "/tmp/cooper-doctor-XXXXXX";
	auto_error struct error err = ERROR_INIT;
	struct doctor d = { 0 };
	auto_fd int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(scratch));
	fd = file_open_dir(AT_FDCWD, scratch, &err);
	assert_int_equal(doctor_run(fd, &d, &err), 0);
	assert_true(d.n > 5);
	for (size_t i = 0; i < d.n; i++) {
		assert_true(*d.rows[i].detail != '\0');
		/* What is missing has a remedy, what works has none. */
		assert_true(d.rows[i].ok == (d.rows[i].remedy == NULL));
	}
	/* It leaves nothing behind. */
	assert_int_equal(rmdir(scratch), 0);
	doctor_clear(&d);
}

static void
the_report_is_a_table_and_json(void **state)
{
	struct doctor_row rows[] = { { "one", true, (char *)"works", NULL },
		                     { "two", false, (char *)"refused", "a setting" } };
	struct doctor d = { .rows = rows, .n = 2, .engine = "ns" };
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = doctor_print(&d, false), *json = doctor_print(&d, true);
	auto_json json_t *parsed = jsonio_parse(text_of(json), "doctor", &err);

	(void)state;
	assert_non_null(strstr(text, "ok  one"));
	assert_non_null(strstr(text, "no  two"));
	assert_non_null(strstr(text, "helps: a setting"));
	assert_string_equal(json_string_value(json_object_get(parsed, "engine")), "ns");
	assert_int_equal(json_array_size(json_object_get(parsed, "rows")), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_says_what_was_seen),
		cmocka_unit_test(the_report_is_a_table_and_json)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
