#include "builder/machine/id_tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct row {
	const char *text;
	const char *printed;
	bool enough;
};

static void
check(struct id_ranges *r, const struct row *row)
{
	auto_buf struct buf out = BUF_INIT;

	id_ranges_print(r, &out);
	assert_string_equal(buf_str(&out), row->printed);
	assert_int_equal(id_ranges_enough(r), row->enough);
	id_ranges_clear(r);
}

static void
ids_of_a_name_space_are_mapped_to_themselves(void **state)
{
	static const struct row rows[] = {
		{ "         0          0 4294967295\n", "0 0 4294967295\n", true },
		/* What they are outside does not matter. */
		{ "0 100000 65536\n", "0 0 65536\n", true },
		{ "0 1000 1\n1 100000 65536\n", "0 0 1\n1 1 65536\n", true },
		{ "0 1000 1\n", "0 0 1\n", false },
		/* A hole, an id too few, and just enough. */
		{ "0 0 1000\n1001 1001 70000\n", "0 0 1000\n1001 1001 70000\n", false },
		{ "0 0 65534\n", "0 0 65534\n", false },
		{ "0 0 65535\n", "0 0 65535\n", true },
		{ "1 1 70000\n", "1 1 70000\n", false },
		/* Not what the kernel writes. */
		{ "", "", false },
		{ "0 0\n\nx y z\n0 0 -1\n", "", false },
		{ "0 0 99999999999999999999999\n", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct id_ranges r = { 0 };

		id_ranges_identity(text_of(rows[i].text), &r);
		check(&r, &rows[i]);
	}
}

static void
a_users_lines_follow_each_other_after_its_own_id(void **state)
{
	static const struct row rows[] = {
		{ "ann:100000:65536\n", "0 1000 1\n1 100000 65536\n", true },
		{ "1000:100000:65536", "0 1000 1\n1 100000 65536\n", true },
		{ "bob:1:2\nann:100000:10\n# ann\nann:300000:65536\n",
		  "0 1000 1\n1 100000 10\n11 300000 65536\n", true },
		{ "ann:100000:1000\n", "0 1000 1\n1 100000 1000\n", false },
		{ "ann:100000:0\n", "0 1000 1\n", false },
		{ "bob:100000:65536\n", "0 1000 1\n", false },
		{ "", "0 1000 1\n", false },
		/* Not lines of it. */
		{ "ann\nann:1\nann:x:1\nann:1:y\nann:-1:5\n", "0 1000 1\n", false },
		{ "ann:4294967296:1\nann:1:4294967296\n", "0 1000 1\n", false },
		{ "annabel:5:6\n10000:5:6\n", "0 1000 1\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct id_ranges r = { 0 };

		id_ranges_subordinate(text_of(rows[i].text), "ann", 1000, 1000, &r);
		check(&r, &rows[i]);
	}
}

static void
a_user_without_a_name_is_found_by_number(void **state)
{
	struct id_ranges r = { 0 };

	(void)state;
	id_ranges_subordinate(TEXT(":9:9\n77:100000:65536\n"), NULL, 77, 5, &r);
	check(&r, &(struct row){ "", "0 5 1\n1 100000 65536\n", true });
}

static void
more_extents_than_the_kernel_takes_are_left_out(void **state)
{
	auto_buf struct buf text = BUF_INIT;
	struct id_ranges r = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_print(&text, "ann:%d:1000\n", 100000 + 2000 * i);
	id_ranges_subordinate(buf_text(&text), "ann", 1000, 1000, &r);
	assert_int_equal(r.list.n, 340);
	assert_true(id_ranges_enough(&r));
	id_ranges_clear(&r);
}

static void
what_getsubids_lists_follows_the_own_id(void **state)
{
	static const struct row rows[] = {
		{ "0: me 100000 65536\n", "0 1000 1\n1 100000 65536\n", true },
		{ "0: me 100000 30000\n1: me 200000 40000\n",
		  "0 1000 1\n1 100000 30000\n30001 200000 40000\n", true },
		{ "", "0 1000 1\n", false },
		{ "Error fetching ranges\n", "0 1000 1\n", false },
		{ "0: me 100000\n0: me x 5\n0: me 5 99999999999\n:\n", "0 1000 1\n",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct id_ranges r = { 0 };

		id_ranges_listed(text_of(rows[i].text), 1000, &r);
		check(&r, &rows[i]);
	}
}

static void
nsswitch_says_who_is_asked(void **state)
{
	static const struct {
		const char *text;
		bool asked;
	} rows[] = {
		{ "", false },
		{ "passwd: files sss\n", false },
		{ "subid: files\n", false },
		{ "subid:\n", false },
		{ "#subid: sss\n", false },
		{ "subid: # sss\n", false },
		{ "passwd: files\nsubid: sss\n", true },
		{ "  subid:\tsss", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (id_tools_are_asked(text_of(rows[i].text)) != rows[i].asked)
			fail_msg("row %zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_a_name_space_are_mapped_to_themselves),
		cmocka_unit_test(a_users_lines_follow_each_other_after_its_own_id),
		cmocka_unit_test(a_user_without_a_name_is_found_by_number),
		cmocka_unit_test(more_extents_than_the_kernel_takes_are_left_out),
		cmocka_unit_test(what_getsubids_lists_follows_the_own_id),
		cmocka_unit_test(nsswitch_says_who_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
