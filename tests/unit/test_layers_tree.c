/* A layer's index: put together from entries in any order, and its file. */
#include "tests/lib/layer_fixture.h"

#include "layers/tree_file.h"

static const struct entry entries[] = {
	{ .path = { "z", 1 },
	  .type = ENTRY_FILE,
	  .mode = 04755,
	  .size = UINT64_C(1) << 40,
	  .offset = 512,
	  .mtime = -77,
	  .capability = { "12345678901234567890", 20 } },
	{ .path = { "a/b", 3 },
	  .type = ENTRY_SYMLINK,
	  .mode = 0777,
	  .link = { "../x", 4 } },
	{ .path = { "a", 1 },
	  .type = ENTRY_DIR,
	  .mode = 01777,
	  .uid = 4294967294,
	  .mtime = INT64_MAX,
	  .opaque = true },
	{ .path = { "a.b", 3 }, .type = ENTRY_HARDLINK, .link = { "z", 1 } },
	{ .path = { "a/c", 3 },
	  .type = ENTRY_BLOCK,
	  .dev_major = 8,
	  .dev_minor = 1 << 20 },
	{ .path = { "\xff\n", 2 }, .type = ENTRY_WHITEOUT },
	{ .path = { "", 0 }, .type = ENTRY_DIR, .mode = 0700, .mtime = INT64_MIN },
};

static struct tree *
make_tree(void)
{
	struct tree_maker *m = tree_maker_new();
	struct error err = ERROR_INIT;
	struct tree *t;

	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		tree_maker_add(m, &entries[i]);
	t = tree_maker_end(m, &err);
	assert_fine(t != NULL, &err);
	return t;
}

static void
entries_are_sorted_with_the_content_at_the_first_name(void **state)
{
	struct tree *t = make_tree();
	char *text = print_tree(t);

	(void)state;
	assert_string_equal(
	        text,
	        "d 0700 0:0 0 -9223372036854775808 0,0 \"\" \"\" \"\"\n"
	        "dO 1777 4294967294:0 0 9223372036854775807 0,0 \"a\" \"\" \"\"\n"
	        "l 0777 0:0 0 0 0,0 \"a/b\" \"../x\" \"\"\n"
	        "b 0000 0:0 0 0 8,1048576 \"a/c\" \"\" \"\"\n"
	        "f 4755 0:0 1099511627776 -77 0,0 \"a.b\" \"\" \"12345678901234567890\"\n"
	        "h 4755 0:0 0 -77 0,0 \"z\" \"a.b\" \"12345678901234567890\"\n"
	        "w 0000 0:0 0 0 0,0 \"\\xff\\n\" \"\" \"\"\n");
	free(text);
	tree_free(t);
}

static void
paths_are_found(void **state)
{
	struct tree *t = make_tree();

	(void)state;
	for (size_t i = 0; i < t->n; i++)
		assert_ptr_equal(tree_find(t, t->entries[i].path), &t->entries[i]);
	assert_null(tree_find(t, TEXT("a/")));
	assert_null(tree_find(t, TEXT("a/bb")));
	assert_null(tree_find(t, TEXT("b")));
	assert_int_equal(tree_upper_bound(t, 1, TEXT("a")), 4);
	assert_int_equal(tree_upper_bound(t, 0, TEXT("")), t->n);
	tree_free(t);
}

static void
a_file_gives_the_same_tree(void **state)
{
	struct tree *t = make_tree(), *again;
	struct buf file = BUF_INIT;
	char *a, *b;

	(void)state;
	tree_print(t, &file);
	again = tree_parse(buf_text(&file));
	assert_non_null(again);
	a = print_tree(t);
	b = print_tree(again);
	assert_string_equal(a, b);
	assert_int_equal(again->entries[4].offset, 512);
	free(a);
	free(b);
	tree_free(t);
	tree_free(again);
	buf_clear(&file);
}

static void
any_damage_to_a_file_makes_it_absent(void **state)
{
	struct tree *t = make_tree();
	struct buf file = BUF_INIT;

	(void)state;
	tree_print(t, &file);
	tree_free(t);
	for (size_t n = 0; n < file.n; n++)
		assert_null(tree_parse(text_first(buf_text(&file), n)));
	for (size_t i = 0; i < file.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			file.p[i] ^= (char)(1 << bit);
			assert_null(tree_parse(buf_text(&file)));
			file.p[i] ^= (char)(1 << bit);
		}
	buf_add_char(&file, 0);
	assert_null(tree_parse(buf_text(&file)));
	buf_clear(&file);
}

static void
an_empty_tree_is_a_tree(void **state)
{
	struct tree_maker *m = tree_maker_new();
	struct error err = ERROR_INIT;
	struct tree *t = tree_maker_end(m, &err), *again;
	struct buf file = BUF_INIT;

	(void)state;
	assert_int_equal(t->n, 0);
	assert_null(tree_find(t, TEXT("")));
	tree_print(t, &file);
	again = tree_parse(buf_text(&file));
	assert_non_null(again);
	assert_int_equal(again->n, 0);
	tree_free(t);
	tree_free(again);
	buf_clear(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_sorted_with_the_content_at_the_first_name),
		cmocka_unit_test(paths_are_found),
		cmocka_unit_test(a_file_gives_the_same_tree),
		cmocka_unit_test(any_damage_to_a_file_makes_it_absent),
		cmocka_unit_test(an_empty_tree_is_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
