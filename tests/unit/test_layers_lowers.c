/* What overlays of layers are mounted from, when layers come more than once. */
#include <fcntl.h>
#include <sys/wait.h>

#include "base/cancel.h"
#include "base/text.h"
#include "layers/layer.h"
#include "layers/lowers.h"
#include "layers/plain_tree.h"
#include "tests/lib/layer_fixture.h"

enum { KINDS = 8, HEIGHT_MAX = 9, STACKS = 120 };

/* ------------------------------------------------------------ helpers */

static struct layer *
make_layer(struct fixture *f, const struct change *changes, size_t n)
{
	const struct layer_options options = { .forms = LAYER_DIR | LAYER_TAR,
		                               .epoch = -1 };
	struct error err = ERROR_INIT;
	struct layer *l = layer_from_changes(f->store, changes, n, &options, &err);

	assert_fine(l != NULL, &err);
	return l;
}

#define LAYER(f, ...)                                                                    \
	make_layer(f, (const struct change[]){ __VA_ARGS__ },                            \
	           sizeof((const struct change[]){ __VA_ARGS__ }) /                      \
	                   sizeof(struct change))

/* Layers that make, replace and remove the same few names. */
static void
make_kinds(struct fixture *f, struct layer *kinds[KINDS])
{
	struct change opaque = a_dir("d", 0711), made = a_dir("d/sub", 0750);

	opaque.entry.opaque = true;
	kinds[0] = LAYER(f, a_file("f", 0644, "x"));
	kinds[1] = LAYER(f, an_entry("f", ENTRY_WHITEOUT, 0, NULL));
	kinds[2] = LAYER(f, a_dir("d", 0755), a_file("d/a", 0600, "a"), made,
	                 a_file("d/sub/b", 0644, "b"));
	kinds[3] = LAYER(f, opaque, a_file("d/c", 0644, "c"));
	kinds[4] = LAYER(f, a_dir("d", 0700), an_entry("d/a", ENTRY_WHITEOUT, 0, NULL));
	kinds[5] = LAYER(f, a_file("d", 0644, "no directory"));
	kinds[6] = make_layer(f, NULL, 0);
	kinds[7] = LAYER(f, a_dir("d", 0755), a_dir("d/sub", 0700),
	                 an_entry("d/sub/b", ENTRY_SYMLINK, 0777, "../a"));
}

static void
lay(const char *layer_dir, int to_fd)
{
	struct error err = ERROR_INIT;
	auto_fd int from_fd = file_open_dir(AT_FDCWD, layer_dir, &err);

	assert_fine(from_fd >= 0, &err);
	assert_fine(plain_tree_apply(from_fd, to_fd, NULL, &err) == 0, &err);
}

/* A new directory of F, opened. */
static int
new_dir(const struct fixture *f, const char *name)
{
	auto_free char *path = mem_print("%s/%s", f->path, name);
	struct error err = ERROR_INIT;
	int fd = -1;

	file_remove_tree(AT_FDCWD, path, &err);
	assert_int_equal(mkdir(path, 0755), 0);
	fd = file_open_dir(AT_FDCWD, path, &err);
	assert_fine(fd >= 0, &err);
	return fd;
}

static int
sh(const char *dir, const char *script)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (chdir(dir) == 0)
			execl("/bin/sh", "sh", "-ec", script, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void
assert_once_each(const struct lowers *l)
{
	for (size_t i = 0; i < l->list.n; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(l->list.at[i], l->list.at[k]);
}

/* The lowers of LAYERS show what all of them show, one over the other. */
static void
assert_shows_all(struct fixture *f, struct layer *const *layers, size_t n)
{
	auto_fd int all_fd = new_dir(f, "all"), shown_fd = new_dir(f, "shown");
	auto_lowers struct lowers lowers = { 0 };
	struct error err = ERROR_INIT;

	assert_fine(layers_lowers(f->store, layers, n, NULL, &lowers, &err) == 0, &err);
	assert_once_each(&lowers);
	for (size_t i = 0; i < n; i++)
		lay(layer_dir(layers[i]), all_fd);
	for (size_t i = lowers.list.n; i-- > 0;)
		lay(lowers.list.at[i], shown_fd);
	assert_int_equal(sh(f->path,
	                    "for d in all shown; do (cd $d; find . -mindepth 1 -printf "
	                    "'%P %y %m %l\\n' | sort; find . -type f -exec cat {} +) "
	                    ">$d.list; done; diff -u all.list shown.list >&2"),
	                 0);
}

/* ------------------------------------------------------------ tests */

static void
a_layer_that_comes_again_has_one_place(void **state)
{
	struct fixture *f = *state;
	struct layer *kinds[KINDS], *stack[HEIGHT_MAX];
	unsigned seed = 4711;

	make_kinds(f, kinds);
	for (unsigned k = 0; k < STACKS; k++) {
		size_t n = 2 + (seed >> 16) % (HEIGHT_MAX - 1);

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			stack[i] = kinds[(seed >> 16) % KINDS];
		}
		assert_shows_all(f, stack, n);
	}
}

static void
very_many_layers_of_a_few_are_few(void **state)
{
	struct fixture *f = *state;
	struct layer *kinds[KINDS], *stack[1000];
	auto_lowers struct lowers lowers = { 0 };
	struct error err = ERROR_INIT;

	make_kinds(f, kinds);
	for (size_t i = 0; i < 1000; i++)
		stack[i] = kinds[i % 3];
	assert_fine(layers_lowers(f->store, stack, 1000, NULL, &lowers, &err) == 0, &err);
	assert_int_equal(lowers.list.n, 3);
}

static void
among_layers_that_are_merged_one_may_come_again(void **state)
{
	struct fixture *f = *state;
	struct layer *kinds[KINDS];
	enum { N = 1003 };
	struct layer **stack = mem_new_n(N, sizeof(struct layer *));

	make_kinds(f, kinds);
	for (size_t i = 0; i < N; i++) {
		auto_free char *name = mem_print("n%zu", i);

		/* Every tenth repeats, over and below what is merged. */
		stack[i] = i % 10 == 3 ? kinds[i / 10 % KINDS]
		                       : LAYER(f, a_file(name, 0644, name));
	}
	assert_shows_all(f, stack, N);
	free(stack);
}

/* The patch over implied directories may be a layer that is there already. */
static void
a_patch_that_is_one_of_the_layers_has_one_place(void **state)
{
	struct fixture *f = *state;
	struct layer *stack[] = { LAYER(f, a_dir("tmp", 01777)),
		                  LAYER(f, a_file("tmp/x", 0644, "x")),
		                  LAYER(f, a_dir("tmp", 01777)) };
	auto_lowers struct lowers lowers = { 0 };
	struct error err = ERROR_INIT;

	assert_ptr_equal(stack[0], stack[2]);
	assert_fine(layers_lowers(f->store, stack, 2, NULL, &lowers, &err) == 0, &err);
	assert_int_equal(lowers.list.n, 2);
	assert_string_equal(lowers.list.at[0], layer_dir(stack[0]));
	lowers_clear(&lowers);
	assert_fine(layers_lowers(f->store, stack, 3, NULL, &lowers, &err) == 0, &err);
	assert_once_each(&lowers);
	assert_string_equal(lowers.list.at[0], layer_dir(stack[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_layer_that_comes_again_has_one_place),
		fixture_test(very_many_layers_of_a_few_are_few),
		fixture_test(among_layers_that_are_merged_one_may_come_again),
		fixture_test(a_patch_that_is_one_of_the_layers_has_one_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
