/* What the tar reader makes of archives of all kinds, good and bad. */
#include "tests/lib/layer_fixture.h"
#include "tests/lib/raw_tar.h"

#include "layers/tar_pax.h"
#include "layers/tar_read.h"

/* All entries as lines "type mode uid:gid size mtime path>link content", or the
 * error. PIECE: how many bytes the source gives at a time. */
static char *
list(struct text archive, size_t piece, enum tar_names names)
{
	struct raw_source raw = { archive, piece };
	struct tar_source source = { raw_read, NULL, &raw };
	struct tar_reader *r = tar_reader_new(source, names);
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	struct tar_item item;
	const void *bytes = NULL;
	ssize_t n = 0;
	int status;

	while ((status = tar_reader_next(r, &item, &err)) == 1) {
		const struct entry *e = &item.entry;

		buf_print(&out, "%c %o %u:%u %llu %lld %.*s", "fdlhcbp"[e->type],
		          e -> mode, e -> uid, e -> gid, (unsigned long long)e -> size,
		          (long long)e -> mtime, (int)e -> path.n, e->path.p);
		if (e->link.n > 0)
			buf_print(&out, ">%.*s", (int)e->link.n, e->link.p);
		if (e->capability.n > 0)
			buf_print(&out, " cap%zu", e->capability.n);
		if (e->size > 0 && e->size < 1000) {
			buf_add_char(&out, ' ');
			while ((n = tar_reader_data(r, &bytes, &err)) > 0)
				for (ssize_t i = 0; i < n; i++)
					buf_add_char(&out,
					             bytes == NULL
					                     ? '.'
					                     : ((const char *)bytes)[i]);
		}
		buf_add_char(&out, '\n');
		if (n < 0)
			break;
	}
	if (status < 0 || n < 0)
		buf_print(&out, "! %s\n", err.text);
	error_clear(&err);
	tar_reader_free(r);
	return buf_take(&out);
}

static void
assert_lists(struct text archive, enum tar_names names, const char *want)
{
	static const size_t pieces[] = { 1, 500, 1 << 20 };

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		char *got = list(archive, pieces[i], names);

		assert_string_equal(got, want);
		free(got);
	}
}

struct row {
	struct raw_entry entries[6];
	const char *refusing;  /* expected with TAR_NAMES_REFUSE */
	const char *confining; /* with TAR_NAMES_CONFINE; NULL: the same */
};

/* Rows are short: what they leave out is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
static const struct row rows[] = {
	{ { { '5', "./" }, { '0', "./a", .content = "hi" } },
	  "d 755 0:0 0 0 \nf 644 0:0 2 0 a hi\n" },
	{ { { '0', "a//b/./c" } }, "f 644 0:0 0 0 a/b/c\n" },
	{ { { '0', "/abs" } }, "f 644 0:0 0 0 abs\n" },
	{ { { '0', "a/../b" } }, "f 644 0:0 0 0 b\n" },
	{ { { '0', "../b" } },
	  "! tar archive: ../b: name leads out of the archive\n",
	  "f 644 0:0 0 0 b\n" },
	{ { { '0', "a/../../b" } },
	  "! tar archive: a/../../b: name leads out of the archive\n",
	  "f 644 0:0 0 0 b\n" },
	{ { { '1', "l", "../x" } },
	  "! tar archive: l: hard link leads out of the archive\n",
	  "h 644 0:0 0 0 l>x\n" },
	{ { { '1', "l", "./d//x" } }, "h 644 0:0 0 0 l>d/x\n" },
	{ { { '1', "l", "/d/x" } }, "h 644 0:0 0 0 l>d/x\n" },
	{ { { '2', "l", "../../etc//x" } }, "l 777 0:0 0 0 l>../../etc//x\n" },
	{ { { '2', "l", "" } }, "! tar archive: l: bad link\n" },
	{ { { '1', "l", "" } }, "! tar archive: l: bad link\n" },
	{ { { '0', "." } },
	  "! tar archive: the root is not a directory at byte 512\n",
	  "f 644 0:0 0 0 \n" },
	{ { { '2', "/", "x" } },
	  "! tar archive: the root is not a directory at byte 512\n",
	  "l 777 0:0 0 0 >x\n" },
	/* Types. */
	{ { { '7', "contiguous", .content = "c" } }, "f 644 0:0 1 0 contiguous c\n" },
	{ { { '5', "d" }, { '6', "p" }, { '3', "c", .major = 1 }, { '4', "b" } },
	  "d 755 0:0 0 0 d\np 644 0:0 0 0 p\nc 644 0:0 0 0 c\nb 644 0:0 0 0 b\n" },
	{ { { 'V', "label" }, { '0', "f" } }, "f 644 0:0 0 0 f\n" },
	{ { { 'M', "more" } }, "! tar archive: more: entry of unknown type\n" },
	{ { { 'Z', "what" } }, "! tar archive: what: entry of unknown type\n" },
	/* Links of some writers carry the size of their target, but no bytes. */
	{ { { '0', ".wh.x" }, { '0', ".wh..wh..opq" } },
	  "f 644 0:0 0 0 .wh.x\nf 644 0:0 0 0 .wh..wh..opq\n" },
	/* Extended headers. */
	{ { { 'g', "global", .content = "20 comment=whatever\n" }, { '0', "f" } },
	  "f 644 0:0 0 0 f\n" },
	{ { { 'x', "x", .content = "15 path=a/long\n" },
	    { '0', "short", .content = "1" } },
	  "f 644 0:0 1 0 a/long 1\n" },
	{ { { 'x', "x", .content = "15 path=a/long\n" }, { '0', "one" }, { '0', "two" } },
	  "f 644 0:0 0 0 a/long\nf 644 0:0 0 0 two\n" },
	{ { { 'x', "x", .content = "9 path=a\n8 path=\n" }, { '0', "short" } },
	  "f 644 0:0 0 0 short\n" },
	{ { { 'x', "x", .content = "13 linkpath=\n" }, { '2', "s", "t" } },
	  "l 777 0:0 0 0 s>t\n" },
	{ { { 'x', "x", .content = "18 gid=4294967294\n15 uid=2097152\n" },
	    { '0', "f" } },
	  "f 644 2097152:4294967294 0 0 f\n" },
	{ { { 'x', "x", .content = "18 gid=4294967295\n" }, { '0', "f" } },
	  "! tar archive: f: owner out of range\n" },
	{ { { 'x', "x", .content = "14 mtime=12.5\n" }, { '0', "f" } },
	  "f 644 0:0 0 12 f\n" },
	{ { { 'x', "x", .content = "15 mtime=-12.5\n" }, { '0', "f" } },
	  "f 644 0:0 0 -13 f\n" },
	{ { { 'x', "x", .content = "13 mtime=1e5\n" }, { '0', "f" } },
	  "! tar archive: bad value in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "10 size=2\n" }, { '0', "f", .content = "12" } },
	  "f 644 0:0 2 0 f 12\n" },
	{ { { 'x', "x", .content = "11 size=-2\n" }, { '0', "f", .content = "12" } },
	  "! tar archive: bad value in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "28 size=9223372036854775808\n" }, { '0', "f" } },
	  "! tar archive: bad value in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "99 path=a\n" }, { '0', "f" } },
	  "! tar archive: bad record in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "9 path=a;" }, { '0', "f" } },
	  "! tar archive: bad record in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "-9 path=a\n" }, { '0', "f" } },
	  "! tar archive: bad record in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "5 =a\n" }, { '0', "f" } },
	  "! tar archive: bad record in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "18446744073709551625 path=a\n" }, { '0', "f" } },
	  "! tar archive: bad record in an extended header at byte 1024\n" },
	{ { { 'x', "x", .content = "9 path=a\n" } },
	  "! tar archive: extended header without an entry at byte 1536\n" },
	{ { { 'L', "././@LongLink", .content = "gnu/long" }, { '0', "short" } },
	  "f 644 0:0 0 0 gnu/long\n" },
	{ { { 'K', "././@LongLink", .content = "gnu/target" }, { '2', "s", "t" } },
	  "l 777 0:0 0 0 s>gnu/target\n" },
	/* pax wins over GNU. */
	{ { { 'L', "././@LongLink", .content = "gnu" },
	    { 'x', "x", .content = "12 path=pax\n" },
	    { '0', "short" } },
	  "f 644 0:0 0 0 pax\n" },
	/* Sparse, formats 0.0, 0.1 and 1.0. */
	{ { { 'x', "x",
	      .content = "22 GNU.sparse.size=10\n"
	                 "23 GNU.sparse.offset=2\n25 GNU.sparse.numbytes=3\n"
	                 "23 GNU.sparse.offset=8\n25 GNU.sparse.numbytes=2\n" },
	    { '0', "s", .content = "abcde" } },
	  "f 644 0:0 10 0 s ..abc...de\n" },
	{ { { 'x', "x",
	      .content = "21 GNU.sparse.size=6\n26 GNU.sparse.map=0,1,3,1\n"
	                 "26 GNU.sparse.name=a/name\n" },
	    { '0', "s", .content = "ab" } },
	  "f 644 0:0 6 0 a/name a..b..\n" },
	{ { { 'x', "x", .content = "21 GNU.sparse.size=6\n26 GNU.sparse.map=3,1,0,1\n" },
	    { '0', "s", .content = "ab" } },
	  "! tar archive: s: bad sparse map\n" },
	{ { { 'x', "x", .content = "21 GNU.sparse.size=3\n26 GNU.sparse.map=0,1,3,1\n" },
	    { '0', "s", .content = "ab" } },
	  "! tar archive: s: bad sparse map\n" },
	{ { { 'x', "x", .content = "21 GNU.sparse.size=6\n26 GNU.sparse.map=0,1,3,2\n" },
	    { '0', "s", .content = "ab" } },
	  "! tar archive: s: bad sparse map\n" },
};

static void
archive_of(const struct row *r, struct buf *out)
{
	for (size_t i = 0; i < 6 && r->entries[i].type != '\0'; i++)
		raw_add(out, &r->entries[i]);
	raw_end(out);
}

static void
every_row_is_listed_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct buf out = BUF_INIT;

		archive_of(r, &out);
		assert_lists(buf_text(&out), TAR_NAMES_REFUSE, r->refusing);
		assert_lists(buf_text(&out), TAR_NAMES_CONFINE,
		             r->confining != NULL ? r->confining : r->refusing);
		buf_clear(&out);
	}
}

/* A header of one file "f" with field bytes replaced. */
static void
assert_header(size_t at, const void *bytes, size_t n, bool seal, const char *want)
{
	struct raw_entry e = { '0', "f", .content = NULL };
	struct tar_header h = raw_header(&e);
	struct buf out = BUF_INIT;

	memcpy((char *)&h + at, bytes, n);
	if (seal)
		raw_seal(&h);
	buf_add(&out, &h, sizeof h);
	raw_end(&out);
	assert_lists(buf_text(&out), TAR_NAMES_REFUSE, want);
	buf_clear(&out);
}

#define AT(field) offsetof(struct tar_header, field)

static void
bad_header_fields_are_refused(void **state)
{
	(void)state;
	assert_header(AT(mode), "0000600", 7, true, "f 600 0:0 0 0 f\n");
	assert_header(AT(mode), "  600 \0", 7, true, "f 600 0:0 0 0 f\n");
	assert_header(AT(mode), "1006000", 7, true, "f 6000 0:0 0 0 f\n");
	assert_header(AT(name), "g", 1, false,
	              "! tar archive: no tar header at byte 512\n");
	assert_header(AT(size), "-0000000001", 11, true, "! tar archive: f: bad size\n");
	assert_header(AT(size), "0000000000x", 11, true, "! tar archive: f: bad size\n");
	assert_header(AT(size), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12,
	              true, "! tar archive: f: bad size\n");
	assert_header(AT(size), "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12, true,
	              "! tar archive: f: bad size\n");
	assert_header(AT(size), "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, true,
	              "f 644 0:0 9223372036854775807 0 f\n! tar archive: f: truncated\n");
	assert_header(AT(mtime), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12,
	              true, "f 644 0:0 0 -2 f\n");
	assert_header(AT(uid), "\x80\0\0\0\x12\x34\x56\x78", 8, true,
	              "f 644 305419896:0 0 0 f\n");
	assert_header(AT(uid), "\xff\xff\xff\xff\xff\xff\xff\xff", 8, true,
	              "! tar archive: f: owner out of range\n");
	assert_header(AT(uid), "99", 2, true, "! tar archive: f: bad mode or owner\n");
	assert_header(AT(magic), "\0\0\0\0\0\0\0", 8, true, "f 644 0:0 0 0 f\n");
	assert_header(AT(prefix), "dir", 3, true, "f 644 0:0 0 0 dir/f\n");
	/* GNU keeps times where the prefix is. */
	assert_header(AT(magic), "ustar  ", 8, true, "f 644 0:0 0 0 f\n");
	/* A type of zero and a name with a slash is how v7 wrote directories. */
	assert_header(AT(type), "\0", 1, true, "f 644 0:0 0 0 f\n");
}

static void
a_v7_directory_ends_in_a_slash(void **state)
{
	struct raw_entry e = { '0', "d/", .content = NULL };
	struct tar_header h = raw_header(&e);
	struct buf out = BUF_INIT;

	(void)state;
	h.type = '\0';
	raw_seal(&h);
	buf_add(&out, &h, sizeof h);
	raw_end(&out);
	assert_lists(buf_text(&out), TAR_NAMES_REFUSE, "d 644 0:0 0 0 d\n");
	buf_clear(&out);
}

static void
truncated_archives_are_refused_wherever_they_end(void **state)
{
	struct raw_entry e[] = { { 'x', "x", .content = "15 path=a/long\n" },
		                 { '0', "f", .content = "some content" } };
	struct buf out = BUF_INIT;

	(void)state;
	raw_add(&out, &e[0]);
	raw_add(&out, &e[1]);
	for (size_t n = 1; n < out.n; n++) {
		char *got = list(text_first(buf_text(&out), n), 4096, TAR_NAMES_REFUSE);

		/* Padding that is not there is no loss after the last byte. */
		if (strstr(got, "!") == NULL)
			fail_msg("cut at %zu: %s", n, got);
		free(got);
	}
	/* A missing trailer is common and harmless. */
	assert_lists(buf_text(&out), TAR_NAMES_REFUSE,
	             "f 644 0:0 12 0 a/long some content\n");
	buf_clear(&out);
}

static void
limits_are_kept(void **state)
{
	struct raw_entry global = { 'g', "g", .content = "9 path=g\n" };
	struct raw_entry file = { '0', "f", .content = NULL };
	struct raw_entry huge = { 'x', "x", .content = NULL };
	struct tar_header h = raw_header(&huge);
	struct buf out = BUF_INIT, text = BUF_INIT;
	char *got;

	(void)state;
	/* Extended headers without end. */
	for (int i = 0; i < 1000; i++)
		raw_add(&out, &global);
	raw_add(&out, &file);
	got = list(buf_text(&out), 4096, TAR_NAMES_REFUSE);
	assert_non_null(strstr(got, "too many extended headers"));
	free(got);

	/* One of 4 GiB. */
	buf_truncate(&out, 0);
	tar_put_octal(h.size, 12, (uint64_t)4 << 30);
	raw_seal(&h);
	buf_add(&out, &h, sizeof h);
	got = list(buf_text(&out), 4096, TAR_NAMES_REFUSE);
	assert_non_null(strstr(got, "more than 1 MiB"));
	free(got);

	/* A component of 256 bytes, a path of more than 4095. */
	for (int round = 0; round < 2; round++) {
		struct raw_entry name = { 'L', "l", .content = NULL };

		buf_truncate(&out, 0);
		buf_truncate(&text, 0);
		for (int i = 0; i < (round == 0 ? 256 : 4200); i++)
			buf_add_char(&text, round == 1 && i % 200 == 199 ? '/' : 'n');
		name.content = buf_str(&text);
		raw_add(&out, &name);
		raw_add(&out, &file);
		got = list(buf_text(&out), 4096, TAR_NAMES_REFUSE);
		assert_non_null(strstr(got, round == 0 ? "longer than 255 bytes"
		                                       : "longer than 4095 bytes"));
		free(got);
	}
	buf_clear(&out);
	buf_clear(&text);
}

static void
nul_bytes_in_names_are_refused(void **state)
{
	static const char records[] = "12 path=a\0b\n";
	struct raw_entry x = { 'x', "x", .content = NULL };
	struct raw_entry file = { '0', "f", .content = NULL };
	struct tar_header h = raw_header(&x);
	struct buf out = BUF_INIT;
	char *got;

	(void)state;
	tar_put_octal(h.size, 12, sizeof records - 1);
	raw_seal(&h);
	buf_add(&out, &h, sizeof h);
	raw_content(&out, records, sizeof records - 1);
	raw_add(&out, &file);
	got = list(buf_text(&out), 4096, TAR_NAMES_REFUSE);
	assert_non_null(strstr(got, "NUL in a name"));
	free(got);
	buf_clear(&out);
}

static void
old_gnu_and_new_pax_sparse_maps_are_read(void **state)
{
	struct raw_entry e = { '0', "s", .content = "abcd" };
	struct raw_entry pax = { 'x', "x",
		                 .content = "22 GNU.sparse.major=1\n"
		                            "22 GNU.sparse.minor=0\n"
		                            "25 GNU.sparse.realsize=8\n"
		                            "21 GNU.sparse.name=n\n" };
	struct tar_header h = raw_header(&e);
	struct buf out = BUF_INIT;
	char block[1024] = "2\n1\n2\n5\n2\n";

	(void)state;
	h.type = 'S';
	memcpy(h.magic, "ustar  ", 8);
	tar_put_octal((char *)&h + 386, 12, 1);
	tar_put_octal((char *)&h + 398, 12, 2);
	tar_put_octal((char *)&h + 410, 12, 5);
	tar_put_octal((char *)&h + 422, 12, 2);
	tar_put_octal((char *)&h + 483, 12, 8);
	raw_seal(&h);
	buf_add(&out, &h, sizeof h);
	raw_content(&out, "abcd", 4);
	assert_lists(buf_text(&out), TAR_NAMES_REFUSE, "f 644 0:0 8 0 s .ab..cd.\n");

	buf_truncate(&out, 0);
	raw_add(&out, &pax);
	h = raw_header(&e);
	tar_put_octal(h.size, 12, 516);
	raw_seal(&h);
	buf_add(&out, &h, sizeof h);
	memcpy(block + 512, "abcd", 4);
	buf_add(&out, block, sizeof block);
	assert_lists(buf_text(&out), TAR_NAMES_REFUSE, "f 644 0:0 8 0 n .ab..cd.\n");
	buf_clear(&out);
}

static void
numbers_are_octal_or_base_256(void **state)
{
	static const struct {
		const char *field;
		size_t n;
		bool good;
		int64_t value;
	} cases[] = {
		{ "0000644\0", 8, true, 0644 },
		{ "        ", 8, true, 0 },
		{ "\0\0\0\0", 4, true, 0 },
		{ " 17 ", 4, true, 017 },
		{ "1 7", 3, false, 0 },
		{ "8", 1, false, 0 },
		{ "777777777777777777777", 21, true, INT64_MAX },
		{ "1000000000000000000000", 22, false, 0 },
		{ "7777777777777777777777777", 25, false, 0 },
		{ "\x80\0\0\1", 4, true, 1 },
		{ "\xff\xff\xff\xff", 4, true, -1 },
		{ "\x80\0\0\0\x80\0\0\0\0\0\0\0", 12, false, 0 },
		{ "\xc0\0\0\0\0\0\0\0\0\0\0\0", 12, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t value = 0;
		bool good = tar_number(cases[i].field, cases[i].n, &value);

		if (good != cases[i].good || (good && value != cases[i].value))
			fail_msg("case %zu: %d %lld", i, good, (long long)value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_listed_as_written),
		cmocka_unit_test(bad_header_fields_are_refused),
		cmocka_unit_test(a_v7_directory_ends_in_a_slash),
		cmocka_unit_test(truncated_archives_are_refused_wherever_they_end),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(nul_bytes_in_names_are_refused),
		cmocka_unit_test(old_gnu_and_new_pax_sparse_maps_are_read),
		cmocka_unit_test(numbers_are_octal_or_base_256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
