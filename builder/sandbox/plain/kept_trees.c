#include "builder/sandbox/plain/kept_trees.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/listing.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/plain_tree.h"

enum {
	KEPT_MAX = 4, /* each is as large as its image */
	NAME_DIGITS = 32,
	STACK_MAX = 256 * 1024,
};

#define STACK_NAME "stack"

/* One kept tree. */
struct kept {
	char name[NAME_DIGITS + 1];
	int64_t left_ns; /* when it was left there */
	struct stack stack;
};

struct kept_list {
	ARRAY(struct kept) list;
};

static void
list_clear(struct kept_list *l)
{
	for (size_t i = 0; i < l->list.n; i++)
		stack_clear(&l->list.at[i].stack);
	array_clear(&l->list);
}
#define auto_list __attribute__((cleanup(list_clear)))

static void
print_first_line(const struct kept_trees *k, struct buf *out)
{
	buf_print(out, "cooper 1 ids %d\n", (int)k->mapping);
}

/* A tree without a readable stack is useless, and is removed first. */
static void
read_stack(const struct kept_trees *k, int dir_fd, struct kept *kept)
{
	auto_free char *name = mem_print("%s/" STACK_NAME, kept->name);
	auto_free char *tree = mem_print("%s/" KEPT_TREE, kept->name);
	auto_buf struct buf bytes = BUF_INIT, first = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct stack stack = { 0 };
	struct statx x;

	print_first_line(k, &first);
	if (file_read(dir_fd, name, STACK_MAX, &bytes, &ignored) > 0 &&
	    statx(dir_fd, tree, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x) == 0 &&
	    text_starts(buf_text(&bytes), buf_str(&first)) &&
	    stack_parse(&stack, text_from(buf_text(&bytes), first.n), x.stx_dev_major,
	                x.stx_dev_minor))
		kept->stack = stack;
	else
		stack_clear(&stack);
}

static void
list_kept(const struct kept_trees *k, int dir_fd, struct kept_list *out)
{
	auto_listing struct listing list = listing_open(dir_fd, ".");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL) {
		struct kept *kept = NULL;
		struct stat st;

		if (strspn(name, "0123456789abcdef") != NAME_DIGITS ||
		    name[NAME_DIGITS] != '\0' ||
		    fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		kept = array_add(&out->list);
		memcpy(kept->name, name, NAME_DIGITS);
		kept->left_ns = clock_mtime_ns(&st);
		read_stack(k, dir_fd, kept);
	}
}

/* ------------------------------------------------------------ taking */

/* Whether A is nearer to WANTED than B: it has more of its layers, or fewer others, or is
 * younger. */
static bool
is_nearer(const struct kept *a, const struct kept *b, const struct stack *wanted)
{
	const size_t n_a = stack_common(&a->stack, wanted),
	             n_b = stack_common(&b->stack, wanted);

	if (n_a != n_b)
		return n_a > n_b;
	if (a->stack.list.n != b->stack.list.n)
		return a->stack.list.n < b->stack.list.n;
	return a->left_ns > b->left_ns;
}

static struct kept *
nearest(struct kept_list *l, const struct stack *wanted)
{
	struct kept *best = NULL;

	for (size_t i = 0; i < l->list.n; i++) {
		struct kept *kept = &l->list.at[i];

		if (stack_common(&kept->stack, wanted) > 0 &&
		    (best == NULL || is_nearer(kept, best, wanted)))
			best = kept;
	}
	return best;
}

int
kept_trees_take(const struct kept_trees *k, const struct stack *stack, int scratch_fd,
                const char *as, struct stack *out, size_t *n_common)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_fd int dir_fd = k->dir == NULL ? -1
	                                    : file_open_dir(AT_FDCWD, k->dir, &ignored);
	auto_list struct kept_list list = { 0 };
	struct kept *best = NULL;

	if (dir_fd < 0)
		return 0;
	list_kept(k, dir_fd, &list);
	while ((best = nearest(&list, stack)) != NULL) {
		if (renameat(dir_fd, best->name, scratch_fd, as) == 0) {
			*n_common = stack_common(&best->stack, stack);
			*out = best->stack;
			best->stack = (struct stack){ 0 };
			return 1;
		}
		/* Another build, or the collector, was faster. */
		stack_clear(&best->stack);
	}
	return 0;
}

/* ------------------------------------------------------------ giving */

static int
compare_age(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	const bool has_x = x->stack.list.n > 0, has_y = y->stack.list.n > 0;

	if (has_x != has_y)
		return has_x ? 1 : -1;
	return x->left_ns < y->left_ns ? -1 : x->left_ns > y->left_ns;
}

static void
leave_too_many(const struct kept_trees *k, int dir_fd, int scratch_fd)
{
	auto_list struct kept_list list = { 0 };

	list_kept(k, dir_fd, &list);
	array_sort(&list.list, compare_age);
	for (size_t i = 0; i + KEPT_MAX < list.list.n; i++)
		renameat(dir_fd, list.list.at[i].name, scratch_fd, list.list.at[i].name);
}

static int
write_stack(const struct kept_trees *k, int home_fd, const struct stack *stack,
            struct error *err)
{
	auto_buf struct buf text = BUF_INIT;

	print_first_line(k, &text);
	stack_print(stack, &text);
	return file_replace(home_fd, STACK_NAME, text.p, text.n, 0600, err);
}

static int
give(const struct kept_trees *k, int scratch_fd, const char *name,
     const struct stack *stack, const struct plain_tree *tree, struct error *err)
{
	auto_fd int dir_fd = file_open_dir(AT_FDCWD, k->dir, err);
	auto_fd int home_fd = dir_fd < 0 ? -1 : file_open_dir(scratch_fd, name, err);
	char id[NAME_DIGITS + 1];

	if (home_fd < 0 || plain_tree_save(tree, home_fd, KEPT_NOTES, err) < 0 ||
	    write_stack(k, home_fd, stack, err) < 0)
		return -1;
	file_random_name(id, NAME_DIGITS);
	if (renameat(scratch_fd, name, dir_fd, id) < 0)
		return error_sys(err, "rename %s to %s/%s", name, k->dir, id);
	leave_too_many(k, dir_fd, scratch_fd);
	return 0;
}

bool
kept_trees_give(const struct kept_trees *k, int scratch_fd, const char *name,
                const struct stack *stack, const struct plain_tree *tree)
{
	auto_error struct error err = ERROR_INIT;

	if (k->dir == NULL || !stack_is_lasting(stack) ||
	    plain_tree_n_layers(tree) != stack->list.n)
		return false;
	if (give(k, scratch_fd, name, stack, tree, &err) == 0)
		return true;
	event_debug("sandbox", "a tree is not kept: %s", err.text);
	return false;
}
