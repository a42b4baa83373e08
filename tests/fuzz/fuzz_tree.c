/* Any bytes as an index file, with the checksum put right. */
#include <assert.h>
#include <libdeflate.h>

#include "base/base.h"
#include "base/path.h"
#include "layers/tree_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	auto_free char *copy = mem_copy_n(bytes, n);
	auto_buf struct buf printed = BUF_INIT, again = BUF_INIT;
	auto_tree struct tree *t = NULL, *second = NULL;

	if (n >= 4) {
		uint32_t sum = libdeflate_crc32(0, copy, n - 4);

		for (int i = 0; i < 4; i++)
			copy[n - 4 + (size_t)i] = (char)(sum >> (8 * i));
	}
	t = tree_parse((struct text){ copy, n });
	if (t == NULL)
		return 0;
	for (size_t i = 1; i < t->n; i++)
		assert(path_compare(t->entries[i - 1].path, t->entries[i].path) < 0);
	tree_print(t, &printed);
	second = tree_parse(buf_text(&printed));
	assert(second != NULL);
	tree_print(second, &again);
	assert(text_equal(buf_text(&printed), buf_text(&again)));
	return 0;
}
