/* Digests of files are remembered, and never wrong. */
#include "tests/lib/context_fixture.h"

#include "base/clock.h"
#include "builder/context/stat_index.h"

static struct context *
scan(struct fixture *f, const char *path, const char *wanted)
{
	struct error err = ERROR_INIT;
	struct text want = text_of(wanted);
	struct context_options options = { .store = f->store,
		                           .path = path,
		                           .remember = true,
		                           .wanted = wanted != NULL ? &want : NULL,
		                           .n_wanted = wanted != NULL };
	struct context *c;

	options.dir_fd = file_open_dir(AT_FDCWD, path, &err);
	assert_fine(options.dir_fd >= 0, &err);
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	return c;
}

static void
check_digest(struct context *c, const char *path, const char *content)
{
	struct error err = ERROR_INIT;
	const struct entry *e = tree_find(layer_tree(context_layer(c), &err),
	                                  text_of(path));
	struct digest got, want = digest_of(content, strlen(content));

	assert_non_null(e);
	assert_fine(context_file_digest(c, e, &got, &err) == 0, &err);
	assert_true(digest_equal(&got, &want));
}

/* Number of records in the index on disk. */
static size_t
remembered(struct fixture *f, const char *path)
{
	struct stat_index ix = STAT_INDEX_INIT;
	size_t n = 0;

	if (stat_index_open(&ix, f->store, path) && stat_index_end(&ix))
		n = ix.n_passed;
	stat_index_clear(&ix);
	return n;
}

static ino_t
index_inode(struct fixture *f, const char *path)
{
	struct digest d = digest_of(path, strlen(path));
	char hex[DIGEST_HEX_MAX];
	char *name = mem_print("contexts/%s", digest_hex(&d, hex));
	struct stat st = { 0 };

	fstatat(store_fd(f->store), name, &st, 0);
	free(name);
	return st.st_ino;
}

static void
settled_files_are_not_read_again(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context *c;
	struct error err = ERROR_INIT;
	const struct entry *e;
	struct digest got, want = digest_of("one", 3);

	context_fill(fd, "a=one\nb=two\n");
	context_wait_settled();
	c = scan(f, path, NULL);
	check_digest(c, "a", "one");
	check_digest(c, "b", "two");
	context_free(c);
	assert_int_equal(remembered(f, path), 2);

	/* A file that cannot be read shows that nobody tried. */
	c = scan(f, path, NULL);
	unlinkat(fd, "a", 0);
	e = tree_find(layer_tree(context_layer(c), &err), TEXT("a"));
	assert_fine(context_file_digest(c, e, &got, &err) == 0, &err);
	assert_true(digest_equal(&got, &want));
	context_free(c);
	close(fd);
}

static void
an_index_that_says_nothing_new_is_not_written(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context *c;
	ino_t before;

	context_fill(fd, "a=one\n");
	context_wait_settled();
	c = scan(f, path, NULL);
	check_digest(c, "a", "one");
	context_free(c);
	before = index_inode(f, path);
	assert_int_not_equal(before, 0);
	c = scan(f, path, NULL);
	check_digest(c, "a", "one");
	context_free(c);
	assert_int_equal(index_inode(f, path), before);
	close(fd);
}

/* Written in the same tick as the scan: a later write might not show. */
static void
fresh_files_are_not_remembered(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context *c;

	context_fill(fd, "a=one\n");
	c = scan(f, path, NULL);
	check_digest(c, "a", "one");
	context_free(c);
	assert_int_equal(remembered(f, path), 0);
	close(fd);
}

static void
changes_are_seen(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	struct timespec same[2] = { { .tv_sec = 100 }, { .tv_sec = 100 } };
	struct context *c;

	context_fill(fd, "a=one\nb=two\nc=one\n");
	for (const char *name = "abc"; *name != '\0'; name++)
		utimensat(fd, (char[]){ *name, '\0' }, same, 0);
	context_wait_settled();
	c = scan(f, path, NULL);
	check_digest(c, "a", "one");
	check_digest(c, "b", "two");
	check_digest(c, "c", "one");
	context_free(c);
	assert_int_equal(remembered(f, path), 3);

	/* Same size and time, other content: only ctime tells. */
	context_write(fd, "a", "eno");
	utimensat(fd, "a", same, 0);
	/* Another file in its place: inode and ctime tell. */
	assert_int_equal(renameat(fd, "c", fd, "b"), 0);
	c = scan(f, path, NULL);
	check_digest(c, "a", "eno");
	check_digest(c, "b", "one");
	context_free(c);
	close(fd);
}

static void
files_that_were_not_looked_at_stay_remembered(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context *c;

	context_fill(fd, "a/1=one\nb/2=two\nb/3=three\n");
	context_wait_settled();
	c = scan(f, path, "a");
	check_digest(c, "a/1", "one");
	context_free(c);
	c = scan(f, path, "b");
	check_digest(c, "b/2", "two");
	check_digest(c, "b/3", "three");
	context_free(c);
	assert_int_equal(remembered(f, path), 3);

	/* A look at everything forgets what is gone. */
	unlinkat(fd, "b/3", 0);
	c = scan(f, path, NULL);
	context_free(c);
	assert_int_equal(remembered(f, path), 2);
	close(fd);
}

static void
a_damaged_index_is_an_empty_one(void **state)
{
	struct fixture *f = *state;
	char path[128], hex[DIGEST_HEX_MAX], *name;
	int fd = context_dir_new(f, path);
	struct digest d = digest_of(path, strlen(path));
	struct error err = ERROR_INIT;
	struct buf bytes = BUF_INIT;
	struct context *c;

	context_fill(fd, "a=one\nbb=two\n");
	context_wait_settled();
	c = scan(f, path, NULL);
	check_digest(c, "a", "one");
	check_digest(c, "bb", "two");
	context_free(c);
	name = mem_print("contexts/%s", digest_hex(&d, hex));
	assert_int_equal(file_read(store_fd(f->store), name, 1 << 20, &bytes, &err), 1);
	for (size_t i = 0; i < bytes.n; i++) {
		bytes.p[i] ^= 1;
		file_replace(store_fd(f->store), name, bytes.p, bytes.n, 0644, &err);
		assert_int_equal(remembered(f, path), 0);
		bytes.p[i] ^= 1;
		file_replace(store_fd(f->store), name, bytes.p, i, 0644, &err);
		assert_int_equal(remembered(f, path), 0);
	}
	/* A scan of a part, which leaves the rest as it was, mends it too. */
	c = scan(f, path, "a");
	check_digest(c, "a", "one");
	context_free(c);
	assert_int_equal(remembered(f, path), 1);
	buf_clear(&bytes);
	free(name);
	close(fd);
}

static void
a_file_that_changes_between_scan_and_read_is_an_error(void **state)
{
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	struct error err = ERROR_INIT;
	const struct entry *e;
	struct digest got;
	struct context *c;

	context_fill(fd, "a=one\nb=two\nc=three\n");
	context_wait_settled();
	c = scan(f, path, NULL);
	context_write(fd, "a", "longer");
	e = tree_find(layer_tree(context_layer(c), &err), TEXT("a"));
	assert_int_equal(context_file_digest(c, e, &got, &err), -1);
	assert_int_equal(err.code, ERR_SOURCE);
	error_clear(&err);
	/* Same size: what is read counts, but it is not remembered. */
	context_write(fd, "b", "owt");
	check_digest(c, "b", "owt");
	check_digest(c, "c", "three");
	context_free(c);
	assert_int_equal(remembered(f, path), 1);
	close(fd);
}

static void
many_files_are_read_at_once(void **state)
{
	enum { FILES = 300 };
	struct fixture *f = *state;
	char path[128];
	int fd = context_dir_new(f, path);
	const struct entry *entries[FILES];
	struct error err = ERROR_INIT;
	const struct tree *t;
	struct context *c;

	for (int i = 0; i < FILES; i++) {
		char *name = mem_print("f%03d", i);

		context_write(fd, name, name);
		free(name);
	}
	c = scan(f, path, NULL);
	t = layer_tree(context_layer(c), &err);
	for (int i = 0; i < FILES; i++)
		entries[i] = &t->entries[i + 1];
	assert_fine(context_digest_files(c, entries, FILES, NULL, &err) == 0, &err);
	for (int i = 0; i < FILES; i++) {
		char *name = mem_print("f%03d", i);

		check_digest(c, name, name);
		free(name);
	}
	context_free(c);
	close(fd);
}

static void
settled_means_older_than_the_clocks_tick(void **state)
{
	static const struct {
		int64_t mtime_ns, ctime_ns, scan_ns;
		bool settled;
	} cases[] = {
		{ 1000000001, 1000000001, 2000000000, true },
		{ 1000000001, 1999999999, 2000000000, false },
		{ 1999999999, 1000000001, 2000000000, false },
		{ 1, 1979999998, 2000000000, true },
		{ 1, 1980000001, 2000000000, false },
		/* no fraction: perhaps a file system of whole or even seconds */
		{ 1, 1000000000, 2000000000, false },
		{ 1, 1000000000, 3500000000, true },
		/* from the future */
		{ 1, 9000000001, 2000000000, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scan_stat st = { .mtime_ns = cases[i].mtime_ns,
			                .ctime_ns = cases[i].ctime_ns };

		assert_int_equal(stat_is_settled(&st, cases[i].scan_ns),
		                 cases[i].settled);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(settled_files_are_not_read_again),
		fixture_test(an_index_that_says_nothing_new_is_not_written),
		fixture_test(fresh_files_are_not_remembered),
		fixture_test(changes_are_seen),
		fixture_test(files_that_were_not_looked_at_stay_remembered),
		fixture_test(a_damaged_index_is_an_empty_one),
		fixture_test(a_file_that_changes_between_scan_and_read_is_an_error),
		fixture_test(many_files_are_read_at_once),
		cmocka_unit_test(settled_means_older_than_the_clocks_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
