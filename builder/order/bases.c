#include "builder/order/bases.h"

#include "base/base.h"
#include "base/count.h"
#include "base/event.h"
#include "base/job.h"
#include "base/suggest.h"
#include "parser/step.h"

/* ONBUILD triggers may name images whose triggers name images … */
#define ROUNDS_MAX 64

struct lookup {
	const struct dockerfile *df;
	bool names_platform;
	const struct source_options *source;
	const struct missing_base *missing;
	struct source_image *image;
	struct error error;
};

/* The stage that was meant by a name that is none. True if a hint is set. */
static bool
suggest_stage(const struct lookup *l, struct error *err)
{
	size_t n = 0;
	auto_free const char **names = mem_new_n(l->df->stages.n + 1, sizeof *names);
	const char *near = NULL;

	for (size_t i = 0; i < l->df->stages.n; i++)
		if (l->df->stages.at[i].name.n > 0)
			names[n++] = text_copy(l->df->stages.at[i].name);
	near = suggest_find(l->missing->name, names, n, true);
	if (near != NULL) {
		free(err->hint);
		err->hint = NULL;
		error_hint(err, "no stage is called %.*s: did you mean %s?",
		           TEXT_ARG(l->missing->name), near);
	}
	while (n > 0)
		free((char *)names[--n]);
	return near != NULL;
}

/* A usual image that was meant. */
static void
suggest_image(const struct lookup *l, struct error *err)
{
	static const char *const usual[] = { "alpine", "busybox", "centos", "debian",
		                             "golang", "ubuntu",  "fedora" };

	suggest_hint(err, suggest_find(l->missing->name, usual, COUNT_OF(usual), true));
}

static int
lookup_run(void *arg, struct error *err)
{
	struct lookup *l = arg;
	auto_free char *platform = platform_print(&l->missing->platform);
	auto_free char *name = mem_print("[%s%sinternal] load metadata for %.*s",
	                                 l->names_platform ? platform : "",
	                                 l->names_platform ? " " : "",
	                                 TEXT_ARG(l->missing->display));
	int vertex = event_begin(name);

	l->image = source_image_load(l->source, l->missing, err);
	event_end(vertex, l->image == NULL ? OUTCOME_FAILED : OUTCOME_DONE,
	          l->image == NULL ? err->text : NULL);
	if (l->image != NULL)
		return 0;
	error_wrap(err, "%.*s: failed to resolve source metadata for %.*s",
	           TEXT_ARG(l->missing->name), TEXT_ARG(l->missing->display));
	if (!suggest_stage(l, err) && (err->code == ERR_SOURCE || err->code == ERR_AUTH))
		suggest_image(l, err);
	return error_at(err, l->missing->at);
}

/* The plans that lack something, and what they lack, each image once. */
struct round {
	ARRAY(struct plan *) plans; /* owned: they hold the names */
	ARRAY(const struct missing_base *) missing;
};

static void
round_clear(struct round *r)
{
	for (size_t i = 0; i < r->plans.n; i++)
		plan_free(r->plans.at[i]);
	array_clear(&r->plans);
	array_clear(&r->missing);
}
#define auto_round __attribute__((cleanup(round_clear)))

static bool
is_same(const struct missing_base *a, const struct missing_base *b)
{
	return a->kind == b->kind && text_equal(a->name, b->name) &&
	       platform_equal(&a->platform, &b->platform);
}

/* PLAN is taken over. */
static void
round_add(struct round *r, struct plan *plan)
{
	array_push(&r->plans, plan);
	for (size_t i = 0; i < plan->missing.n; i++) {
		const struct missing_base *m = &plan->missing.at[i];
		bool is_new = true;

		for (size_t k = 0; k < r->missing.n; k++)
			is_new = is_new && !is_same(m, r->missing.at[k]);
		if (is_new)
			array_push(&r->missing, m);
	}
}

static int
look_up_all(const struct dockerfile *df, const struct round *round, bool names_platform,
            const struct source_options *source, struct bases *bases, struct error *err)
{
	size_t n = round->missing.n;
	auto_free struct lookup *lookups = mem_new_n(n, sizeof *lookups);
	struct pool *pool = n > 1 ? pool_new(n < 8 ? n : 8) : NULL;
	struct group *group = pool == NULL ? NULL : group_new(pool);
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		lookups[i].df = df;
		lookups[i].names_platform = names_platform;
		lookups[i].source = source;
		lookups[i].missing = round->missing.at[i];
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

/* If only some platforms have a mistake, the message names the platform. */
static int
name_platform(const struct plan_options *options, size_t i, struct error *err)
{
	auto_free char *platform = platform_print(&options->target_platform);

	return i == 0 ? -1 : error_wrap(err, "%s", platform);
}

/* Makes the plans that are not there yet; the ones that lack something go to ROUND. */
static int
make_plans(struct dockerfile *df, const struct plan_options *options, size_t n,
           const struct bases *bases, struct plan **plans, struct round *round,
           struct error *err)
{
	auto_free const struct base_image **known = list_known(bases);

	for (size_t i = 0; i < n; i++) {
		struct plan *plan = plans[i];

		if (plan != NULL)
			continue;
		plan = plan_make(df, &options[i], known, bases->images.n, err);
		if (plan == NULL)
			return name_platform(&options[i], i, err);
		if (plan->missing.n == 0)
			plans[i] = plan;
		else
			round_add(round, plan);
	}
	return 0;
}

static int
complete_plans(struct dockerfile *df, const struct plan_options *options, size_t n,
               const struct source_options *source, struct bases *bases,
               struct plan **plans, struct error *err)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		auto_round struct round round = { 0 };

		if (make_plans(df, options, n, bases, plans, &round, err) < 0)
			return -1;
		if (round.missing.n == 0)
			return 0;
		if (look_up_all(df, &round, options->several_platforms, source, bases,
		                err) < 0)
			return -1;
	}
	return error_set(err, ERR_DOCKERFILE,
	                 "base images keep asking for more base images");
}

struct plan *
bases_plan(struct dockerfile *df, const struct plan_options *options, size_t n,
           const struct source_options *source, struct bases *bases, struct error *err)
{
	auto_free struct plan **plans = mem_new_n(n, sizeof *plans);
	struct plan *first = NULL;
	int failed = complete_plans(df, options, n, source, bases, plans, err);

	for (size_t i = 0; i < n; i++) {
		if (failed < 0)
			plan_free(plans[i]);
		else if (first == NULL)
			first = plans[i];
		else
			plan_join(first, plans[i]);
	}
	return first;
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
