#include "builder/build/bases.h"

#include "base/base.h"
#include "base/event.h"
#include "base/job.h"
#include "base/suggest.h"

/* ONBUILD triggers may name images whose triggers name images … */
#define ROUNDS_MAX 64

/* Names that people mean, besides those of the stages. */
static const char *const usual[] = { "alpine", "busybox", "centos", "debian",
	                             "golang", "ubuntu",  "fedora" };

#define N_USUAL (sizeof usual / sizeof *usual)

struct lookup {
	const struct dockerfile *df;
	const struct source_options *source;
	const struct missing_base *missing;
	struct source_image *image;
	struct error error;
};

static void
suggest(const struct lookup *l, struct error *err)
{
	auto_free const char **names = mem_new_n(l->df->stages.n + N_USUAL,
	                                         sizeof *names);
	size_t n = 0;
	const char *near;

	for (size_t i = 0; i < l->df->stages.n; i++)
		if (l->df->stages.at[i].name.n > 0)
			names[n++] = text_copy(l->df->stages.at[i].name);
	for (size_t i = 0; i < N_USUAL; i++)
		names[n + i] = usual[i];
	near = suggest_find(l->missing->name, names, n + N_USUAL, true);
	if (near != NULL)
		error_hint(err, "did you mean %s?", near);
	while (n > 0)
		free((char *)names[--n]);
}

static int
lookup_run(void *arg, struct error *err)
{
	struct lookup *l = arg;
	auto_free char *name = mem_print("[internal] load metadata for %.*s",
	                                 (int)l->missing->display.n,
	                                 l->missing->display.p);
	int vertex = event_begin(name);

	l->image = source_image_load(l->source, l->missing, err);
	event_end(vertex, l->image == NULL ? OUTCOME_FAILED : OUTCOME_DONE,
	          l->image == NULL ? err->text : NULL);
	if (l->image != NULL)
		return 0;
	error_wrap(err, "%.*s: failed to resolve source metadata for %.*s",
	           (int)l->missing->name.n, l->missing->name.p,
	           (int)l->missing->display.n, l->missing->display.p);
	if (err->code == ERR_SOURCE || err->code == ERR_AUTH)
		suggest(l, err);
	return error_at(err, l->missing->at);
}

static int
look_up_all(const struct dockerfile *df, const struct plan *plan,
            const struct source_options *source, struct bases *bases, struct error *err)
{
	size_t n = plan->missing.n;
	auto_free struct lookup *lookups = mem_new_n(n, sizeof *lookups);
	struct pool *pool = n > 1 ? pool_new(n < 8 ? n : 8) : NULL;
	struct group *group = pool == NULL ? NULL : group_new(pool);
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		lookups[i].df = df;
		lookups[i].source = source;
		lookups[i].missing = &plan->missing.at[i];
		if (group != NULL)
			group_add(group, lookup_run, &lookups[i]);
		else
			failed = lookup_run(&lookups[i], err);
	}
	if (group != NULL)
		failed = group_wait(group, err);
	group_free(group);
	pool_free(pool);
	for (size_t i = 0; i < n; i++)
		if (lookups[i].image != NULL)
			array_push(&bases->images, lookups[i].image);
	return failed;
}

/* Caller frees. */
static const struct base_image **
list_known(const struct bases *bases)
{
	const struct base_image **known = mem_new_n(bases->images.n + 1,
	                                            sizeof(const struct base_image *));

	for (size_t i = 0; i < bases->images.n; i++)
		known[i] = &bases->images.at[i]->base;
	return known;
}

struct plan *
bases_plan(struct dockerfile *df, const struct plan_options *options,
           const struct source_options *source, struct bases *bases, struct error *err)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		auto_free const struct base_image **known = list_known(bases);
		struct plan *plan = NULL;
		int failed = 0;

		plan = plan_make(df, options, known, bases->images.n, err);
		if (plan == NULL || plan->missing.n == 0)
			return plan;
		failed = look_up_all(df, plan, source, bases, err);
		plan_free(plan);
		if (failed < 0)
			return NULL;
	}
	error_set(err, ERR_DOCKERFILE,
	          "base images ask for more base images without end");
	return NULL;
}

struct plan *
bases_check(struct dockerfile *df, const struct plan_options *options,
            const struct bases *bases, struct error *err)
{
	auto_free const struct base_image **known = list_known(bases);

	return plan_check(df, options, known, bases->images.n, err);
}

void
bases_clear(struct bases *b)
{
	for (size_t i = 0; i < b->images.n; i++)
		source_image_free(b->images.at[i]);
	array_clear(&b->images);
}
