/* Stacked layers seen as one file system. */
#include "layers/archive.h"
#include "layers/layer.h"
#include "layers/lowers.h"
#include "layers/view_write.h"
#include "tests/lib/layer_fixture.h"

#include "layers/content_reader.h"
#include "layers/view_state.h"

#define LAYERS_MAX 4

/*
 * A layer as words: f=file d=directory O=opaque directory w=whiteout l=link h=hard
 * link, then ":" and the path, then for links ">" and the target. A file's content
 * is the number of its layer.
 */
static struct layer *
layer_of(struct fixture *f, const char *words, int number)
{
	struct layer_options options = { .forms = LAYER_TAR, .epoch = -1 };
	struct error err = ERROR_INIT;
	struct change changes[16] = { 0 };
	struct text rest = text_of(words), word;
	static const char digits[] = "0123";
	struct layer *l;
	size_t n = 0;

	while (rest.n > 0) {
		ptrdiff_t blank = text_find(rest, ' '), arrow;
		struct entry *e = &changes[n].entry;

		word = text_first(rest, blank < 0 ? rest.n : (size_t)blank);
		rest = text_from(rest, blank < 0 ? rest.n : word.n + 1);
		e->path = text_from(word, 2);
		arrow = text_find(e->path, '>');
		if (arrow >= 0) {
			e->link = text_from(e->path, (size_t)arrow + 1);
			e->path = text_first(e->path, (size_t)arrow);
		}
		e->type = word.p[0] == 'f'   ? ENTRY_FILE
		          : word.p[0] == 'w' ? ENTRY_WHITEOUT
		          : word.p[0] == 'l' ? ENTRY_SYMLINK
		          : word.p[0] == 'h' ? ENTRY_HARDLINK
		                             : ENTRY_DIR;
		e->opaque = word.p[0] == 'O';
		e->mode = (uint16_t)(0700 + number);
		if (e->type == ENTRY_FILE) {
			e->size = 1;
			changes[n].content.kind = CONTENT_MEMORY;
			changes[n].content.memory = (struct text){ digits + number, 1 };
		}
		n++;
	}
	l = layer_from_changes(f->store, changes, n, &options, &err);
	assert_fine(l != NULL, &err);
	return l;
}

static struct view *
view_of(struct fixture *f, const char *const layers[LAYERS_MAX])
{
	struct layer *made[LAYERS_MAX];
	struct error err = ERROR_INIT;
	struct view *v;
	size_t n = 0;

	for (; n < LAYERS_MAX && layers[n] != NULL; n++)
		made[n] = layer_of(f, layers[n], (int)n);
	v = view_new(made, n, &err);
	assert_fine(v != NULL, &err);
	return v;
}

static int
print_entry(void *arg, struct text path, const struct view_entry *found,
            struct error *err)
{
	struct buf *out = arg;

	(void)err;
	if (out->n > 0)
		buf_add_char(out, ' ');
	if (found->entry == NULL)
		buf_add_char(out, 'i');
	else
		buf_print(out, "%c%u", "fdlhcbpw"[found->entry->type],
		          found -> entry -> mode & 7);
	buf_print(out, ":%.*s", (int)path.n, path.p);
	return 0;
}

/* ------------------------------------------------------------ stacks */

struct stack {
	const char *layers[LAYERS_MAX];
	const char *all; /* "type and layer:path …", i for implied */
};

static const struct stack stacks[] = {
	{ { NULL }, "i:" },
	{ { "d:a f:a/b f:c" }, "i: d0:a f0:a/b f0:c" },
	{ { "d:a f:a/b", "d:a f:a/c" }, "i: d1:a f0:a/b f1:a/c" },
	{ { "d:a f:a/b", "d:a w:a/b" }, "i: d1:a" },
	{ { "d:a f:a/b", "w:a" }, "i:" },
	{ { "d:a f:a/b", "w:a", "d:a f:a/c" }, "i: d2:a f2:a/c" },
	{ { "d:a f:a/b", "O:a f:a/c" }, "i: d1:a f1:a/c" },
	{ { "d:a f:a/b", "O:a" }, "i: d1:a" },
	{ { "d:a f:a/b", "O:a", "d:a f:a/c" }, "i: d2:a f2:a/c" },
	{ { "d:a d:a/d f:a/d/e", "O:a d:a/d" }, "i: d1:a d1:a/d" },
	{ { "d:a f:a/b", "f:a" }, "i: f1:a" },
	{ { "d:a f:a/b", "l:a>b" }, "i: l1:a" },
	{ { "f:a", "d:a f:a/b" }, "i: d1:a f1:a/b" },
	{ { "d:a f:a/b", "f:a", "d:a f:a/c" }, "i: d2:a f2:a/c" },
	/* Directories without an entry. */
	{ { "f:a/b/c" }, "i: i:a i:a/b f0:a/b/c" },
	{ { "d:a d:a/b", "f:a/b/c" }, "i: d0:a d0:a/b f1:a/b/c" },
	{ { "f:a", "f:a/b" }, "i: i:a f1:a/b" },
	{ { "w:a", "f:a/b" }, "i: i:a f1:a/b" },
	{ { "d:a f:a/x", "w:a", "f:a/b" }, "i: i:a f2:a/b" },
	/* Only whiteouts below. */
	{ { "f:x", "w:a/b/c" }, "i: i:a i:a/b f0:x" },
	/* Order: a directory's children come before what sorts after its name. */
	{ { "d:a f:a/b f:a.b f:a0", "f:a-b" }, "i: d0:a f0:a/b f1:a-b f0:a.b f0:a0" },
	{ { "f:b", "f:a", "f:c" }, "i: f1:a f0:b f2:c" },
	{ { "d:d f:d/a f:d/c", "d:d f:d/b", "d:d w:d/c" }, "i: d2:d f0:d/a f1:d/b" },
};

static void
every_stack_looks_as_expected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
		struct view *v = view_of(*state, stacks[i].layers);
		struct error err = ERROR_INIT;
		struct buf out = BUF_INIT;

		assert_fine(view_each(v, TEXT(""), print_entry, &out, &err) == 0, &err);
		if (strcmp(out.p, stacks[i].all) != 0)
			fail_msg("stack %zu: %s, wanted %s", i, out.p, stacks[i].all);
		buf_clear(&out);
		view_free(v);
	}
}

/* view_find() and view_children() must say what view_each() says. */
static int
find_again(void *arg, struct text path, const struct view_entry *found, struct error *err)
{
	const struct view *v = arg;
	struct view_entry again = { 0 };

	(void)err;
	if (view_find(v, path, &again) != 1 || again.entry != found->entry ||
	    again.layer != found->layer)
		fail_msg("%.*s is found otherwise", (int)path.n, path.p);
	return 0;
}

static void
list_again(const struct view *v, struct text path, struct buf *out)
{
	struct view_names names = { 0 };
	struct view_entry found;
	struct buf child = BUF_INIT;
	struct error err = ERROR_INIT;

	assert_int_equal(view_find(v, path, &found), 1);
	print_entry(out, path, &found, &err);
	view_children(v, path, &names);
	for (size_t i = 0; i < names.list.n; i++) {
		buf_truncate(&child, 0);
		buf_add_text(&child, path);
		if (path.n > 0)
			buf_add_char(&child, '/');
		buf_add_text(&child, names.list.at[i]);
		list_again(v, buf_text(&child), out);
	}
	array_clear(&names.list);
	buf_clear(&child);
}

static void
finding_listing_and_walking_agree(void **state)
{
	for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
		struct view *v = view_of(*state, stacks[i].layers);
		struct error err = ERROR_INIT;
		struct buf out = BUF_INIT;
		struct view_entry found;

		assert_fine(view_each(v, TEXT(""), find_again, v, &err) == 0, &err);
		list_again(v, TEXT(""), &out);
		assert_string_equal(out.p, stacks[i].all);
		assert_int_equal(view_find(v, TEXT("not/there"), &found), 0);
		buf_clear(&out);
		view_free(v);
	}
}

static void
what_a_stack_hides_is_not_found(void **state)
{
	static const struct {
		const char *layers[LAYERS_MAX];
		const char *path;
	} cases[] = {
		{ { "d:a f:a/b", "w:a" }, "a" },
		{ { "d:a f:a/b", "w:a" }, "a/b" },
		{ { "d:a f:a/b", "f:a" }, "a/b" },
		{ { "d:a f:a/b", "O:a" }, "a/b" },
		{ { "d:a f:a/b", "l:a>c" }, "a/b" },
		{ { "f:a" }, "a/b" },
		{ { "d:a f:a/b", "w:a", "f:x" }, "a/b" },
		{ { "d:aa f:aa/b" }, "a" },
		{ { "f:a/b/c", "w:a/b" }, "a/b/c" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct view *v = view_of(*state, cases[i].layers);
		struct view_names names = { 0 };
		struct view_entry found;

		assert_int_equal(view_find(v, text_of(cases[i].path), &found), 0);
		assert_int_equal(view_children(v, text_of(cases[i].path), &names), 0);
		view_free(v);
	}
}

/* ------------------------------------------------------------ links */

static void
links_are_followed_inside_the_root(void **state)
{
	static const char *const layers[LAYERS_MAX] = {
		"d:a d:a/b f:a/b/f l:abs>/a/b l:dangling>a/none/x l:dots>../../a l:l1>l2 "
		"l:l2>a/b l:loop>loop l:rel>a/../a/b",
		"d:a l:a/up>../rel l:last>a/b/f"
	};
	static const struct {
		const char *path;
		const char *want; /* NULL: too many links */
	} cases[] = {
		{ "", "" },
		{ "a/b/f", "a/b/f" },
		{ "abs", "a/b" },
		{ "rel/f", "a/b/f" },
		{ "dots/b", "a/b" },
		{ "l1/f", "a/b/f" },
		{ "dangling", "a/none/x" },
		{ "dangling/y", "a/none/x/y" },
		{ "not/there", "not/there" },
		{ "a/up/f", "a/b/f" },
		{ "last", "a/b/f" },
		{ "../../a/./b//f", "a/b/f" },
		{ "abs/..", "a" },
		{ "/abs/", "a/b" },
		{ "loop", NULL },
		{ "not/../abs", "a/b" },
		{ "a/b/f/../f", "a/b/f" },
	};
	struct view *v = view_of(*state, layers);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = ERROR_INIT;
		char *got = NULL;
		int status = view_resolve(v, text_of(cases[i].path), &got, &err);

		if (cases[i].want == NULL) {
			assert_int_equal(status, -1);
			assert_int_equal(err.code, ERR_SOURCE);
			error_clear(&err);
			continue;
		}
		assert_fine(status == 0, &err);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s, wanted %s", cases[i].path, got, cases[i].want);
		free(got);
	}
	view_free(v);
}

/* ------------------------------------------------------------ contents */

static void
files_are_read_through_hard_links(void **state)
{
	static const char *const layers[LAYERS_MAX] = { "f:a h:b>a d:d l:s>a",
		                                        "w:a f:c" };
	struct view *v = view_of(*state, layers);
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;

	assert_int_equal(view_read(v, TEXT("b"), 10, &out, &err), 1);
	assert_int_equal(view_read(v, TEXT("c"), 10, &out, &err), 1);
	assert_string_equal(out.p, "01");
	assert_int_equal(view_read(v, TEXT("a"), 10, &out, &err), 0);
	assert_int_equal(view_read(v, TEXT("s"), 10, &out, &err), 0);
	assert_int_equal(view_read(v, TEXT("d"), 10, &out, &err), 0);
	assert_int_equal(view_read(v, TEXT("c"), 0, &out, &err), -1);
	error_clear(&err);
	buf_clear(&out);
	view_free(v);
}

static int
to_fd(void *arg, const void *bytes, size_t n, struct error *err)
{
	return file_write_all(*(int *)arg, bytes, n, err);
}

/* The merged tar, and its names and links. */
static void
a_merged_tar_has_each_file_once(void **state)
{
	static const char *const layers[LAYERS_MAX] = {
		"d:d f:d/a h:d/b>d/a h:d/c>d/a f:z", "d:d w:d/a f:e"
	};
	struct fixture *f = *state;
	struct view *v = view_of(f, layers);
	struct archive_index *a = NULL;
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	char *path = mem_print("%s/merged.tar", f->path);
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_fine(view_write_tar(&(struct view_part){ v, "" }, 1, to_fd, &fd, -1, NULL,
	                           &err) == 0,
	            &err);
	assert_fine(
	        archive_open(f->store, fd, &(struct archive_options){ 0 }, &a, &err) == 1,
	        &err);
	for (size_t i = 0; i < archive_count(a); i++) {
		struct change c;

		archive_get(a, i, &c);
		buf_print(&out, "%c:%.*s", "fdlhcbpw"[c.entry.type], (int)c.entry.path.n,
		          c.entry.path.p);
		if (c.entry.link.n > 0)
			buf_print(&out, ">%.*s", (int)c.entry.link.n, c.entry.link.p);
		if (c.content.kind != CONTENT_NONE) {
			buf_add_char(&out, '=');
			assert_fine(content_read(&c.content, 10, &out, &err) == 0, &err);
		}
		buf_add_char(&out, ' ');
	}
	assert_string_equal(out.p, "d:d f:d/b=0 h:d/c>d/b f:e=1 f:z=0 ");
	archive_close(a);
	close(fd);
	free(path);
	buf_clear(&out);
	view_free(v);
}

static void
a_merged_directory_keeps_what_was_there(void **state)
{
	static const char *const layers[LAYERS_MAX] = { "d:d f:d/a h:d/b>d/a f:old",
		                                        "d:d w:d/a f:e" };
	struct fixture *f = *state;
	struct view *v = view_of(f, layers);
	struct error err = ERROR_INIT;
	char *path = mem_print("%s/out", f->path);
	struct stat st;
	int fd;

	assert_int_equal(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	free(path);
	close(openat(fd, "mine", O_CREAT | O_WRONLY, 0600));
	close(openat(fd, "old", O_CREAT | O_WRONLY, 0600));
	assert_fine(view_write_dir(v, fd, false, -1, NULL, &err) == 0, &err);
	assert_int_equal(fstatat(fd, "mine", &st, 0), 0);
	assert_int_equal(fstatat(fd, "d/b", &st, 0), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(fstatat(fd, "d/a", &st, 0), -1);
	assert_int_equal(fstatat(fd, "old", &st, 0), 0);
	assert_int_equal(st.st_size, 1);
	close(fd);
	view_free(v);
}

/* print_tree() of the patch, without what does not matter; "" if none is needed. */
static void
directories_without_entries_do_not_cover_others(void **state)
{
	static const struct {
		const char *layers[LAYERS_MAX];
		const char *patch;
	} cases[] = {
		{ { "d:a f:a/b" }, "" },
		{ { "f:a/b" }, "" },
		{ { "d:a d:a/b", "d:a d:a/b f:a/b/c" }, "" },
		{ { "d:a d:a/b", "f:a/b/c" }, "d0:a d0:a/b " },
		{ { "d:a d:a/b", "f:a/b/c", "d:a" }, "d2:a d0:a/b " },
		{ { "d:a d:a/b", "f:a/b/c", "d:a d:a/b" }, "" },
		{ { "d:a d:a/b", "f:a/b/c", "w:a" }, "" },
		{ { "d:x", "f:y/z" }, "" },
		{ { "d:a d:b", "f:a/1 f:a/2 f:b/1", "f:c/1" }, "d0:a d0:b " },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct layer *layers[LAYERS_MAX], *patch = NULL;
		struct error err = ERROR_INIT;
		struct buf out = BUF_INIT;
		size_t n = 0;
		int status;

		for (; n < LAYERS_MAX && cases[i].layers[n] != NULL; n++)
			layers[n] = layer_of(*state, cases[i].layers[n], (int)n);
		status = layer_patch(((struct fixture *)*state)->store, layers, n, &patch,
		                     &err);
		assert_fine(status >= 0, &err);
		assert_int_equal(status, cases[i].patch[0] != '\0');
		for (size_t k = 0; status == 1 && k < layer_tree(patch, &err)->n; k++) {
			const struct entry *e = &layer_tree(patch, &err)->entries[k];

			buf_print(&out, "%c%u:%s ", "fdlhcbpw"[e->type], e -> mode & 7,
			          e -> path.p);
		}
		assert_string_equal(buf_str(&out), cases[i].patch);
		assert_true(status == 0 || layer_has(patch, LAYER_DIR));
		buf_clear(&out);
	}
}

/* 460 layers, each with a file of its own: two fewer directories than fit are left. */
static void
the_lowest_of_very_many_layers_are_merged(void **state)
{
	enum { N = 460, MERGED = 400 };
	struct store *st = ((struct fixture *)*state)->store;
	struct layer *layers[N + 1];
	struct error err = ERROR_INIT;
	struct lowers lowers = { 0 }, again = { 0 };
	struct stat found;
	char *path;

	for (int i = 0; i < N; i++) {
		char spec[32];

		snprintf(spec, sizeof spec, i == 300 ? "f:f%d w:f7" : "f:f%d", i);
		layers[i] = layer_of(*state, spec, i % 4);
	}
	layers[N] = layer_of(*state, "", 0);
	assert_fine(layers_lowers(st, layers, 100, NULL, &lowers, &err) == 0, &err);
	assert_int_equal(lowers.list.n, 100);
	lowers_clear(&lowers);
	assert_fine(layers_lowers(st, layers, N + 1, NULL, &lowers, &err) == 0, &err);
	assert_int_equal(lowers.list.n, N - MERGED + 1);
	assert_string_equal(lowers.list.at[0], layer_dir(layers[N - 1]));
	path = mem_print("%s/f399", lowers.list.at[N - MERGED]);
	assert_int_equal(stat(path, &found), 0);
	free(path);
	path = mem_print("%s/f7", lowers.list.at[N - MERGED]);
	assert_int_equal(stat(path, &found), -1);
	free(path);
	assert_fine(layers_lowers(st, layers, N, NULL, &again, &err) == 0, &err);
	assert_string_equal(again.list.at[N - MERGED], lowers.list.at[N - MERGED]);
	lowers_clear(&lowers);
	lowers_clear(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(every_stack_looks_as_expected),
		fixture_test(finding_listing_and_walking_agree),
		fixture_test(what_a_stack_hides_is_not_found),
		fixture_test(links_are_followed_inside_the_root),
		fixture_test(files_are_read_through_hard_links),
		fixture_test(directories_without_entries_do_not_cover_others),
		fixture_test(the_lowest_of_very_many_layers_are_merged),
		fixture_test(a_merged_tar_has_each_file_once),
		fixture_test(a_merged_directory_keeps_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
