/*
 * The lower directories of an overlay. If there are very many layers, the lowest are
 * first merged into one directory. The store keeps it like a layer without references, so
 * a later mount of the same layers finds it again.
 *
 * Overlayfs does not accept a directory twice. If a layer occurs twice, the lower
 * occurrence can be omitted: the upper one already decides all paths of this layer.
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/layer_state.h"
#include "layers/lowers.h"
#include "layers/plain_tree.h"
#include "layers/store.h"
#include "layers/store_state.h"

enum {
	LOWERS_MAX = 450, /* overlayfs takes 500 */
	MERGED_AT_ONCE = 400,
	MERGED_ID = 32, /* digits; a diffID has another number */
};

/* Lowest first. */
struct pile {
	ARRAY(struct layer *) list;
	const struct cancel *cancel;
};

static void
pile_clear(struct pile *p)
{
	array_clear(&p->list);
}
#define auto_pile __attribute__((cleanup(pile_clear)))

/* The id of the first N layers, merged. */
static void
merged_id(const struct pile *p, size_t n, char id[MERGED_ID + 1])
{
	struct hasher *h = hasher_new(DIGEST_SHA256);
	char hex[DIGEST_HEX_MAX];
	struct digest d;

	for (size_t i = 0; i < n; i++)
		hasher_add(h, p->list.at[i]->id, strlen(p->list.at[i]->id) + 1);
	d = hasher_end(h);
	hasher_free(h);
	memcpy(id, digest_hex(&d, hex), MERGED_ID);
	id[MERGED_ID] = '\0';
}

static int
apply(struct layer *l, int to_fd, const struct cancel *cancel, struct error *err)
{
	int from_fd = layer_dir_fd(l, err);

	if (from_fd < 0 || plain_tree_apply(from_fd, to_fd, cancel, err) < 0)
		return error_wrap(err, "layer %.20s", l->id);
	return 0;
}

/* BELOW (may be NULL), then the layers [from, to) on it, as layers/ID of INTO. */
static int
merge(struct layer *into, struct layer *below, const struct pile *p, size_t from,
      size_t to, struct error *err)
{
	auto_fd int tmp_fd = -1, diff_fd = -1;
	auto_free char *tmp = store_tmp_dir(into->store, &tmp_fd, err);
	const char *name = store_dir_name(into->store);

	if (tmp == NULL)
		return -1;
	if (mkdirat(tmp_fd, name, 0755) < 0)
		return error_sys(err, "make %s/%s", tmp, name);
	diff_fd = file_open_dir(tmp_fd, name, err);
	if (diff_fd < 0 || (below != NULL && apply(below, diff_fd, p->cancel, err) < 0))
		return -1;
	for (size_t i = from; i < to; i++)
		if (apply(p->list.at[i], diff_fd, p->cancel, err) < 0)
			return -1;
	if (layer_publish_dir(into, tmp, err) < 0)
		return -1;
	layer_add_forms(into, LAYER_DIR, NULL);
	return 0;
}

/* The first N layers, a multiple of MERGED_AT_ONCE, as one directory. NULL with ERR. */
static struct layer *
merged(struct store *st, const struct pile *p, size_t n, struct error *err)
{
	struct layer *last = NULL;

	for (size_t to = MERGED_AT_ONCE; to <= n; to += MERGED_AT_ONCE) {
		char id[MERGED_ID + 1];
		struct layer *l;

		merged_id(p, to, id);
		l = layer_get(st, id);
		if (!layer_has(l, LAYER_DIR) &&
		    merge(l, last, p, to - MERGED_AT_ONCE, to, err) < 0) {
			error_wrap(err, "merge the lowest of %zu layers", p->list.n);
			return NULL;
		}
		last = l;
	}
	return last;
}

/* Only layers that are not empty, each once, because each lower costs a step time. */
static int
pile_up(struct layer *const *layers, size_t n, struct pile *out, struct error *err)
{
	auto_map struct map above = MAP_INIT;

	if (layers_make(layers, n, LAYER_DIR, out->cancel, err) < 0)
		return -1;
	for (size_t i = n; i-- > 0;) {
		const struct tree *tree = layer_tree(layers[i], err);

		if (tree == NULL)
			return -1;
		if (tree->n > 0 && map_set(&above, text_of(layers[i]->id), layers[i]))
			array_push(&out->list, layers[i]);
	}
	for (size_t i = 0; i < out->list.n / 2; i++) {
		struct layer *high = out->list.at[i];

		out->list.at[i] = out->list.at[out->list.n - 1 - i];
		out->list.at[out->list.n - 1 - i] = high;
	}
	return 0;
}

int
layers_lowers(struct store *st, struct layer *const *layers, size_t n,
              const struct cancel *cancel, struct lowers *out, struct error *err)
{
	auto_pile struct pile pile = { .cancel = cancel };
	struct layer *patch = NULL, *bottom = NULL;
	size_t n_merged = 0;
	int patched = 0;

	if (pile_up(layers, n, &pile, err) < 0)
		return -1;
	patched = layer_patch(st, pile.list.at, pile.list.n, &patch, err);
	if (patched < 0)
		return -1;
	if (pile.list.n > LOWERS_MAX) {
		n_merged = pile.list.n / MERGED_AT_ONCE * MERGED_AT_ONCE;
		bottom = merged(st, &pile, n_merged, err);
		if (bottom == NULL)
			return -1;
	}
	if (patched > 0)
		array_push(&out->list, layer_dir(patch));
	for (size_t i = pile.list.n; i-- > n_merged;)
		if (pile.list.at[i] != patch)
			array_push(&out->list, layer_dir(pile.list.at[i]));
	if (bottom != NULL)
		array_push(&out->list, layer_dir(bottom));
	return 0;
}

void
lowers_clear(struct lowers *l)
{
	array_clear(&l->list);
}
