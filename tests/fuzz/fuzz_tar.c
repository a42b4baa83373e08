/* Any bytes as a layer's tar. What is accepted makes a sorted tree that survives
 * its file format and being written as a tar again. Checksums of headers are
 * put right first, so that the fuzzer gets past them. */
#include <assert.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/path.h"
#include "layers/pour.h"
#include "layers/tree_file.h"
#include "tests/lib/raw_tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Files that say they are larger are not written again. */
#define SIZE_MAX_REWRITTEN 65536

static struct tree *
read_tar(struct text bytes, struct error *err)
{
	struct raw_source raw = { bytes, 1000 };
	struct tar_source source = { raw_read, NULL, &raw };
	auto_tar_reader struct tar_reader *r = tar_reader_new(source, TAR_NAMES_REFUSE);
	auto_tree_maker struct tree_maker *m = tree_maker_new();
	struct pour pour = { .tree = m, .epoch = -1 };

	if (pour_tar(&pour, r, err) < 0)
		return NULL;
	return tree_maker_end(take(m), err);
}

static int
collect(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
	return 0;
}

static void
write_tar(const struct tree *t, struct buf *out)
{
	auto_tar_writer struct tar_writer *w = tar_writer_new(collect, out);
	auto_error struct error err = ERROR_INIT;
	static const char zeros[SIZE_MAX_REWRITTEN];

	for (size_t i = 0; i < t->n; i++) {
		if (tar_writer_entry(w, &t->entries[i], &err) < 0)
			abort();
		if (tar_writer_data(w, zeros, (size_t)tar_writer_due(w), &err) < 0)
			abort();
	}
	if (tar_writer_end(w, &err) < 0)
		abort();
}

static void
check_order(const struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		assert(i == 0 || path_compare(t->entries[i - 1].path, e->path) < 0);
		assert(tree_find(t, e->path) == e);
		if (e->type == ENTRY_HARDLINK)
			assert(tree_find(t, e->link) < e &&
			       tree_find(t, e->link)->type == ENTRY_FILE);
	}
}

static bool
can_be_written(const struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->entries[i].size > SIZE_MAX_REWRITTEN ||
		    t->entries[i].path.n == 0 || t->entries[i].dev_major > 0xfff ||
		    t->entries[i].dev_minor > 0xfffff)
			return false;
	return true;
}

/* Offsets are those of the tar read; everything else must be the same. */
static void
print_without_offsets(struct tree *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++)
		((struct entry *)(uintptr_t)&t->entries[i])->offset = 0;
	tree_print(t, out);
}

static void
check_tree(struct tree *t)
{
	auto_buf struct buf file = BUF_INIT, again = BUF_INIT, tar = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_tree struct tree *copy = NULL, *rewritten = NULL;

	check_order(t);
	tree_print(t, &file);
	copy = tree_parse(buf_text(&file));
	assert(copy != NULL);
	tree_print(copy, &again);
	assert(text_equal(buf_text(&file), buf_text(&again)));
	if (!can_be_written(t))
		return;
	write_tar(t, &tar);
	rewritten = read_tar(buf_text(&tar), &err);
	assert(rewritten != NULL);
	buf_truncate(&file, 0);
	buf_truncate(&again, 0);
	print_without_offsets(t, &file);
	print_without_offsets(rewritten, &again);
	assert(text_equal(buf_text(&file), buf_text(&again)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_free char *copy = mem_copy_n(bytes, n);
	auto_error struct error err = ERROR_INIT;
	auto_tree struct tree *t = NULL;

	for (size_t at = 0; at + TAR_BLOCK <= n; at += TAR_BLOCK)
		if (memcmp(copy + at + 257, "ustar", 5) == 0)
			raw_seal((struct tar_header *)(void *)(copy + at));
	t = read_tar((struct text){ copy, n }, &err);
	if (t != NULL)
		check_tree(t);
	else
		assert(err.code == ERR_DAMAGED && err.text != NULL);
	return 0;
}
