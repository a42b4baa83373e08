#include "base/base.h"
#include "base/event.h"
#include "base/path.h"
#include "builder/steps/copy_apply.h"
#include "builder/steps/internal.h"
#include "builder/steps/selection.h"
#include "layers/view.h"
#include "parser/step.h"

/* ------------------------------------------------------------ key */

static void
add_indexed(struct preimage *out, const char *name, size_t i, struct text value)
{
	auto_free char *field = mem_print("%s[%zu]", name, i);

	preimage_add(out, field, value);
}

static bool
is_pinned(enum step_kind kind)
{
	return kind == STEP_LOCAL || kind == STEP_HTTP || kind == STEP_GIT;
}

static int
add_source(const struct step_job *job, bool content, size_t i, struct preimage *out,
           struct error *err)
{
	const struct step_copy *copy = &job->step->copy;
	const struct copy_source *source = &copy->sources.at[i];
	struct digest digest;

	if (source->unpack || source->force_unpack)
		add_indexed(out, "unpack", i, TEXT("yes"));
	if (source->from == STEP_NONE) {
		add_indexed(out, "file name", i, source->path);
		add_indexed(out, "file", i, source->content);
		return 0;
	}
	/* The directories above a source's own name do not show in the result. */
	if (copy->parents)
		add_indexed(out, "source path", i, source->path);
	if (!content && !is_pinned(job->plan->steps.at[source->from].kind)) {
		add_indexed(out, "source", i, source->path);
		return 0;
	}
	if (selection_of_source(job, i, &digest, err) < 0)
		return -1;
	{
		auto_free char *field = mem_print("source[%zu]", i);

		preimage_add_digest(out, field, &digest);
	}
	return 0;
}

int
step_copy_preimage(const struct step_job *job, bool content, struct preimage *out,
                   struct error *err)
{
	const struct step_copy *copy = &job->step->copy;

	preimage_add_str(out, "step", copy->is_add ? "add" : "copy");
	preimage_add(out, "destination", copy->dest);
	if (copy->chown.p != NULL)
		preimage_add(out, "chown", copy->chown);
	if (copy->chmod.p != NULL)
		preimage_add(out, "chmod", copy->chmod);
	preimage_add_u64(out, "link", copy->link);
	preimage_add_u64(out, "parents", copy->parents);
	preimage_add_u64(out, "keep owner", copy->keep_owner);
	for (size_t i = 0; i < copy->excludes.n; i++)
		add_indexed(out, "exclude", i, copy->excludes.at[i]);
	for (size_t i = 0; i < copy->sources.n; i++)
		if (add_source(job, content, i, out, err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ execution */

/* Everything that one execution holds open: entries and contents of the changes
 * point into it. */
struct execution {
	struct copier copier;
	struct view *base;
	struct opened_source *sources;
	size_t n;
};

static void
execution_clear(struct execution *x)
{
	for (size_t i = 0; i < x->n; i++)
		opened_source_clear(&x->sources[i]);
	free(x->sources);
	dest_free(x->copier.dest);
	copier_clear(&x->copier);
	view_free(x->base);
}

static const struct result *
base_of(const struct step_job *job)
{
	return job->inputs[step_input_index(job->step, job->step->base)];
}

static int
find_owner(const struct step_job *job, struct execution *x, struct error *err)
{
	const struct step_copy *copy = &job->step->copy;

	x->copier.keep_owner = copy->keep_owner;
	if (copy->chown.p == NULL || copy->chown.n == 0)
		return 0;
	if (step_check_owner(job, copy->chown, copy->link, err) < 0)
		return -1;
	x->copier.has_owner = true;
	return user_find_owner(x->base, copy->chown, job->vertex, &x->copier.uid,
	                       &x->copier.gid, err);
}

static int
prepare(const struct step_job *job, struct execution *x, struct error *err)
{
	const struct step_copy *copy = &job->step->copy;
	const struct result *base = base_of(job);

	x->base = view_new(base->layers.at, copy->link ? 0 : base->layers.n, err);
	if (x->base == NULL)
		return -1;
	x->copier.now = step_time(job->env);
	x->copier.dest = dest_new(x->base, x->copier.now);
	x->copier.dest_path = copy->dest;
	x->copier.store = job->env->store;
	x->copier.cancel = job->env->cancel;
	x->copier.unpack_max = job->env->unpack_max;
	x->copier.vertex = job->vertex;
	x->sources = mem_new_n(copy->sources.n + 1, sizeof *x->sources);
	if (chmod_parse(copy->chmod, &x->copier.chmod, err) < 0)
		return -1;
	return find_owner(job, x, err);
}

static int
apply_source(const struct step_job *job, struct execution *x, size_t i, struct error *err)
{
	const struct copy_source *source = &job->step->copy.sources.at[i];
	struct opened_source *s = &x->sources[x->n++];

	if (source->from != STEP_NONE &&
	    step_http_verify(job, step_input_index(job->step, source->from), err) < 0)
		return -1;
	if (opened_source_open(job, i, s, err) < 0)
		return -1;
	for (size_t k = 0; k < s->matches.list.n; k++) {
		int unpacked = 0;

		if (source->unpack || source->force_unpack)
			unpacked = copy_match_unpack(&x->copier, s, k, err);
		if (unpacked == 0)
			unpacked = copy_match_apply(&x->copier, s, k, err);
		if (unpacked < 0)
			return -1;
	}
	return 0;
}

int
step_copy_execute(const struct step_job *job, struct result *out, struct error *err)
{
	__attribute__((cleanup(execution_clear))) struct execution x = { 0 };
	struct layer_options options = { .forms = job->forms,
		                         .epoch = job->env->epoch,
		                         .cancel = job->env->cancel };
	struct change_list changes;
	struct layer *layer = NULL;

	if (prepare(job, &x, err) < 0)
		return -1;
	for (size_t i = 0; i < job->step->copy.sources.n; i++)
		if (apply_source(job, &x, i, err) < 0)
			return -1;
	changes = dest_finish(x.copier.dest);
	layer = layer_from_change_list(job->env->store, &changes, &options, err);
	if (layer == NULL)
		return -1;
	result_add_layer(base_of(job), layer, out);
	return 0;
}
