/* The bytes of the one tar writer: which header an entry gets, and what is in it. */
#include "tests/lib/layer_fixture.h"

#include <string.h>

#include "layers/tar_header.h"
#include "layers/tar_write.h"

#define N10        "0123456789"
#define N50        N10 N10 N10 N10 N10
#define N100       N50 N50
#define CAPABILITY "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static int
collect(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)err;
	buf_add(arg, bytes, n);
	return 0;
}

/* Enough for all headers and small contents. */
static int
collect_start(void *arg, const void *bytes, size_t n, struct error *err)
{
	struct buf *out = arg;

	(void)err;
	if (out->n < 65536)
		buf_add(out, bytes, n);
	return 0;
}

/* The archive of one entry without its trailer, or the start of it. */
static void
write_one(const struct entry *e, struct buf *out)
{
	struct tar_writer *w = tar_writer_new(collect_start, out);
	struct error err = ERROR_INIT;
	uint64_t total;

	assert_fine(tar_writer_entry(w, e, &err) == 0, &err);
	while (tar_writer_due(w) > 0) {
		size_t n;
		char *room = tar_writer_room(w, &n, &err);

		assert_fine(room != NULL, &err);
		if (e->size < 4096)
			memset(room, 'x', n);
		tar_writer_fill(w, n);
	}
	total = tar_writer_offset(w);
	assert_fine(tar_writer_end(w, &err) == 0, &err);
	if (total < 65536) {
		assert_int_equal(out->n, total + 1024);
		for (size_t i = total; i < out->n; i++)
			assert_int_equal(out->p[i], 0);
		buf_truncate(out, total);
	}
	tar_writer_free(w);
}

struct row {
	struct entry entry;
	const char *pax;           /* records, or NULL: ustar only */
	const char *pax_name;      /* of the extended header */
	const char *name, *prefix; /* fields of the entry's header */
	const char *link;
	char type;
	const char *mode, *uid, *size, *mtime;
};

#define E(text, kind, ...)                                                               \
	{                                                                                \
		.path = { (text), sizeof(text) - 1 }, .type = (kind), .mode = 0644,      \
		__VA_ARGS__                                                              \
	}
#define T(text)                                                                          \
	{                                                                                \
		(text), sizeof(text) - 1                                                 \
	}
#define PLAIN                                                                            \
	.mode = "0000644", .uid = "0000000", .size = "00000000000", .mtime = "00000000000"

static const struct row rows[] = {
	{ .entry = E("a/b", ENTRY_FILE, .size = 3, .mtime = 1600000000, .uid = 1000),
	  .name = "a/b",
	  .type = '0',
	  .mode = "0000644",
	  .uid = "0001750",
	  .size = "00000000003",
	  .mtime = "13727410000" },
	{ .entry = E("dir", ENTRY_DIR, .uid = 0), .name = "dir/", .type = '5', PLAIN },
	{ .entry = E("s", ENTRY_SYMLINK, .link = T("../t")),
	  .name = "s",
	  .link = "../t",
	  .type = '2',
	  PLAIN },
	{ .entry = E("h", ENTRY_HARDLINK, .link = T("a/b"), .size = 9),
	  .name = "h",
	  .link = "a/b",
	  .type = '1',
	  PLAIN },
	{ .entry = E("f", ENTRY_FIFO, .uid = 0), .name = "f", .type = '6', PLAIN },
	{ .entry = E("c", ENTRY_CHAR, .dev_major = 1, .dev_minor = 3),
	  .name = "c",
	  .type = '3',
	  PLAIN },
	{ .entry = E("b", ENTRY_BLOCK, .dev_major = 8), .name = "b", .type = '4', PLAIN },
	/* Marks have no owner, mode or time, whatever the entry says. */
	{ .entry = E("d/gone", ENTRY_WHITEOUT, .uid = 5, .mtime = 77),
	  .name = "d/.wh.gone",
	  .type = '0',
	  .mode = "0000000",
	  .uid = "0000000",
	  .size = "00000000000",
	  .mtime = "00000000000" },
	{ .entry = E("gone", ENTRY_WHITEOUT, .uid = 0),
	  .name = ".wh.gone",
	  .type = '0',
	  .mode = "0000000",
	  .uid = "0000000",
	  .size = "00000000000",
	  .mtime = "00000000000" },
	/* 100 bytes fit, 101 are split at a slash, or recorded. */
	{ .entry = E(N100, ENTRY_FILE, .uid = 0), .name = N100, .type = '0', PLAIN },
	{ .entry = E(N50 "/" N50, ENTRY_FILE, .uid = 0),
	  .name = N50,
	  .prefix = N50,
	  .type = '0',
	  PLAIN },
	{ .entry = E(N100 "/" N100, ENTRY_FILE, .uid = 0),
	  .name = N100,
	  .prefix = N100,
	  .type = '0',
	  PLAIN },
	{ .entry = E(N50 "/" N50, ENTRY_DIR, .uid = 0),
	  .name = N50 "/",
	  .prefix = N50,
	  .type = '5',
	  PLAIN },
	{ .entry = E(N100 "x", ENTRY_FILE, .uid = 0),
	  .pax = "111 path=" N100 "x\n",
	  .pax_name = "PaxHeaders.0/" N50 "0123456789012345678901234567890123456",
	  .name = N100,
	  .type = '0',
	  PLAIN },
	/* The last slash leaves nothing behind it: no split. */
	{ .entry = E(N100, ENTRY_DIR, .uid = 0),
	  .pax = "111 path=" N100 "/\n",
	  .pax_name = N50 N10 N10 N10 N10 N10,
	  .name = N100,
	  .type = '5',
	  PLAIN },
	/* Not ASCII. */
	{ .entry = E("d/\xc3\xa4-\xff", ENTRY_FILE, .uid = 0),
	  .pax = "15 path=d/\xc3\xa4-\xff\n",
	  .pax_name = "d/PaxHeaders.0/-",
	  .name = "d/-",
	  .type = '0',
	  PLAIN },
	{ .entry = E("l", ENTRY_SYMLINK, .link = T("\xc3\xa4")),
	  .pax = "15 linkpath=\xc3\xa4\n",
	  .pax_name = "PaxHeaders.0/l",
	  .name = "l",
	  .link = "",
	  .type = '2',
	  PLAIN },
	{ .entry = E("l", ENTRY_SYMLINK, .link = T(N100 "x")),
	  .pax = "115 linkpath=" N100 "x\n",
	  .pax_name = "PaxHeaders.0/l",
	  .name = "l",
	  .link = N100,
	  .type = '2',
	  PLAIN },
	/* Numbers beyond their fields are 0 there. */
	{ .entry = E("u", ENTRY_FILE, .uid = 2097151),
	  .name = "u",
	  .type = '0',
	  .mode = "0000644",
	  .uid = "7777777",
	  .size = "00000000000",
	  .mtime = "00000000000" },
	{ .entry = E("u", ENTRY_FILE, .uid = 2097152, .gid = 4294967294u),
	  .pax = "18 gid=4294967294\n15 uid=2097152\n",
	  .pax_name = "PaxHeaders.0/u",
	  .name = "u",
	  .type = '0',
	  PLAIN },
	{ .entry = E("t", ENTRY_FILE, .mtime = -1),
	  .pax = "12 mtime=-1\n",
	  .pax_name = "PaxHeaders.0/t",
	  .name = "t",
	  .type = '0',
	  PLAIN },
	{ .entry = E("t", ENTRY_FILE, .mtime = 8589934592),
	  .pax = "20 mtime=8589934592\n",
	  .pax_name = "PaxHeaders.0/t",
	  .name = "t",
	  .type = '0',
	  PLAIN },
	{ .entry = E("big", ENTRY_FILE, .size = 8589934591),
	  .name = "big",
	  .type = '0',
	  .mode = "0000644",
	  .uid = "0000000",
	  .size = "77777777777",
	  .mtime = "00000000000" },
	{ .entry = E("big", ENTRY_FILE, .size = 8589934592),
	  .pax = "19 size=8589934592\n",
	  .pax_name = "PaxHeaders.0/big",
	  .name = "big",
	  .type = '0',
	  PLAIN },
	/* With a pax header for another reason a long name is recorded, not split. */
	{ .entry = E(N50 "/" N50, ENTRY_FILE, .capability = T(CAPABILITY)),
	  .pax = "57 SCHILY.xattr.security.capability=" /* and 20 bytes: below */,
	  .pax_name = N50 "/PaxHeaders.0/012345678901234567890123456789012345",
	  .name = N50 "/0123456789012345678901234567890123456789012345678",
	  .type = '0',
	  PLAIN },
};

static void
check_header(const struct row *r, const struct tar_header *h)
{
	const char *prefix = r->prefix == NULL ? "" : r->prefix;
	const char *link = r->link == NULL ? "" : r->link;

	assert_int_equal(strnlen(h->name, 100), strlen(r->name));
	assert_memory_equal(h->name, r->name, strlen(r->name));
	assert_string_equal(h->prefix, prefix);
	assert_int_equal(strnlen(h->link, 100), strlen(link));
	assert_memory_equal(h->link, link, strlen(link));
	assert_int_equal(h->type, r->type);
	assert_string_equal(h->mode, r->mode);
	assert_string_equal(h->uid, r->uid);
	assert_memory_equal(h->size, r->size, 12);
	assert_memory_equal(h->mtime, r->mtime, 12);
	assert_memory_equal(h->magic,
	                    "ustar\0"
	                    "00",
	                    8);
	assert_int_equal(h->uname[0], 0);
	assert_int_equal(h->gname[0], 0);
}

static void
each_entry_gets_the_smallest_header_that_holds_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct buf out = BUF_INIT;
		const char *at;

		write_one(&r->entry, &out);
		at = out.p;
		if (r->pax != NULL) {
			const struct tar_header *x = (const void *)at;

			assert_int_equal(x->type, 'x');
			assert_int_equal(strnlen(x->name, 100), strlen(r->pax_name));
			assert_memory_equal(x->name, r->pax_name, strlen(r->pax_name));
			assert_string_equal(x->mode, "0000000");
			assert_memory_equal(at + 512, r->pax, strlen(r->pax));
			at += 1024;
		}
		check_header(r, (const void *)at);
		buf_clear(&out);
	}
}

static void
an_opaque_directory_is_followed_by_its_mark(void **state)
{
	struct entry dir = E("a/d", ENTRY_DIR, .opaque = true);
	const struct tar_header *h;
	struct buf out = BUF_INIT;

	(void)state;
	write_one(&dir, &out);
	assert_int_equal(out.n, 1024);
	h = (const void *)(out.p + 512);
	assert_string_equal(h->name, "a/d/.wh..wh..opq");
	assert_string_equal(h->mode, "0000000");
	buf_clear(&out);
}

static void
the_root_is_not_written(void **state)
{
	struct entry root = E("", ENTRY_DIR, .uid = 0);
	struct buf out = BUF_INIT;

	(void)state;
	write_one(&root, &out);
	assert_int_equal(out.n, 0);
	buf_clear(&out);
}

static void
content_is_padded_to_whole_blocks(void **state)
{
	static const size_t sizes[] = { 1, 511, 512, 513, 1024 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct entry e = E("f", ENTRY_FILE, .size = sizes[i]);
		struct buf out = BUF_INIT;

		write_one(&e, &out);
		assert_int_equal(out.n, 512 + (sizes[i] + 511) / 512 * 512);
		for (size_t k = 512; k < out.n; k++)
			assert_int_equal(out.p[k], k < 512 + sizes[i] ? 'x' : 0);
		buf_clear(&out);
	}
}

/* Much more than the blocks of the queue hold: the thread is at work too. */
static void
large_content_comes_out_as_it_went_in(void **state)
{
	enum { SIZE = 5 * 1024 * 1024 + 17 };
	struct entry e = E("f", ENTRY_FILE, .size = SIZE);
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	struct tar_writer *w = tar_writer_new(collect, &out);
	char *bytes = mem_new(SIZE);

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 2654435761u >> 24);
	assert_fine(tar_writer_entry(w, &e, &err) == 0, &err);
	assert_int_equal(tar_writer_offset(w), 512);
	assert_fine(tar_writer_data(w, bytes, SIZE, &err) == 0, &err);
	assert_fine(tar_writer_end(w, &err) == 0, &err);
	tar_writer_free(w);
	assert_memory_equal(out.p + 512, bytes, SIZE);
	assert_int_equal(out.n % 512, 0);
	free(bytes);
	buf_clear(&out);
}

static int
refuse(void *arg, const void *bytes, size_t n, struct error *err)
{
	(void)arg;
	(void)bytes;
	(void)n;
	return error_set(err, ERR_ENVIRONMENT, "disk full");
}

static void
a_failing_sink_is_reported_once_and_ends_everything(void **state)
{
	static const char zeros[65536];
	struct entry e = E("f", ENTRY_FILE, .size = 64 << 20);
	struct error err = ERROR_INIT;
	struct tar_writer *w = tar_writer_new(refuse, NULL);
	int status;

	(void)state;
	status = tar_writer_entry(w, &e, &err);
	for (int i = 0; status == 0 && i < 1024; i++)
		status = tar_writer_data(w, zeros, sizeof zeros, &err);
	if (status == 0)
		status = tar_writer_end(w, &err);
	assert_int_equal(status, -1);
	assert_string_equal(err.text, "disk full");
	error_clear(&err);
	tar_writer_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_gets_the_smallest_header_that_holds_it),
		cmocka_unit_test(an_opaque_directory_is_followed_by_its_mark),
		cmocka_unit_test(the_root_is_not_written),
		cmocka_unit_test(content_is_padded_to_whole_blocks),
		cmocka_unit_test(large_content_comes_out_as_it_went_in),
		cmocka_unit_test(a_failing_sink_is_reported_once_and_ends_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
