#include <string.h>

#include "base/own.h"
#include "layers/gc.h"
#include "layers/store.h"
#include "layers/store_state.h"

static void
count(struct usage *u, const struct thing *t)
{
	struct {
		uint64_t *bytes, *number;
	} sums[N_THING_KINDS] = {
		[THING_BLOB] = { &u->blobs, &u->n_blobs },
		[THING_LAYER] = { &u->layers, &u->n_layers },
		[THING_TREE] = { &u->trees, NULL },
		[THING_STEP] = { &u->steps, &u->n_steps },
		[THING_REF] = { &u->contexts, NULL },
		[THING_NOTE] = { &u->blobs, NULL },
		[THING_CONTEXT] = { &u->contexts, NULL },
		[THING_MOUNT] = { &u->mounts, &u->n_mounts },
		[THING_FAILED] = { &u->tmp, NULL },
		[THING_PLAIN] = { &u->plain, &u->n_plain },
		[THING_LEFTOVER] = { &u->tmp, NULL },
	};

	*sums[t->kind].bytes += t->size;
	if (sums[t->kind].number != NULL)
		++*sums[t->kind].number;
	if (!t->live)
		u->reclaimable += t->size;
}

int
store_usage(struct store *st, struct usage *out, struct error *err)
{
	const struct gc_options options = { .all = true };
	auto_census struct census c = { 0 };
	struct usage u = { 0 };

	if (census_take(st, &c, err) < 0 || gc_mark(st, &options, &c, err) < 0)
		return -1;
	for (size_t i = 0; i < c.things.n; i++) {
		census_measure(st, &c.things.at[i]);
		count(&u, &c.things.at[i]);
	}
	u.tmp += disk_usage(store_fd(st), "tmp");
	*out = u;
	return 0;
}
