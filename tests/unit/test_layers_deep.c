/* Directories nested as deep as a path can be, and deeper, for every walk there is. */
#include "layers/plain_tree.h"
#include "tests/lib/context_fixture.h"

#include <sys/resource.h>

#include "layers/diff_upper.h"
#include "layers/view_state.h"

/* "d/d/…/d" of that many has just the length that a path may have. */
#define DEEPEST 2048

static const int too_deep[] = { DEEPEST + 1, 10000 };

/* A directory NAME with DEPTH directories in one another. */
static int
make_deep(struct fixture *f, const char *name, int depth)
{
	auto_free char *top = mem_print("%s/%s", f->path, name);
	int fd = mkdir(top, 0755) < 0 ? -1
	                              : open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    here = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	for (int i = 0; i < depth && here >= 0; i++) {
		int next = mkdirat(here, "d", 0755) < 0
		                   ? -1
		                   : openat(here, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);

		close(here);
		here = next;
	}
	assert_true(here >= 0);
	close(here);
	return fd;
}

static void
remove_deep(struct fixture *f, const char *name, int fd)
{
	auto_free char *top = mem_print("%s/%s", f->path, name);
	struct error err = ERROR_INIT;

	close(fd);
	assert_fine(file_remove_tree(AT_FDCWD, top, &err) == 0, &err);
}

/* ------------------------------------------------------------ walks */

static int
take_diff(struct fixture *f, int fd, const char *name, struct error *err)
{
	struct diff diff = DIFF_INIT;
	int failed = diff_upper(fd, NULL, NULL, -1, &diff, NULL, err);

	(void)f;
	(void)name;
	diff_clear(&diff);
	return failed;
}

static int
note_tree(struct fixture *f, int fd, const char *name, struct error *err)
{
	auto_free char *top = mem_print("%s/%s", f->path, name);
	struct plain_tree *t = plain_tree_new(top, err);
	int failed = t == NULL ? -1 : plain_tree_note(t, NULL, err);

	(void)fd;
	plain_tree_free(t);
	return failed;
}

static int
copy_out_of_tree(struct fixture *f, int fd, const char *name, struct error *err)
{
	auto_free char *top = mem_print("%s/%s", f->path, name);
	struct plain_tree *t = plain_tree_new(top, err);
	int upper_fd = make_deep(f, "upper", 0);
	int failed = t == NULL ? -1 : plain_tree_diff(t, upper_fd, NULL, err);

	(void)fd;
	plain_tree_free(t);
	remove_deep(f, "upper", upper_fd);
	return failed;
}

static int
apply_to_tree(struct fixture *f, int fd, const char *name, struct error *err)
{
	int to_fd = make_deep(f, "to", 0),
	    failed = plain_tree_apply(fd, to_fd, NULL, err);

	(void)name;
	remove_deep(f, "to", to_fd);
	return failed;
}

static int
scan_context(struct fixture *f, int fd, const char *name, struct error *err)
{
	auto_free char *top = mem_print("%s/%s", f->path, name);
	struct context_options options = { .store = f->store,
		                           .path = top,
		                           .dir_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0) };
	struct context *c = context_scan(&options, err);

	if (c == NULL)
		close(options.dir_fd);
	context_free(c);
	return c == NULL ? -1 : 0;
}

static const struct {
	const char *name;
	int (*walk)(struct fixture *f, int fd, const char *name, struct error *err);
} walks[] = {
	{ "the upper directory of a step", take_diff },
	{ "a plain tree", note_tree },
	{ "what changed in a plain tree", copy_out_of_tree },
	{ "a layer laid over a plain tree", apply_to_tree },
	{ "a context", scan_context },
};

/* Three descriptors for each level are the most that a walk holds. */
static void
need_descriptors(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > 3 * DEEPEST + 64)
		return;
	print_message("needs more open files than ulimit -Hn allows\n");
	skip();
}

static void
the_deepest_path_is_walked(void **state)
{
	struct fixture *f = *state;

	need_descriptors();
	for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
		struct error err = ERROR_INIT;
		int fd = make_deep(f, "deep", DEEPEST);

		if (walks[i].walk(f, fd, "deep", &err) < 0)
			fail_msg("%s: %s", walks[i].name, err.text);
		remove_deep(f, "deep", fd);
	}
}

static void
deeper_ones_are_refused(void **state)
{
	struct fixture *f = *state;

	need_descriptors();
	for (size_t d = 0; d < sizeof too_deep / sizeof *too_deep; d++) {
		int fd = make_deep(f, "deep", too_deep[d]);

		for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
			auto_error struct error err = ERROR_INIT;

			if (walks[i].walk(f, fd, "deep", &err) == 0)
				fail_msg("%s: %d is not refused", walks[i].name,
				         too_deep[d]);
			assert_int_equal(err.code, ERR_SOURCE);
			assert_non_null(strstr(err.text, "more than the 4095"));
			assert_true(strlen(err.text) < 300);
		}
		remove_deep(f, "deep", fd);
	}
}

/* ------------------------------------------------------------ changes */

static void
a_layer_has_no_longer_path(void **state)
{
	static const struct {
		size_t n;
		bool fine;
	} rows[] = { { 255, true }, { 4095, true }, { 4096, false }, { 100000, false } };
	struct fixture *f = *state;
	struct layer_options options = { .forms = LAYER_TAR, .epoch = -1 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf path = BUF_INIT;
		struct change c;
		struct layer *l = NULL;

		while (path.n < rows[i].n)
			buf_add_str(&path, path.n % 2 == 0 ? "d" : "/");
		c = a_file(buf_str(&path), 0644, "");
		if (buf_str(&path)[path.n - 1] == '/')
			c.entry.path = text_first(c.entry.path, path.n);
		l = layer_from_changes(f->store, &c, 1, &options, &err);
		assert_int_equal(l != NULL, rows[i].fine);
		assert_int_equal(err.code, rows[i].fine ? ERR_NONE : ERR_SOURCE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(the_deepest_path_is_walked),
		fixture_test(deeper_ones_are_refused),
		fixture_test(a_layer_has_no_longer_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
