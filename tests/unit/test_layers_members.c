/* Members of compressed layers: where they end, and that what is reused changes no byte. */
#include "tests/lib/layer_fixture.h"
#include "tests/lib/raw_tar.h"

#include <sys/mman.h>

#include "base/array.h"
#include "layers/blob.h"
#include "layers/compress_stream.h"
#include "layers/decompress.h"
#include "layers/member_cut.h"
#include "layers/members.h"

enum { N_FILES = 200, N_CHANGES = 8, N_SMALL = 15 };

struct file {
	unsigned name, seed;
	size_t size;
};

struct files {
	ARRAY(struct file) at;
};

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Mostly small; some larger than a member. */
static size_t
any_size(uint32_t *random)
{
	const uint32_t kind = next_random(random) % 100;

	return next_random(random) % (kind < 80   ? 20000
	                              : kind < 98 ? 200000
	                                          : 5 * 1024 * 1024);
}

static void
make_files(struct files *f, uint32_t seed)
{
	for (unsigned i = 0; i < N_FILES; i++) {
		const struct file one = { i * 10, next_random(&seed), any_size(&seed) };

		array_push(&f->at, one);
	}
}

static void
write_tar(const struct files *f, struct buf *out)
{
	static const char zeros[2 * TAR_BLOCK];

	for (size_t i = 0; i < f->at.n; i++) {
		const struct file *one = &f->at.at[i];
		char name[100];
		struct raw_entry e = { .type = '0', .name = name };
		struct tar_header h;
		uint32_t seed = one->seed;
		const size_t start = out->n + TAR_BLOCK;

		snprintf(name, sizeof name, "usr/lib/%u", one->name);
		h = raw_header(&e);
		tar_put_octal(h.size, 12, one->size);
		raw_seal(&h);
		buf_add(out, &h, sizeof h);
		while (out->n < start + one->size)
			buf_print(out, "%u of a file\n", next_random(&seed) >> 16);
		buf_truncate(out, start + one->size);
		buf_add(out, zeros, (TAR_BLOCK - one->size % TAR_BLOCK) % TAR_BLOCK);
	}
	buf_add(out, zeros, sizeof zeros);
}

static void
change_files(struct files *f, uint32_t *random)
{
	const size_t at = next_random(random) % f->at.n;
	struct file *one = &f->at.at[at];

	switch (next_random(random) % 4) {
	case 0:
		one->seed++;
		break;
	case 1:
		one->size = any_size(random);
		break;
	case 2:
		memmove(one, one + 1, (f->at.n - at - 1) * sizeof *one);
		f->at.n--;
		break;
	default:
		one->name++;
		break;
	}
}

/* ------------------------------------------------------------ compressing */

static int
to_buf(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
	return 0;
}

/* In pieces of any size; kept as a blob of ST, if there is one. */
static void
compress(const struct compressor *c, struct store *st, struct text tar, uint32_t random,
         struct buf *out)
{
	struct error err = ERROR_INIT;
	auto_compress struct compress_stream *s = compress_open(c, st, to_buf, out, &err);
	struct digest blob;

	assert_non_null(s);
	while (tar.n > 0) {
		size_t n = next_random(&random) % 300000 + 1;

		if (n > tar.n)
			n = tar.n;
		assert_int_equal(compress_write(s, tar.p, n, &err), 0);
		tar = text_from(tar, n);
	}
	assert_int_equal(compress_finish(s, &err), 0);
	if (st == NULL)
		return;
	assert_int_equal(blob_write(st, out->p, out->n, &blob, &err), 0);
	compress_keep_members(s, &blob);
}

static void
assert_decompressed(struct text packed, struct text plain)
{
	struct error err = ERROR_INIT;
	auto_fd int fd = memfd_create("packed", MFD_CLOEXEC);
	auto_decompressor struct decompressor *d = NULL;
	auto_free char *got = mem_new(plain.n + 1);
	size_t at = 0;
	ssize_t n;

	assert_int_equal(file_write_all(fd, packed.p, packed.n, &err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	d = decompressor_open(fd, &err);
	assert_non_null(d);
	while ((n = decompressor_read(d, got + at, plain.n + 1 - at, &err)) > 0)
		at += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(at, plain.n);
	assert_memory_equal(got, plain.p, plain.n);
}

static void
assert_same(const struct buf *a, const struct buf *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->p, b->p, a->n);
}

static const struct compressor kinds[] = {
	{ COMPRESS_GZIP, 1, 0 },
	{ COMPRESS_ZSTD, 1, 0 },
	{ COMPRESS_ZSTD, 10, 0 },
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static void
threads_and_pieces_change_no_byte(void **state)
{
	auto_buf struct buf tar = BUF_INIT;
	struct files files = { 0 };

	(void)state;
	make_files(&files, 1);
	write_tar(&files, &tar);
	for (size_t i = 0; i < N_KINDS; i++) {
		auto_buf struct buf one = BUF_INIT, many = BUF_INIT;
		struct compressor c = kinds[i];

		c.threads = 1;
		compress(&c, NULL, buf_text(&tar), 7, &one);
		c.threads = 5;
		compress(&c, NULL, buf_text(&tar), 8, &many);
		assert_same(&one, &many);
		assert_decompressed(buf_text(&one), buf_text(&tar));
	}
	array_clear(&files.at);
}

static void
short_inputs_are_one_member(void **state)
{
	static const size_t sizes[] = { 0, 1, 511, 512, 513, 1024, 512 * 1024 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		auto_free char *zeros = mem_new(sizes[i] + 1);
		const struct text plain = { zeros, sizes[i] };

		for (size_t k = 0; k < N_KINDS; k++) {
			auto_buf struct buf packed = BUF_INIT;

			compress(&kinds[k], NULL, plain, 1, &packed);
			assert_true(packed.n > 0);
			assert_decompressed(buf_text(&packed), plain);
		}
	}
}

/* ------------------------------------------------------------ reuse */

static void
reused_members_give_the_bytes_of_a_cold_start(void **state)
{
	struct fixture *f = *state;
	uint32_t random = 5;
	struct files files = { 0 };

	make_files(&files, 2);
	for (size_t i = 0; i < N_CHANGES; i++) {
		auto_buf struct buf tar = BUF_INIT, warm = BUF_INIT, cold = BUF_INIT;
		const struct compressor *c = &kinds[i % 2];

		write_tar(&files, &tar);
		compress(c, f->store, buf_text(&tar), random, &warm);
		compress(c, NULL, buf_text(&tar), random, &cold);
		assert_same(&warm, &cold);
		change_files(&files, &random);
	}
	array_clear(&files.at);
}

static void
members_are_found_by_their_bytes(void **state)
{
	struct fixture *f = *state;
	const char *const packed[] = { "first", "second" };
	const struct digest plain[] = { digest_of("1", 1), digest_of("2", 1) };
	struct error err = ERROR_INIT;
	char got[8];

	for (int again = 0; again < 2; again++) {
		auto_members struct members *m = members_open(f->store, "gzip-4");
		struct digest blob;

		for (size_t i = 0; i < 2; i++) {
			const size_t n = strlen(packed[i]);

			assert_int_equal(members_take(m, &plain[i], got, sizeof got),
			                 again ? n : 0);
			assert_memory_equal(got, packed[i], again ? n : 0);
			/* One that does not fit is none. */
			assert_int_equal(members_take(m, &plain[i], got, n - 1), 0);
			members_add(m, &plain[i], packed[i], n);
		}
		assert_int_equal(blob_write(f->store, "firstsecond", 11, &blob, &err), 0);
		members_keep(m, &blob);
	}
}

/* How many members of the second are not in the first. */
static size_t
count_new(struct text a, struct text b)
{
	static const struct member_sizes sizes = { 512 << 10, 512 << 10, 2 << 20 };
	ARRAY(struct digest) known = { 0 };
	size_t n_new = 0;

	for (int second = 0; second < 2; second++) {
		struct text rest = second ? b : a;

		while (rest.n > 0) {
			size_t seen = 0,
			       n = member_cut_find(&sizes, rest.p, rest.n, &seen);
			struct digest d;
			bool found = false;

			n = n == 0 ? rest.n : n;
			d = digest_of(rest.p, n);
			for (size_t i = 0; i < known.n; i++)
				found = found || digest_equal(&known.at[i], &d);
			n_new += second && !found;
			if (!second)
				array_push(&known, d);
			rest = text_from(rest, n);
		}
	}
	array_clear(&known);
	return n_new;
}

static void
a_change_moves_few_members(void **state)
{
	uint32_t random = 9;
	struct files files = { 0 };
	size_t n_new = 0;

	(void)state;
	make_files(&files, 3);
	for (size_t i = 0; i < N_SMALL; i++) {
		auto_buf struct buf before = BUF_INIT, after = BUF_INIT;

		write_tar(&files, &before);
		change_files(&files, &random);
		write_tar(&files, &after);
		n_new += count_new(buf_text(&before), buf_text(&after));
	}
	/* Mostly one or two; a large new file is some of its own. */
	assert_in_range(n_new, N_SMALL / 2, N_SMALL * 5);
	array_clear(&files.at);
}

/* ------------------------------------------------------------ damage */

static void
flip(const char *path, off_t at)
{
	auto_fd int fd = open(path, O_RDWR | O_CLOEXEC);
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x40;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void
damage_is_compressed_again(void **state)
{
	struct fixture *f = *state;
	const struct compressor *c = &kinds[0];
	auto_buf struct buf tar = BUF_INIT, first = BUF_INIT, next = BUF_INIT,
	                    last = BUF_INIT;
	auto_free char *list = mem_print("%s/store/members/gzip-1", f->path);
	auto_free char *blob = NULL;
	struct files files = { 0 };
	char hex[DIGEST_HEX_MAX];
	struct digest d;

	make_files(&files, 4);
	write_tar(&files, &tar);
	array_clear(&files.at);
	compress(c, f->store, buf_text(&tar), 1, &first);
	d = digest_of(first.p, first.n);
	blob = mem_print("%s/store/blobs/sha256/%s", f->path, digest_hex(&d, hex));
	flip(blob, (off_t)first.n / 2);
	compress(c, f->store, buf_text(&tar), 2, &next);
	assert_same(&first, &next);
	flip(list, 300);
	compress(c, f->store, buf_text(&tar), 3, &last);
	assert_same(&first, &last);
	assert_int_equal(unlink(list), 0);
	assert_int_equal(symlink("/etc/passwd", list), 0);
	buf_truncate(&last, 0);
	compress(c, f->store, buf_text(&tar), 4, &last);
	assert_same(&first, &last);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_and_pieces_change_no_byte),
		cmocka_unit_test(short_inputs_are_one_member),
		cmocka_unit_test_setup_teardown(
		        reused_members_give_the_bytes_of_a_cold_start, fixture_setup,
		        fixture_teardown),
		cmocka_unit_test_setup_teardown(members_are_found_by_their_bytes,
		                                fixture_setup, fixture_teardown),
		cmocka_unit_test(a_change_moves_few_members),
		cmocka_unit_test_setup_teardown(damage_is_compressed_again, fixture_setup,
		                                fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
