/* What is put at paths is found again, and comes out as it went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "builder/steps/dest_nodes.h"

enum { NODES = 5000 };

static void
every_node_is_found_by_its_path_only(void **state)
{
	struct dest_nodes all = { .arena = arena_new() };

	(void)state;
	assert_null(dest_nodes_find(&all, TEXT("")));
	for (int i = 0; i < NODES; i++) {
		auto_free char *path = mem_print("%d/%d", i % 7, i);

		assert_null(dest_nodes_find(&all, text_of(path)));
		dest_nodes_add(&all, text_of(path))->body.uid = (uint32_t)i;
	}
	dest_nodes_add(&all, TEXT(""))->body.uid = NODES;
	assert_int_equal(all.list.n, NODES + 1);
	for (int i = 0; i < NODES; i++) {
		auto_free char *path = mem_print("%d/%d", i % 7, i);
		const struct dest_node *n = dest_nodes_find(&all, text_of(path));

		assert_ptr_equal(n, all.list.at[i]);
		assert_int_equal(n->body.uid, i);
		assert_true(text_is(dest_node_path(n), path));
	}
	assert_int_equal(dest_nodes_find(&all, TEXT(""))->body.uid, NODES);
	assert_null(dest_nodes_find(&all, TEXT("0")));
	dest_nodes_clear(&all);
}

static const struct change changes[] = {
	{ .entry = { .type = ENTRY_DIR, .mode = 07777, .opaque = true, .mtime = -1 } },
	{ .entry = { .type = ENTRY_FILE, .uid = UINT32_MAX, .gid = 1, .size = 4 },
	  .content = { .kind = CONTENT_MEMORY, .memory = { "text", 4 } } },
	{ .entry = { .type = ENTRY_FILE, .size = UINT64_MAX, .capability = { "cap", 3 } },
	  .content = { .kind = CONTENT_FILE, .dir_fd = 7, .path = { "a/b", 3 } } },
	{ .entry = { .type = ENTRY_FILE, .size = 9 },
	  .content = { .kind = CONTENT_RANGE, .fd = 8, .offset = UINT64_MAX } },
	{ .entry = { .type = ENTRY_FILE } },
	{ .entry = { .type = ENTRY_SYMLINK, .link = { "../x", 4 }, .mtime = INT64_MAX } },
	{ .entry = { .type = ENTRY_CHAR, .dev_major = UINT32_MAX, .dev_minor = 3 } },
	{ .entry = { .type = ENTRY_WHITEOUT } },
};

static void
a_change_comes_out_as_it_went_in(void **state)
{
	struct dest_nodes all = { .arena = arena_new() };

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const struct change *in = &changes[i];
		struct dest_body body = { 0 };
		struct change out;

		dest_body_set(&all, &body, in);
		dest_body_get(&body, &out);
		assert_int_equal(out.entry.type, in->entry.type);
		assert_int_equal(out.entry.opaque, in->entry.opaque);
		assert_int_equal(out.entry.mode, in->entry.mode);
		assert_int_equal(out.entry.uid, in->entry.uid);
		assert_int_equal(out.entry.gid, in->entry.gid);
		assert_true(out.entry.size == in->entry.size);
		assert_true(out.entry.mtime == in->entry.mtime);
		assert_int_equal(out.entry.dev_major, in->entry.dev_major);
		assert_int_equal(out.entry.dev_minor, in->entry.dev_minor);
		assert_true(text_equal(out.entry.link, in->entry.link));
		assert_true(text_equal(out.entry.capability, in->entry.capability));
		assert_int_equal(out.content.kind, in->content.kind);
		assert_true(text_equal(out.content.memory, in->content.memory));
		assert_true(text_equal(out.content.path, in->content.path));
		assert_true(out.content.offset == in->content.offset);
		if (in->content.kind == CONTENT_FILE)
			assert_int_equal(out.content.dir_fd, in->content.dir_fd);
		if (in->content.kind == CONTENT_RANGE)
			assert_int_equal(out.content.fd, in->content.fd);
		if (in->content.kind == CONTENT_RANGE || in->content.kind == CONTENT_FILE)
			assert_true(out.content.size == in->entry.size);
	}
	dest_nodes_clear(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_is_found_by_its_path_only),
		cmocka_unit_test(a_change_comes_out_as_it_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
