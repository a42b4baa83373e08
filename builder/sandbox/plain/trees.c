#include "builder/sandbox/plain/trees.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/plain_tree.h"

/* The number of trees that wait for the next step of their stage. Each is as large as its
 * image. */
#define IDLE_MAX 4

struct stage_tree {
	struct stack layers;
	char *home, *dir; /* DIR is KEPT_TREE in HOME */
	const char *name; /* of HOME in the scratch directory */
	struct plain_tree *plain;
	bool is_changed; /* a failed step changed it after the notes */
};

void
trees_init(struct trees *t, int scratch_fd, const struct kept_trees *kept,
           const struct cancel *cancel)
{
	*t = (struct trees){ .scratch_fd = scratch_fd, .kept = *kept, .cancel = cancel };
	pthread_mutex_init(&t->lock, NULL);
}

static void
stage_tree_free(struct stage_tree *s)
{
	if (s == NULL)
		return;
	plain_tree_free(s->plain);
	stack_clear(&s->layers);
	free(s->dir);
	free(s->home);
	free(s);
}

void
trees_clear(struct trees *t)
{
	/* A tree that is not kept is removed with the scratch directory. */
	for (size_t i = 0; i < t->idle.n; i++) {
		struct stage_tree *s = t->idle.at[i];

		kept_trees_give(&t->kept, t->scratch_fd, s->name, &s->layers, s->plain);
		stage_tree_free(s);
	}
	array_clear(&t->idle);
	pthread_mutex_destroy(&t->lock);
}

/* ------------------------------------------------------------ of this build */

/* The tree that needs the fewest layers to become STACK, without undoing anything, or
 * NULL. The others keep their order, the oldest first. */
static struct stage_tree *
take_best(struct trees *t, const struct stack *stack)
{
	struct stage_tree *best = NULL;
	size_t at = 0;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->idle.n; i++) {
		struct stage_tree *s = t->idle.at[i];
		const size_t n = s->layers.list.n;

		if (!s->is_changed && n > 0 && stack_common(&s->layers, stack) == n &&
		    (best == NULL || n > best->layers.list.n)) {
			best = s;
			at = i;
		}
	}
	if (best != NULL) {
		t->idle.n--;
		memmove(t->idle.at + at, t->idle.at + at + 1,
		        (t->idle.n - at) * sizeof *t->idle.at);
	}
	pthread_mutex_unlock(&t->lock);
	return best;
}

/* A tree that has no directory yet. */
static struct stage_tree *
name_tree(struct trees *t)
{
	struct stage_tree *s = mem_new(sizeof *s);
	unsigned number = 0;

	pthread_mutex_lock(&t->lock);
	number = t->made++;
	pthread_mutex_unlock(&t->lock);
	s->home = mem_print("%s/tree%u", t->scratch, number);
	s->dir = mem_print("%s/" KEPT_TREE, s->home);
	s->name = s->home + strlen(t->scratch) + 1;
	return s;
}

static struct stage_tree *
make_tree(struct trees *t, struct error *err)
{
	struct stage_tree *s = name_tree(t);

	if (mkdirat(t->scratch_fd, s->name, 0755) < 0 || mkdir(s->dir, 0755) < 0)
		error_sys(err, "make %s", s->dir);
	else
		s->plain = plain_tree_new(s->dir, err);
	if (s->plain != NULL)
		return s;
	stage_tree_free(s);
	return NULL;
}

static int
apply(struct stage_tree *s, const char *layer, const struct cancel *cancel,
      struct error *err)
{
	auto_fd int fd = file_open_dir(AT_FDCWD, layer, err);

	return fd < 0 ? -1 : plain_tree_apply(fd, plain_tree_fd(s->plain), cancel, err);
}

static int
add_layer(struct trees *t, struct stage_tree *s, const char *layer, struct error *err)
{
	auto_fd int fd = file_open_dir(AT_FDCWD, layer, err);

	return fd < 0 ? -1 : plain_tree_add(s->plain, fd, t->cancel, err);
}

/* Applies the layers that S lacks, and writes the notes if this changed S, or if it
 * IS_CHANGED already. */
static int
complete(struct trees *t, struct stage_tree *s, const struct sandbox_run *r,
         const struct stack *stack, bool is_changed, struct error *err)
{
	const size_t had = s->layers.list.n;

	for (size_t i = had; i < stack->list.n; i++) {
		if (add_layer(t, s, r->lowers[r->n_lowers - 1 - i], err) < 0)
			return -1;
		array_push(&s->layers.list, stack->list.at[i]);
	}
	if (is_changed || had == 0 || had < stack->list.n)
		return plain_tree_note(s->plain, t->cancel, err);
	return 0;
}

/* ------------------------------------------------------------ of earlier builds */

/* Restores S, which an earlier build left, to its first N layers. */
static int
restore(struct trees *t, struct stage_tree *s, const struct sandbox_run *r, size_t n,
        const struct stack *stack, struct error *err)
{
	auto_fd int home_fd = openat(t->scratch_fd, s->name,
	                             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ARRAY(const char *) layers = { 0 };
	int changed = -1;

	if (home_fd < 0)
		return error_sys(err, "open %s", s->home);
	s->plain = plain_tree_load(s->dir, home_fd, KEPT_NOTES, err);
	if (s->plain == NULL)
		return -1;
	if (plain_tree_n_layers(s->plain) != s->layers.list.n)
		return error_set(err, ERR_DAMAGED, "%s: its notes are of another stack",
		                 s->home);
	for (size_t i = 0; i < n; i++)
		array_push(&layers, r->lowers[r->n_lowers - 1 - i]);
	changed = plain_tree_restore(s->plain, layers.at, (uint32_t)n, t->cancel, err);
	array_clear(&layers);
	if (changed < 0)
		return -1;
	s->layers.list.n = n;
	return complete(t, s, r, stack, changed > 0, err);
}

/* Takes a kept tree that shares layers with STACK, and restores it to these layers; or
 * NULL. A tree that cannot be restored is dropped. */
static struct stage_tree *
take_kept(struct trees *t, const struct sandbox_run *r, const struct stack *stack)
{
	struct stage_tree *s = name_tree(t);
	auto_error struct error err = ERROR_INIT;
	size_t n = 0;

	if (kept_trees_take(&t->kept, stack, t->scratch_fd, s->name, &s->layers, &n) >
	    0) {
		if (restore(t, s, r, n, stack, &err) == 0)
			return s;
		event_debug("sandbox", "a kept tree is of no use: %s", err.text);
	}
	stage_tree_free(s);
	return NULL;
}

/* A tree that has all layers of STACK. */
static struct stage_tree *
take_complete(struct trees *t, const struct sandbox_run *r, const struct stack *stack,
              struct error *err)
{
	struct stage_tree *s = take_best(t, stack);

	if (s == NULL) {
		s = take_kept(t, r, stack);
		if (s != NULL)
			return s;
		s = make_tree(t, err);
	}
	if (s == NULL || complete(t, s, r, stack, false, err) == 0)
		return s;
	trees_give(t, s, TREE_SPOILT);
	return NULL;
}

/* ------------------------------------------------------------ for a step */

struct stage_tree *
trees_take(struct trees *t, const struct sandbox_run *r, struct error *err)
{
	auto_stack struct stack stack = { 0 };
	struct stage_tree *s = NULL;

	if (stack_of_run(r, &stack, err) == 0)
		s = take_complete(t, r, &stack, err);
	/* A shell in a failed step sees what the step did. */
	if (s == NULL || apply(s, r->upper, t->cancel, err) == 0)
		return s;
	trees_give(t, s, TREE_SPOILT);
	return NULL;
}

const char *
stage_tree_dir(const struct stage_tree *s)
{
	return s->dir;
}

struct plain_tree *
stage_tree_plain(const struct stage_tree *s)
{
	return s->plain;
}

int
stage_tree_diff(struct stage_tree *s, const struct sandbox_run *r,
                const struct cancel *cancel, struct error *err)
{
	auto_fd int upper_fd = file_open_dir(AT_FDCWD, r->upper, err);
	int failed = -1;

	if (upper_fd < 0 || stack_add(&s->layers, r->upper, err) < 0)
		return -1;
	failed = plain_tree_diff(s->plain, upper_fd, cancel, err);

	/* An empty upper is in the stack of no later step. */
	if (failed < 0 || plain_tree_n_layers(s->plain) < s->layers.list.n)
		s->layers.list.n--;
	return failed;
}

bool
stage_tree_is_unread(const struct sandbox_run *r)
{
	return r->has_terminal || r->is_discarded;
}

enum tree_state
stage_tree_state(const struct sandbox_run *r, bool is_noted, int status)
{
	if (r->is_discarded || (r->has_secrets && (!is_noted || status != 0)))
		return TREE_SPOILT;
	return is_noted ? TREE_AS_NOTED : TREE_CHANGED;
}

void
trees_give(struct trees *t, struct stage_tree *s, enum tree_state state)
{
	struct stage_tree *oldest = NULL;
	auto_error struct error ignored = ERROR_INIT;

	s->is_changed = state != TREE_AS_NOTED;
	if (state != TREE_SPOILT) {
		pthread_mutex_lock(&t->lock);
		array_push(&t->idle, s);
		s = NULL;
		if (t->idle.n > IDLE_MAX) {
			oldest = t->idle.at[0];
			t->idle.n--;
			memmove(t->idle.at, t->idle.at + 1,
			        t->idle.n * sizeof *t->idle.at);
		}
		pthread_mutex_unlock(&t->lock);
	}
	/* Other trees are removed with the scratch directory, perhaps later. */
	if (s != NULL && !cancel_is_set(t->cancel))
		file_remove_tree(t->scratch_fd, s->name, &ignored);
	if (oldest != NULL && !cancel_is_set(t->cancel))
		file_remove_tree(t->scratch_fd, oldest->name, &ignored);
	stage_tree_free(s);
	stage_tree_free(oldest);
}
