#include "base/array.h"
#include "base/job.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/layer.h"

/* More do not make a connection faster, and each takes a few MB. */
enum { AT_ONCE = 4 };

struct order {
	unsigned forms;
	const struct cancel *cancel;
	bool failed; /* atomic; jobs that have not started need not start */
};

struct job {
	struct order *order;
	struct layer *layer;
};

static int
make_all_job(void *arg, struct error *err)
{
	const struct job *j = arg;

	if (__atomic_load_n(&j->order->failed, __ATOMIC_RELAXED))
		return 0;
	if (layer_make(j->layer, j->order->forms, j->order->cancel, err) == 0)
		return 0;
	__atomic_store_n(&j->order->failed, true, __ATOMIC_RELAXED);
	return -1;
}

static bool
has_all(const struct layer *l, unsigned forms)
{
	for (unsigned form = LAYER_TREE; form <= LAYER_BLOB; form <<= 1)
		if ((forms & form) != 0 && !layer_has(l, form))
			return false;
	return true;
}

static int
make_in_parallel(struct job *jobs, size_t n, struct error *err)
{
	struct pool *pool = pool_new(n < AT_ONCE ? n : AT_ONCE);
	struct group *group = group_new(pool);
	int failed;

	for (size_t i = 0; i < n; i++)
		group_add(group, make_all_job, &jobs[i]);
	failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	return failed;
}

/* Whether L has to be pulled or unpacked, which takes longer than starting a thread. */
static bool
is_much_work(const struct layer *l)
{
	return !layer_has(l, LAYER_DIR) && !layer_has(l, LAYER_TAR);
}

int
layers_make(struct layer *const *layers, size_t n, unsigned forms,
            const struct cancel *cancel, struct error *err)
{
	struct order order = { .forms = forms, .cancel = cancel };
	auto_free struct job *jobs = mem_new_n(n + 1, sizeof *jobs);
	size_t n_jobs = 0;

	for (size_t i = 0; i < n; i++)
		if (!has_all(layers[i], forms) && is_much_work(layers[i]))
			jobs[n_jobs++] = (struct job){ &order, layers[i] };
	if (n_jobs > 1 && make_in_parallel(jobs, n_jobs, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (layer_make(layers[i], forms, cancel, err) < 0)
			return -1;
	return 0;
}
