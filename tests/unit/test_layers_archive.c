/* Archives as ADD and a context on standard input take them. */
#include "layers/archive.h"
#include "layers/tar_out.h"
#include "tests/lib/layer_fixture.h"
#include "tests/lib/raw_tar.h"

#include "layers/content_reader.h"

/* Rows are short: what they leave out is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct raw_entry entries[] = {
	{ '5', "./", .mode = 0700 },
	{ '5', "d" },
	{ '0', "d/f", .content = "content", .uid = 5 },
	{ '1', "/h", "./d/f" },
	{ '2', "s", "../../x" },
	{ '0', "../up", .content = "u" },
	{ '0', "d/.wh.x" },
	{ 'x', "x", .content = "21 GNU.sparse.size=6\n26 GNU.sparse.map=0,1,3,1\n" },
	{ '0', "sparse", .content = "ab" },
};

static const char want[] = "d:=\nd:d=\nf:d/f=content\nh:h>d/f=\nl:s>../../x=\nf:up=u\n"
                           "f:d/.wh.x=\nf:sparse=a\\x00\\x00b\\x00\\x00\n";

/* F/name with the archive, or with BYTES; the open file. */
static int
write_file(struct fixture *f, const char *name, struct text bytes)
{
	struct error err = ERROR_INIT;
	struct buf archive = BUF_INIT;
	char *path = mem_print("%s/%s", f->path, name);
	int fd;

	for (size_t i = 0; bytes.p == NULL && i < sizeof entries / sizeof *entries; i++)
		raw_add(&archive, &entries[i]);
	if (bytes.p == NULL)
		raw_end(&archive);
	else
		buf_add_text(&archive, bytes);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_fine(file_write_all(fd, buf_str(&archive), archive.n, &err) == 0, &err);
	buf_clear(&archive);
	free(path);
	return fd;
}

static void
assert_archive(struct fixture *f, int fd, const char *title)
{
	struct archive_index *a = NULL;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;

	if (archive_open(f->store, fd, &(struct archive_options){ 0 }, &a, &err) != 1)
		fail_msg("%s: %s", title, err.text == NULL ? "no archive" : err.text);
	for (size_t i = 0; i < archive_count(a); i++) {
		struct buf content = BUF_INIT;
		struct change c;
		struct text quoted;
		size_t start;

		archive_get(a, i, &c);
		buf_print(&out, "%c:%s", "fdlhcbp"[c.entry.type], c.entry.path.p);
		if (c.entry.link.n > 0)
			buf_print(&out, ">%s", c.entry.link.p);
		assert_fine(content_read(&c.content, 100, &content, &err) == 0, &err);
		start = out.n;
		buf_add_quoted(&out, buf_text(&content));
		/* Without the quotes. */
		quoted = text_from(buf_text(&out), start + 1);
		quoted = text_first(quoted, quoted.n - 1);
		{
			char *inner = text_copy(quoted);

			buf_truncate(&out, start);
			buf_print(&out, "=%s\n", inner);
			free(inner);
		}
		buf_clear(&content);
	}
	if (strcmp(out.p, want) != 0)
		fail_msg("%s: %s", title, out.p);
	buf_clear(&out);
	archive_close(a);
}

static void
a_plain_tar_is_read_in_place(void **state)
{
	int fd = write_file(*state, "a.tar", (struct text){ 0 });

	/* Where the file was read to before makes no difference. */
	lseek(fd, 100, SEEK_SET);
	assert_archive(*state, fd, "plain");
	close(fd);
}

static void
compressed_tars_are_known_by_their_first_bytes(void **state)
{
	static const char *const programs[] = { "gzip", "bzip2", "xz", "zstd -q" };
	struct fixture *f = *state;

	close(write_file(f, "a.tar", (struct text){ 0 }));
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		char *command = mem_print("%s -c %s/a.tar >%s/packed", programs[i],
		                          f->path, f->path);
		char *path = mem_print("%s/packed", f->path);

		if (system(command) != 0) {
			print_message("left out: no %s\n", programs[i]);
		} else {
			int fd = open(path, O_RDONLY);

			assert_archive(f, fd, programs[i]);
			close(fd);
		}
		free(command);
		free(path);
	}
}

static void
what_is_no_tar_is_no_archive(void **state)
{
	static const char zeros[2048];
	static const struct text files[] = {
		{ "", 0 },
		{ "text", 4 },
		{ zeros, 512 },
		{ zeros, 2048 },
		{ "\x1f\x8b"
		  "broken",
		  8 },
		{ "BZh9 and more", 13 },
		{ "BZh0", 4 },
		{ "\x1f\x8b", 2 },
		{ "\x1f\x8b\x08\xff more", 9 },
		{ "PK\3\4 a zip file is copied", 26 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct archive_index *a = NULL;
		struct error err = ERROR_INIT;
		int fd = write_file(f, "no", files[i]);
		int status = archive_open(f->store, fd, &(struct archive_options){ 0 },
		                          &a, &err);

		if (status != 0)
			fail_msg("file %zu: %d %s", i, status, err.text);
		close(fd);
	}
}

static void
what_begins_as_compressed_is_damaged_if_nothing_comes_out(void **state)
{
	static const struct text files[] = {
		{ "\x1f\x8b\x08", 3 },
		{ "BZh", 3 },
		{ "BZh9", 4 },
		{ "BZh91AY", 7 },
		{ "BZh91AY&SY", 10 },
		{ "BZh91AY&SYab", 12 },
		{ "\x28\xb5\x2f\xfd", 4 },
		{ "\xfd\x37zXZ\0\0\4\xe6\xd6\xb4\x46", 12 },
		{ "\x1f\x8b\x08\0\0\0\0\0\0\3\xff\xff\xff\xff\xff\xff", 16 },
		{ "\x28\xb5\x2f\xfd"
		  "x",
		  5 },
		{ "\xfd\x37zXZ\0", 6 },
		{ "\xfd\x37zXZ\0\0\4 no checksum", 20 },
		{ "BZh91AY&SY\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 20 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const struct archive_options options = { 0 };
		struct archive_index *a = NULL;
		struct error err = ERROR_INIT;
		int fd = write_file(f, "no", files[i]);
		int status = archive_open(f->store, fd, &options, &a, &err);

		if (status != -1 || err.code != ERR_DAMAGED)
			fail_msg("file %zu: %d %s", i, status, err.text);
		error_clear(&err);
		close(fd);
	}
}

static void
an_archive_gives_no_more_than_it_may(void **state)
{
	struct fixture *f = *state;
	int fd = write_file(f, "a.tar", (struct text){ 0 });
	struct error err = ERROR_INIT;

	for (uint64_t max = 1; max <= 15; max++) {
		const struct archive_options options = { .max = max };
		struct archive_index *a = NULL;
		int status = archive_open(f->store, fd, &options, &a, &err);

		/* 7 + 1 + 6 bytes of content. */
		assert_int_equal(status, max < 14 ? -1 : 1);
		assert_int_equal(err.code, max < 14 ? ERR_POLICY : ERR_NONE);
		archive_close(a);
		error_clear(&err);
	}
	close(fd);
}

static void
a_tar_that_breaks_off_is_damaged(void **state)
{
	struct fixture *f = *state;
	int fd = write_file(f, "a.tar", (struct text){ 0 });
	struct archive_index *a = NULL;
	struct error err = ERROR_INIT;

	assert_int_equal(ftruncate(fd, 4 * 512 + 100), 0);
	assert_int_equal(
	        archive_open(f->store, fd, &(struct archive_options){ 0 }, &a, &err), -1);
	assert_int_equal(err.code, ERR_DAMAGED);
	error_clear(&err);
	close(fd);
}

static void
a_context_is_unpacked_from_a_pipe(void **state)
{
	struct fixture *f = *state;
	char *path = mem_print("%s/context", f->path);
	struct error err = ERROR_INIT;
	struct stat st;
	char text[16] = { 0 };
	int pipes[2], dir, fd;

	close(write_file(f, "a.tar", (struct text){ 0 }));
	assert_int_equal(mkdir(path, 0755), 0);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	{
		char *tar = mem_print("%s/a.tar", f->path);
		struct buf bytes = BUF_INIT;

		assert_int_equal(file_read(AT_FDCWD, tar, 1 << 20, &bytes, &err), 1);
		assert_int_equal(pipe(pipes), 0);
		assert_true(bytes.n < 65536);
		assert_int_equal(write(pipes[1], bytes.p, bytes.n), bytes.n);
		close(pipes[1]);
		buf_clear(&bytes);
		free(tar);
	}
	assert_fine(archive_unpack_context(pipes[0], dir, &(struct archive_options){ 0 },
	                                   &err) == 0,
	            &err);
	close(pipes[0]);
	fd = openat(dir, "h", O_RDONLY);
	assert_int_equal(read(fd, text, 16), 7);
	assert_string_equal(text, "content");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_uid, geteuid());
	close(fd);
	/* Whiteouts mean nothing here. */
	assert_int_equal(fstatat(dir, "d/.wh.x", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(fstatat(dir, "sparse", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 6);
	close(dir);
	free(path);
}

static int
to_fd(void *arg, const void *bytes, size_t n, struct error *err)
{
	return file_write_all(*(int *)arg, bytes, n, err);
}

static void
a_small_tar_of_given_files_is_deterministic(void **state)
{
	struct fixture *f = *state;
	struct archive_index *a = NULL;
	struct error err = ERROR_INIT;
	int fd = write_file(f, "out.tar", TEXT(""));
	struct tar_out *t = tar_out_new(to_fd, &fd);
	struct change c;
	struct stat st;

	assert_fine(tar_out_dir(t, "blobs", &err) == 0, &err);
	assert_fine(tar_out_file(t, "blobs/x", 5, &err) == 0, &err);
	assert_fine(tar_out_data(t, "abc", 3, &err) == 0, &err);
	assert_int_equal(tar_out_file(t, "early", 1, &err), -1);
	error_clear(&err);
	assert_int_equal(tar_out_data(t, "defg", 4, &err), -1);
	error_clear(&err);
	assert_fine(tar_out_data(t, "de", 2, &err) == 0, &err);
	assert_fine(tar_out_end(t, &err) == 0, &err);
	tar_out_free(t);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 512 * 5);
	assert_int_equal(
	        archive_open(f->store, fd, &(struct archive_options){ 0 }, &a, &err), 1);
	archive_get(a, 1, &c);
	assert_int_equal(c.entry.mode, 0644);
	assert_int_equal(c.entry.mtime, 0);
	assert_string_equal(c.entry.path.p, "blobs/x");
	archive_close(a);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_plain_tar_is_read_in_place),
		fixture_test(compressed_tars_are_known_by_their_first_bytes),
		fixture_test(what_is_no_tar_is_no_archive),
		fixture_test(what_begins_as_compressed_is_damaged_if_nothing_comes_out),
		fixture_test(an_archive_gives_no_more_than_it_may),
		fixture_test(a_tar_that_breaks_off_is_damaged),
		fixture_test(a_context_is_unpacked_from_a_pipe),
		fixture_test(a_small_tar_of_given_files_is_deterministic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
