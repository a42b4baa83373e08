/* gzip as RFC 1952 has it: members, optional fields of headers, and every kind of damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <libdeflate.h>

#include "base/file.h"
#include "base/own.h"
#include "layers/decompress.h"

enum { TRAILER = 8, HEADER = 10 };

/* Text that is neither random nor all the same. */
static void
make_text(struct buf *out, size_t n)
{
	uint32_t state = 1;

	while (out->n < n) {
		state = state * 1664525 + 1013904223;
		buf_print(out, "line %u of a file\n", state >> 24);
	}
	buf_truncate(out, n);
}

static void
add_member(struct buf *out, struct text content)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t room = libdeflate_gzip_compress_bound(c, content.n), n = 0;

	buf_reserve(out, out->n + room);
	n = libdeflate_gzip_compress(c, content.p, content.n, out->p + out->n, room);
	assert_true(n > 0);
	out->n += n;
	libdeflate_free_compressor(c);
}

/* The same member with FLAGS and what they announce. */
static void
add_member_with(struct buf *out, struct text content, int flags, struct text fields)
{
	auto_buf struct buf plain = BUF_INIT;

	add_member(&plain, content);
	plain.p[3] = (char)flags;
	buf_add(out, plain.p, HEADER);
	buf_add_text(out, fields);
	buf_add(out, plain.p + HEADER, plain.n - HEADER);
}

/* Reads COMPRESSED in steps of STEP bytes: 0 or -1 as at the end. */
static int
decompress(struct text compressed, size_t step, struct buf *out, struct error *err)
{
	auto_fd int fd = memfd_create("compressed", MFD_CLOEXEC);
	auto_decompressor struct decompressor *d = NULL;
	ssize_t got;

	assert_int_equal(file_write_all(fd, compressed.p, compressed.n, err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	d = decompressor_open(fd, err);
	if (d == NULL)
		return -1;
	do {
		buf_reserve(out, out->n + step);
		got = decompressor_read(d, out->p + out->n, step, err);
		if (got > 0)
			out->n += (size_t)got;
	} while (got > 0);
	return (int)got;
}

static void
expect(struct text compressed, struct text content)
{
	static const size_t steps[] = { 1, 7, 512, 65536, 1 << 20 };

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		auto_buf struct buf out = BUF_INIT;
		auto_error struct error err = ERROR_INIT;

		assert_int_equal(decompress(compressed, steps[i], &out, &err), 0);
		assert_int_equal(out.n, content.n);
		assert_true(content.n == 0 || memcmp(out.p, content.p, content.n) == 0);
	}
}

static void
members_of_all_sizes_are_one_stream(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 32768, 70000, 300000, 0, 5 };
	auto_buf struct buf content = BUF_INIT, file = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		auto_buf struct buf text = BUF_INIT;

		make_text(&text, sizes[i]);
		add_member(&file, buf_text(&text));
		buf_add_text(&content, buf_text(&text));
	}
	expect(buf_text(&file), buf_text(&content));
}

static void
optional_fields_of_a_header_are_skipped(void **state)
{
	static const struct {
		int flags;
		struct text fields;
	} cases[] = {
		{ 0x01, { "", 0 } }, /* says that it is text */
		{ 0x04,
		  { "\x03\x00"
		    "abc",
		    5 } },
		{ 0x08, { "a name\0", 7 } },
		{ 0x10, { "a comment\0", 10 } },
		{ 0x1c,
		  { "\x02\x00"
		    "xyname\0comment\0",
		    17 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		auto_buf struct buf file = BUF_INIT;

		add_member_with(&file, TEXT("content"), cases[i].flags, cases[i].fields);
		expect(buf_text(&file), TEXT("content"));
	}
}

static void
zeros_may_follow_and_nothing_else(void **state)
{
	auto_buf struct buf file = BUF_INIT, out = BUF_INIT;
	auto_error struct error err = ERROR_INIT;

	(void)state;
	add_member(&file, TEXT("content"));
	for (size_t i = 0; i < 1024; i++)
		buf_add_char(&file, '\0');
	expect(buf_text(&file), TEXT("content"));
	buf_add_char(&file, 'x');
	assert_int_equal(decompress(buf_text(&file), 64, &out, &err), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	assert_non_null(strstr(err.text, "something follows the end"));
}

static void
a_file_that_ends_anywhere_is_damaged(void **state)
{
	auto_buf struct buf file = BUF_INIT, text = BUF_INIT;

	(void)state;
	make_text(&text, 3000);
	add_member(&file, buf_text(&text));
	/* Less than the magic number is no gzip at all. */
	for (size_t n = 3; n < file.n; n++) {
		auto_buf struct buf out = BUF_INIT;
		auto_error struct error err = ERROR_INIT;

		assert_int_equal(decompress((struct text){ file.p, n }, 4096, &out, &err),
		                 -1);
		assert_int_equal(err.code, ERR_DAMAGED);
	}
}

static void
a_wrong_checksum_or_size_is_damaged(void **state)
{
	auto_buf struct buf file = BUF_INIT, text = BUF_INIT;

	(void)state;
	make_text(&text, 100000);
	add_member(&file, buf_text(&text));
	for (size_t i = file.n - TRAILER; i < file.n; i++) {
		auto_buf struct buf out = BUF_INIT;
		auto_error struct error err = ERROR_INIT;

		file.p[i] ^= 1;
		assert_int_equal(decompress(buf_text(&file), 4096, &out, &err), -1);
		assert_int_equal(err.code, ERR_DAMAGED);
		file.p[i] ^= 1;
	}
	expect(buf_text(&file), buf_text(&text));
}

static void
a_changed_byte_never_goes_unnoticed(void **state)
{
	auto_buf struct buf file = BUF_INIT, text = BUF_INIT;

	(void)state;
	make_text(&text, 5000);
	add_member(&file, buf_text(&text));
	/* The header's time, flags of the compressor and system mean nothing. */
	for (size_t i = HEADER; i < file.n; i++) {
		auto_buf struct buf out = BUF_INIT;
		auto_error struct error err = ERROR_INIT;

		file.p[i] ^= 0x10;
		assert_int_equal(decompress(buf_text(&file), 4096, &out, &err), -1);
		file.p[i] ^= 0x10;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_all_sizes_are_one_stream),
		cmocka_unit_test(optional_fields_of_a_header_are_skipped),
		cmocka_unit_test(zeros_may_follow_and_nothing_else),
		cmocka_unit_test(a_file_that_ends_anywhere_is_damaged),
		cmocka_unit_test(a_wrong_checksum_or_size_is_damaged),
		cmocka_unit_test(a_changed_byte_never_goes_unnoticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
