#include "builder/sandbox/plain/trees.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/layers.h"

/* Trees that wait for their stage to go on. Each is as large as its image. */
#define IDLE_MAX 4

/* What a directory is known by as long as it exists. */
struct identity {
	uint64_t ino, dev_major, dev_minor;
	int64_t born_s;
	uint32_t born_ns;
};

struct stage_tree {
	ARRAY(struct identity) layers; /* lowest first */
	char *dir;
	const char *name; /* of DIR in the scratch directory */
	struct plain_tree *plain;
};

void
trees_init(struct trees *t, int scratch_fd, const char *scratch,
           const struct cancel *cancel)
{
	*t = (struct trees){ .scratch_fd = scratch_fd,
		             .scratch = scratch,
		             .cancel = cancel };
	pthread_mutex_init(&t->lock, NULL);
}

static void
stage_tree_free(struct stage_tree *s)
{
	if (s == NULL)
		return;
	plain_tree_free(s->plain);
	array_clear(&s->layers);
	free(s->dir);
	free(s);
}

void
trees_clear(struct trees *t)
{
	for (size_t i = 0; i < t->idle.n; i++)
		stage_tree_free(t->idle.at[i]);
	array_clear(&t->idle);
	pthread_mutex_destroy(&t->lock);
}

/* ------------------------------------------------------------ which one */

static bool
same(const struct identity *a, const struct identity *b)
{
	/* Without a birth an inode number says nothing. */
	return a->born_s != 0 && a->ino == b->ino && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->born_s == b->born_s &&
	       a->born_ns == b->born_ns;
}

static int
identify(const char *dir, struct identity *out, struct error *err)
{
	struct statx x;

	if (statx(AT_FDCWD, dir, 0, STATX_INO | STATX_BTIME, &x) < 0)
		return error_sys(err, "%s", dir);
	*out = (struct identity){ .ino = x.stx_ino,
		                  .dev_major = x.stx_dev_major,
		                  .dev_minor = x.stx_dev_minor };
	if ((x.stx_mask & STATX_BTIME) != 0) {
		out->born_s = x.stx_btime.tv_sec;
		out->born_ns = x.stx_btime.tv_nsec;
	}
	return 0;
}

struct chain {
	ARRAY(struct identity) list;
};

static int
chain_of(const struct sandbox_run *r, struct chain *out, struct error *err)
{
	for (size_t i = r->n_lowers; i-- > 0;) {
		if (identify(r->lowers[i], array_add(&out->list), err) == 0)
			continue;
		err->code = ERR_ENVIRONMENT;
		return error_wrap(err, "mount the layers");
	}
	return 0;
}

/* The tree that needs least to become CHAIN, or NULL. The others keep their order,
 * the oldest first. */
static struct stage_tree *
take_best(struct trees *t, const struct chain *chain)
{
	struct stage_tree *best = NULL;
	size_t at = 0;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->idle.n; i++) {
		struct stage_tree *s = t->idle.at[i];
		size_t n = s->layers.n, k = 0;

		while (k < n && k < chain->list.n &&
		       same(&s->layers.at[k], &chain->list.at[k]))
			k++;
		if (k == n && n > 0 && (best == NULL || n > best->layers.n)) {
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

static struct stage_tree *
make_tree(struct trees *t, struct error *err)
{
	struct stage_tree *s = mem_new(sizeof *s);
	unsigned number = 0;

	pthread_mutex_lock(&t->lock);
	number = t->made++;
	pthread_mutex_unlock(&t->lock);
	s->dir = mem_print("%s/tree%u", t->scratch, number);
	s->name = s->dir + strlen(t->scratch) + 1;
	if (mkdirat(t->scratch_fd, s->name, 0755) < 0)
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

/* Lays the layers over S that it has not; it is noted if that changed it. */
static int
complete(struct trees *t, struct stage_tree *s, const struct sandbox_run *r,
         const struct chain *chain, struct error *err)
{
	const size_t had = s->layers.n;

	for (size_t i = had; i < chain->list.n; i++) {
		if (apply(s, r->lowers[r->n_lowers - 1 - i], t->cancel, err) < 0)
			return -1;
		array_push(&s->layers, chain->list.at[i]);
	}
	if (had == 0 || had < chain->list.n)
		return plain_tree_note(s->plain, t->cancel, err);
	return 0;
}

struct stage_tree *
trees_take(struct trees *t, const struct sandbox_run *r, struct error *err)
{
	struct chain chain = { 0 };
	struct stage_tree *s = NULL;
	int failed = chain_of(r, &chain, err);

	if (failed == 0) {
		s = take_best(t, &chain);
		if (s == NULL)
			s = make_tree(t, err);
	}
	/* A shell in a failed step sees what the step did. */
	if (s != NULL && (complete(t, s, r, &chain, err) < 0 ||
	                  apply(s, r->upper, t->cancel, err) < 0)) {
		trees_give(t, s, false);
		s = NULL;
	}
	array_clear(&chain.list);
	return s;
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
	struct identity upper;

	if (upper_fd < 0 || identify(r->upper, &upper, err) < 0 ||
	    plain_tree_diff(s->plain, upper_fd, cancel, err) < 0)
		return -1;
	array_push(&s->layers, upper);
	return 0;
}

void
trees_give(struct trees *t, struct stage_tree *s, bool is_good)
{
	struct stage_tree *oldest = NULL;
	auto_error struct error ignored = ERROR_INIT;

	if (is_good) {
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
	/* What is not removed goes with the scratch directory, which may be later. */
	if (s != NULL && !cancel_is_set(t->cancel))
		file_remove_tree(t->scratch_fd, s->name, &ignored);
	if (oldest != NULL && !cancel_is_set(t->cancel))
		file_remove_tree(t->scratch_fd, oldest->name, &ignored);
	stage_tree_free(s);
	stage_tree_free(oldest);
}
