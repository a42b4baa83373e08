/* What a scan takes in: wanted sources, links on the way, ignore rules. */
#include "parser/ignore.h"
#include "tests/lib/context_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

struct scan_row {
	const char *name;
	const char *files;
	const char *wanted; /* blanks between; NULL: everything */
	const char *ignore; /* NULL: none */
	const char *expected;
};

#define TREE "a/1\na/2\na/b/3\nc/4\nd\n"

static const struct scan_row rows[] = {
	{ "everything", TREE, NULL, NULL, "a/\na/1\na/2\na/b/\na/b/3\nc/\nc/4\nd\n" },
	{ "everything by name", TREE, ".", NULL,
	  "a/\na/1\na/2\na/b/\na/b/3\nc/\nc/4\nd\n" },
	{ "nothing", TREE, "", NULL, "" },
	{ "a file", TREE, "d", NULL, "d\n" },
	{ "a file in a directory", TREE, "a/1", NULL, "a/\na/1\n" },
	{ "a directory", TREE, "a", NULL, "a/\na/1\na/2\na/b/\na/b/3\n" },
	{ "an absolute directory", TREE, "/a/b/", NULL, "a/\na/b/\na/b/3\n" },
	{ "two sources", TREE, "a/b c", NULL, "a/\na/b/\na/b/3\nc/\nc/4\n" },
	{ "a source in another", TREE, "a a/b", NULL, "a/\na/1\na/2\na/b/\na/b/3\n" },
	{ "a missing source", TREE, "x/y", NULL, "" },
	{ "below a file", TREE, "d/e", NULL, "" },
	{ "a star reads one level", "a.c\nb.c\nx/y.c\nx/z/w\n", "*.c", NULL,
	  "a.c\nb.c\n" },
	{ "a star that matches a directory takes all of it", "a.c\nx.c/y/z\nq/r\n", "*.c",
	  NULL, "a.c\nx.c/\nx.c/y/\nx.c/y/z\n" },
	{ "a star between names", "a/x/1\nb/x/2\nb/y/3\nc\n", "*/x", NULL,
	  "a/\na/x/\na/x/1\nb/\nb/x/\nb/x/2\n" },
	{ "a star below a name", TREE, "a/*", NULL, "a/\na/1\na/2\na/b/\na/b/3\n" },
	{ "two stars take everything below", TREE, "a/**/x", NULL,
	  "a/\na/1\na/2\na/b/\na/b/3\n" },
	{ "a class", "a1\na2\nb1\n", "a[1-9]", NULL, "a1\na2\n" },
	{ "a class that holds a slash", "a/b\nc\n", "[x/y]", NULL, "a/\na/b\nc\n" },
	{ "a link to a file", "a\nl>a\nz\n", "l", NULL, "a\nl>a\n" },
	{ "a link to a directory", "d/1\nl>d\nz\n", "l", NULL, "d/\nd/1\nl>d\n" },
	{ "a link among the parents", "d/1\nd/2\nl>d\nz\n", "l/1", NULL,
	  "d/\nd/1\nl>d\n" },
	{ "an absolute link stays inside", "d/1\nl>/d\n", "l", NULL, "d/\nd/1\nl>/d\n" },
	{ "a link that climbs stays inside", "d/1\nx/l>../../../d\n", "x/l", NULL,
	  "d/\nd/1\nx/\nx/l>../../../d\n" },
	{ "a chain of links", "d/1\nl>m\nm>n\nn>d\n", "l", NULL,
	  "d/\nd/1\nl>m\nm>n\nn>d\n" },
	{ "links that go round", "l>m\nm>l\n", "l", NULL, "l>m\nm>l\n" },
	{ "a link to itself and more", "l>l/x\n", "l", NULL, "l>l/x\n" },
	{ "a dangling link", "l>missing\n", "l", NULL, "l>missing\n" },
	{ "a link that a pattern matches", "a\nl1>a\nl2>b\nb\nz\n", "l?", NULL,
	  "a\nb\nl1>a\nl2>b\n" },
	{ "a link inside a wanted directory leads no further", "d/l>../x\nx\n", "d", NULL,
	  "d/\nd/l>../x\n" },
	{ "hard links", "a\nb&a\n", NULL, NULL, "a\nb&a\n" },
	{ "hard links whose first name is not wanted", "a\nb&a\nc&a\n", "b c", NULL,
	  "b\nc&b\n" },
	{ "order around a slash", "a/x\na.b\na-b\n", NULL, NULL, "a/\na/x\na-b\na.b\n" },

	{ "an ignored file", TREE, NULL, "d\n", "a/\na/1\na/2\na/b/\na/b/3\nc/\nc/4\n" },
	{ "an ignored directory", TREE, NULL, "a\n", "c/\nc/4\nd\n" },
	{ "ignored at any depth", TREE, NULL, "**/[34]\n",
	  "a/\na/1\na/2\na/b/\nc/\nd\n" },
	{ "ignored with an exception", TREE, NULL, "a\n!a/b\n",
	  "a/\na/b/\na/b/3\nc/\nc/4\nd\n" },
	{ "ignored with an exception for a file", TREE, NULL, "a\n!a/b/3\n",
	  "a/\na/b/\na/b/3\nc/\nc/4\nd\n" },
	{ "an exception that matches nothing", TREE, NULL, "a\n!a/x/y\n",
	  "c/\nc/4\nd\n" },
	{ "everything ignored but one", TREE, NULL, "*\n!c\n", "c/\nc/4\n" },
	{ "everything ignored but files of a kind", "a/x.md\na/y.c\nb/z.md\n", NULL,
	  "**\n!**/*.md\n", "a/\na/x.md\nb/\nb/z.md\n" },
	{ "the content but not the directory", TREE, NULL, "a/**\n", "a/\nc/\nc/4\nd\n" },
	{ "wanted and ignored", TREE, "a", "a/b\n", "a/\na/1\na/2\n" },
	{ "wanted below an ignored directory", TREE, "a/1", "a\n", "" },
	{ "wanted below an ignored directory with an exception", TREE, "a/1", "a\n!a/1\n",
	  "a/\na/1\n" },
	{ "a link to an ignored file", "a\nl>a\n", "l", "a\n", "l>a\n" },
	{ "an ignored link", "a\nl>a\n", "l", "l\n", "a\n" },
	{ "a pattern and ignored files", "a.c\nb.c\n", "*.c", "b.*\n", "a.c\n" },
};

struct word_list {
	ARRAY(struct text) list;
};

static void
split(const char *s, struct word_list *out)
{
	struct text rest = text_of(s);

	while (rest.n > 0) {
		ptrdiff_t blank = text_find(rest, ' ');

		array_push(&out->list,
		           blank < 0 ? rest : text_first(rest, (size_t)blank));
		rest = text_from(rest, blank < 0 ? rest.n : (size_t)blank + 1);
	}
}

static char *
scan_row(struct fixture *f, const struct scan_row *row)
{
	struct error err = ERROR_INIT;
	char path[128], *got;
	struct word_list wanted = { 0 };
	struct ignore *ignore = NULL;
	static const struct text nothing = { 0 };
	struct context_options options = { .store = f->store, .path = path };
	struct context *c;

	options.dir_fd = context_dir_new(f, path);
	context_fill(options.dir_fd, row->files);
	if (row->wanted != NULL) {
		split(row->wanted, &wanted);
		options.wanted = wanted.list.n > 0 ? wanted.list.at : &nothing;
		options.n_wanted = wanted.list.n;
	}
	if (row->ignore != NULL) {
		ignore = ignore_parse(text_of(row->ignore), ".dockerignore", &err);
		assert_fine(ignore != NULL, &err);
	}
	options.ignore = ignore;
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	got = context_print(c);
	context_free(c);
	ignore_free(ignore);
	array_clear(&wanted.list);
	return got;
}

static void
a_scan_reaches_as_far_as_sources_do(void **state)
{
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *got = scan_row(*state, &rows[i]);

		if (strcmp(got, rows[i].expected) != 0) {
			print_error("%s\nexpected:\n%sgot:\n%s\n", rows[i].name,
			            rows[i].expected, got);
			wrong++;
		}
		free(got);
	}
	assert_int_equal(wrong, 0);
}

/* An unreadable directory that is ignored must not even be opened. */
static void
ignored_directories_are_not_entered(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context_options options = { .store = f->store,
		                           .path = path,
		                           .dir_fd = fd };
	struct ignore *ignore = ignore_parse(TEXT("big\n"), "x", &err);
	struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct stat st;
	struct context *c;

	context_fill(fd, "big/x\nsmall\n");
	assert_int_equal(utimensat(fd, "big", old, 0), 0);
	options.ignore = ignore;
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	assert_int_equal(context_count(c), 2);
	/* Reading a directory would have moved its access time (relatime: it is not
	 * after the change). */
	assert_int_equal(fstatat(fd, "big", &st, 0), 0);
	assert_int_equal(st.st_atim.tv_sec, 1);
	context_free(c);
	ignore_free(ignore);
}

static void
metadata_is_kept_but_for_the_owner(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context_options options = { .store = f->store,
		                           .path = path,
		                           .dir_fd = fd };
	struct timespec times[2] = { { .tv_sec = 5 },
		                     { .tv_sec = 77, .tv_nsec = 999999999 } };
	const struct tree *t;
	const struct entry *e;
	struct context *c;

	context_fill(fd, "a=hello\nd/\n");
	if (fchownat(fd, "a", 12, 34, 0) < 0)
		print_message("not root: the owner is ours\n");
	assert_int_equal(fchmodat(fd, "a", 06751, 0), 0);
	assert_int_equal(utimensat(fd, "a", times, 0), 0);
	assert_int_equal(fchmodat(fd, "d", 01700, 0), 0);
	assert_int_equal(mkfifoat(fd, "p", 0600), 0);
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	t = layer_tree(context_layer(c), &err);
	e = tree_find(t, TEXT("a"));
	assert_int_equal(e->mode, 06751);
	assert_int_equal(e->uid, 0);
	assert_int_equal(e->gid, 0);
	assert_int_equal(e->mtime, 77);
	assert_int_equal(e->size, 5);
	assert_int_equal(tree_find(t, TEXT("d"))->mode, 01700);
	assert_int_equal(tree_find(t, TEXT("p"))->type, ENTRY_FIFO);
	context_free(c);
}

static void
a_socket_is_an_empty_file(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char path[128];
	int fd = context_dir_new(f, path),
	    s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct context_options options = { .store = f->store,
		                           .path = path,
		                           .dir_fd = fd };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct digest digest, empty = digest_of("", 0);
	const struct entry *e;
	struct context *c;

	snprintf(address.sun_path, sizeof address.sun_path, "%.80s/s", path);
	assert_int_equal(bind(s, (const struct sockaddr *)&address, sizeof address), 0);
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	e = tree_find(layer_tree(context_layer(c), &err), TEXT("s"));
	assert_int_equal(e->type, ENTRY_FILE);
	assert_int_equal(e->size, 0);
	assert_int_equal(context_file_digest(c, e, &digest, &err), 0);
	assert_true(digest_equal(&digest, &empty));
	context_free(c);
	close(s);
}

static void
many_directories_come_out_sorted(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context_options options = { .store = f->store,
		                           .path = path,
		                           .dir_fd = fd };
	const struct tree *t;
	struct context *c;

	for (int i = 0; i < 40; i++) {
		for (int k = 0; k < 10; k++) {
			char *name = mem_print("d%d/e%d/f", i, k);

			context_write(fd, name, "");
			free(name);
		}
	}
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	t = layer_tree(context_layer(c), &err);
	assert_int_equal(t->n, 1 + 40 + 400 + 400);
	for (size_t i = 1; i < t->n; i++)
		assert_true(path_compare(t->entries[i - 1].path, t->entries[i].path) < 0);
	context_free(c);
}

static void
a_commits_time_can_be_given_to_all(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	char path[128];
	int fd = context_dir_new(f, path);
	struct context_options options = { .store = f->store,
		                           .path = path,
		                           .dir_fd = fd,
		                           .has_mtime = true,
		                           .mtime = 99 };
	struct context *c;

	context_fill(fd, TREE);
	c = context_scan(&options, &err);
	assert_fine(c != NULL, &err);
	for (size_t i = 0; i < context_count(c); i++)
		assert_int_equal(layer_tree(context_layer(c), &err)->entries[i].mtime,
		                 99);
	context_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_scan_reaches_as_far_as_sources_do),
		fixture_test(ignored_directories_are_not_entered),
		fixture_test(metadata_is_kept_but_for_the_owner),
		fixture_test(a_socket_is_an_empty_file),
		fixture_test(many_directories_come_out_sorted),
		fixture_test(a_commits_time_can_be_given_to_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
