/* Contexts on standard input, and what a context word means. */
#include "tests/lib/context_fixture.h"
#include "tests/lib/raw_tar.h"

static void
words_say_where_a_context_is(void **state)
{
	static const struct {
		const char *word;
		enum context_source source;
	} cases[] = {
		{ ".", SOURCE_DIR },
		{ "/a/b", SOURCE_DIR },
		{ "a@b", SOURCE_DIR },
		{ "./git@host:x", SOURCE_DIR },
		{ "dir:x", SOURCE_DIR },
		{ "a.git", SOURCE_DIR },
		{ "-", SOURCE_STDIN },
		{ "https://host/x.git", SOURCE_GIT },
		{ "https://host/x.git#main:dir", SOURCE_GIT },
		{ "https://host/x.git?ref=v1", SOURCE_GIT },
		{ "http://host/x.tar.gz", SOURCE_HTTP },
		{ "https://host/x#y.git", SOURCE_HTTP },
		{ "git://host/x", SOURCE_GIT },
		{ "ssh://git@host/x", SOURCE_GIT },
		{ "git@host:x/y.git", SOURCE_GIT },
		{ "github.com/a/b", SOURCE_GIT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (context_classify(cases[i].word) != cases[i].source)
			fail_msg("%s", cases[i].word);
}

/* Feeds BYTES through a pipe, as a shell would. */
static void
read_stdin(struct fixture *f, struct text bytes, char **dir, struct buf *dockerfile)
{
	struct error err = ERROR_INIT;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], bytes.p, bytes.n), bytes.n);
	close(ends[1]);
	assert_fine(context_from_stdin(f->store, ends[0], &(struct archive_options){ 0 },
	                               dir, dockerfile, &err) == 0,
	            &err);
	close(ends[0]);
}

static void
text_is_the_dockerfile(void **state)
{
	struct buf dockerfile = BUF_INIT;
	char *dir = NULL;

	read_stdin(*state, TEXT("FROM scratch\n"), &dir, &dockerfile);
	assert_null(dir);
	assert_string_equal(buf_str(&dockerfile), "FROM scratch\n");
	buf_clear(&dockerfile);
}

static void
nothing_is_an_empty_dockerfile(void **state)
{
	struct buf dockerfile = BUF_INIT;
	char *dir = NULL;

	read_stdin(*state, TEXT(""), &dir, &dockerfile);
	assert_null(dir);
	assert_int_equal(dockerfile.n, 0);
	buf_clear(&dockerfile);
}

static void
an_archive_is_the_context(void **state)
{
	static const struct raw_entry entries[] = {
		{ .type = '0', .name = "Dockerfile", .content = "FROM scratch\n" },
		{ .type = '5', .name = "d" },
		{ .type = '0', .name = "d/a", .content = "A", .uid = 7 },
	};
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct buf tar = BUF_INIT, dockerfile = BUF_INIT, got = BUF_INIT;
	char *dir = NULL;
	int fd;

	for (size_t i = 0; i < 3; i++)
		raw_add(&tar, &entries[i]);
	raw_end(&tar);
	read_stdin(f, buf_text(&tar), &dir, &dockerfile);
	assert_non_null(dir);
	assert_int_equal(dockerfile.n, 0);
	fd = file_open_dir(AT_FDCWD, dir, &err);
	assert_int_equal(file_read(fd, "d/a", 100, &got, &err), 1);
	assert_string_equal(buf_str(&got), "A");
	close(fd);
	free(dir);
	buf_clear(&got);
	buf_clear(&tar);
	buf_clear(&dockerfile);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_say_where_a_context_is),
		fixture_test(text_is_the_dockerfile),
		fixture_test(nothing_is_an_empty_dockerfile),
		fixture_test(an_archive_is_the_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
