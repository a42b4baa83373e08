#include "builder/steps/internal.h"

#include "base/base.h"
#include "base/clock.h"
#include "layers/layer.h"

static int
scratch_preimage(const struct step_job *job, bool content, struct preimage *out,
                 struct error *err)
{
	(void)job;
	(void)content;
	(void)err;
	preimage_add_str(out, "step", "scratch");
	return 0;
}

static int
scratch_execute(const struct step_job *job, struct result *out, struct error *err)
{
	(void)job;
	(void)out;
	(void)err;
	return 0;
}

static const struct {
	step_preimage_fn *preimage;
	step_execute_fn *execute;
} kinds[] = {
	[STEP_SCRATCH] = { scratch_preimage, scratch_execute },
	[STEP_IMAGE] = { step_image_preimage, step_image_execute },
	[STEP_LOCAL] = { step_local_preimage, step_local_execute },
	[STEP_GIT] = { step_git_preimage, step_git_execute },
	[STEP_HTTP] = { step_http_preimage, step_http_execute },
	[STEP_RUN] = { step_run_preimage, step_run_execute },
	[STEP_COPY] = { step_copy_preimage, step_copy_execute },
	[STEP_MKDIR] = { step_mkdir_preimage, step_mkdir_execute },
};

int
step_preimage(const struct step_job *job, bool content, struct preimage *out,
              struct error *err)
{
	return kinds[job->step->kind].preimage(job, content, out, err);
}

int
step_execute(const struct step_job *job, struct result *out, struct error *err)
{
	return kinds[job->step->kind].execute(job, out, err);
}

size_t
step_input_index(const struct step *step, step_id id)
{
	size_t i = 0;

	while (step->inputs.at[i] != id)
		i++;
	return i;
}

bool
step_needs_input_key(const struct plan *plan, const struct step *step, size_t i)
{
	step_id id = step->inputs.at[i];
	enum step_kind kind = plan->steps.at[id].kind;

	if (kind == STEP_LOCAL || kind == STEP_HTTP || kind == STEP_GIT)
		return id == step->base;
	if (step->kind != STEP_COPY || !step->copy.link || id != step->base)
		return true;
	/* The base of an independent layer counts only where it is copied from. */
	for (size_t k = 0; k < step->copy.sources.n; k++)
		if (step->copy.sources.at[k].from == id)
			return true;
	return false;
}

int
step_check_owner(const struct step_job *job, struct text owner, bool alone,
                 struct error *err)
{
	if (!alone && job->plan->steps.at[job->step->base].kind != STEP_SCRATCH)
		return 0;
	if (user_owner_is_numeric(owner))
		return 0;
	error_set(err, ERR_SOURCE, "invalid user index: -1");
	return error_hint(err,
	                  "there are no files to look %.*s up in: give numbers instead",
	                  TEXT_ARG(owner));
}

int64_t
step_time(const struct build_env *env)
{
	return env->epoch >= 0 && env->epoch < env->now ? env->epoch : env->now;
}

void
result_add_layer(const struct result *base, struct layer *layer, struct result *out)
{
	for (size_t i = 0; base != NULL && i < base->layers.n; i++)
		array_push(&out->layers, base->layers.at[i]);
	array_push(&out->layers, layer);
	out->made = (struct record){ layer, clock_wall_ns() };
}

void
result_clear(struct result *r)
{
	array_clear(&r->layers);
	context_free(r->context);
	layer_free_source(r->source);
	free(r->commit);
	*r = (struct result){ 0 };
}
