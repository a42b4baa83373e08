/* Keys: complete, injective, readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "builder/cache/preimage.h"

struct field {
	const char *name, *value;
};

struct lists {
	const char *what;
	struct field a[4], b[4];
};

static struct digest
key_of(const struct field *fields, size_t n)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;

	for (size_t i = 0; i < n && fields[i].name != NULL; i++)
		preimage_add_str(&p, fields[i].name, fields[i].value);
	return preimage_key(&p);
}

/* Lists that a careless serialiser would take for the same. */
static const struct lists different[] = {
	{ "a changed value", { { "a", "1" } }, { { "a", "2" } } },
	{ "a changed name", { { "a", "1" } }, { { "b", "1" } } },
	{ "bytes moved from value to value",
	  { { "a", "xy" }, { "b", "z" } },
	  { { "a", "x" }, { "b", "yz" } } },
	{ "bytes moved from name to value", { { "ab", "c" } }, { { "a", "bc" } } },
	{ "an equal sign", { { "a=b", "c" } }, { { "a", "b=c" } } },
	{ "a line feed", { { "a", "b\nc" } }, { { "a", "b" }, { "c", "" } } },
	{ "an empty field more", { { "a", "1" } }, { { "a", "1" }, { "b", "" } } },
	{ "the order", { { "a", "1" }, { "b", "2" } }, { { "b", "2" }, { "a", "1" } } },
	{ "one field twice", { { "a", "1" } }, { { "a", "1" }, { "a", "1" } } },
	{ "a blank", { { "a", "x y" } }, { { "a", "x" }, { "y", "" } } },
};

static void
different_fields_give_different_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
		struct digest a = key_of(different[i].a, 4),
		              b = key_of(different[i].b, 4);

		if (digest_equal(&a, &b))
			fail_msg("no difference by %s", different[i].what);
	}
}

static void
the_key_of_a_list_never_changes(void **state)
{
	static const struct field fields[] = { { "step", "run" },
		                               { "argv[0]", "/bin/sh" } };
	struct digest key = key_of(fields, 2);
	char text[DIGEST_TEXT_MAX];

	(void)state;
	/* sha256 of "cooper-key-1\n" and the framed fields, computed by hand. */
	assert_string_equal(
	        digest_text(&key, text),
	        "sha256:"
	        "bc7d0b29032dfda96fd5a2346115b1f4a1abbeb3b4923107eff1f0a1695ced31");
}

static void
nul_bytes_are_part_of_a_value(void **state)
{
	auto_preimage struct preimage a = PREIMAGE_INIT, b = PREIMAGE_INIT;
	struct digest x, y;

	(void)state;
	preimage_add(&a, "v", (struct text){ "a\0b", 3 });
	preimage_add(&b, "v", (struct text){ "a\0c", 3 });
	x = preimage_key(&a);
	y = preimage_key(&b);
	assert_false(digest_equal(&x, &y));
}

static void
a_preimage_comes_back_from_json(void **state)
{
	auto_preimage struct preimage a = PREIMAGE_INIT, b = PREIMAGE_INIT;
	json_t *json = NULL;
	struct digest x, y;

	(void)state;
	preimage_add_str(&a, "text", "grün");
	preimage_add(&a, "bytes", (struct text){ "\xff\x00\xfe", 3 });
	preimage_add_u64(&a, "number", 1234567890123ULL);
	preimage_add_str(&a, "absent", NULL);
	json = preimage_write(&a);
	assert_int_equal(preimage_read(&b, json), 0);
	json_decref(json);
	x = preimage_key(&a);
	y = preimage_key(&b);
	assert_true(digest_equal(&x, &y));
	assert_int_equal(b.fields.n, 3);
}

static void
damaged_json_is_refused(void **state)
{
	static const char *const texts[] = { "{}",
		                             "[[1,\"x\"]]",
		                             "[[\"a\"]]",
		                             "[[\"a\",1]]",
		                             "[[\"a\",{\"hex\":\"0\"}]]",
		                             "[[\"a\",{\"hex\":\"zz\"}]]",
		                             "[\"a\"]" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		auto_preimage struct preimage p = PREIMAGE_INIT;
		json_t *json = json_loads(texts[i], 0, NULL);

		assert_non_null(json);
		if (preimage_read(&p, json) == 0)
			fail_msg("taken: %s", texts[i]);
		json_decref(json);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(different_fields_give_different_keys),
		cmocka_unit_test(the_key_of_a_list_never_changes),
		cmocka_unit_test(nul_bytes_are_part_of_a_value),
		cmocka_unit_test(a_preimage_comes_back_from_json),
		cmocka_unit_test(damaged_json_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
