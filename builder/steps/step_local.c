#include <fcntl.h>

#include "base/base.h"
#include "base/path.h"
#include "builder/steps/internal.h"
#include "builder/steps/local_excluded.h"
#include "parser/plan.h"
#include "parser/step.h"

/* The steps that copy from a context have its content in their keys. */
int
step_local_preimage(const struct step_job *job, bool content, struct preimage *out,
                    struct error *err)
{
	(void)content;
	(void)err;
	preimage_add_str(out, "step", "local");
	if (job->step->local.context.p != NULL)
		preimage_add(out, "context", job->step->local.context);
	return 0;
}

/* ------------------------------------------------------------ wanted */

/* Paths of a context that steps of the plan name. */
struct wanted_paths {
	ARRAY(struct text) list;
	ARRAY(char *) texts;
};

static void
wanted_paths_clear(struct wanted_paths *w)
{
	for (size_t i = 0; i < w->texts.n; i++)
		free(w->texts.at[i]);
	array_clear(&w->texts);
	array_clear(&w->list);
}

static void
want(struct wanted_paths *w, struct text path)
{
	char *clean = path_clean_abs(path);

	array_push(&w->texts, clean);
	array_push(&w->list, text_of(clean + 1));
}

static void
want_of_step(struct wanted_paths *w, const struct step *user, step_id context)
{
	if (user->base == context)
		want(w, TEXT("/"));
	if (user->kind == STEP_COPY)
		for (size_t i = 0; i < user->copy.sources.n; i++)
			if (user->copy.sources.at[i].from == context)
				want(w, user->copy.sources.at[i].path);
	if (user->kind == STEP_RUN)
		for (size_t i = 0; i < user->run.mounts.n; i++)
			if (user->run.mounts.at[i].from == context)
				want(w, user->run.mounts.at[i].source);
}

static const struct local_context *
find_context(const struct build_env *env, struct text name)
{
	for (size_t i = 0; i < env->n_contexts; i++) {
		struct text other = env->contexts[i].name;

		if ((name.p == NULL) == (other.p == NULL) &&
		    (name.p == NULL || text_equal(name, other)))
			return &env->contexts[i];
	}
	return NULL;
}

/* A build's final step may be a context itself (FROM a named context). */
static void
want_of_plan(struct wanted_paths *w, const struct step_job *job)
{
	for (size_t i = 0; i < job->plan->steps.n; i++)
		want_of_step(w, &job->plan->steps.at[i], job->step->id);
	for (size_t i = 0; i < plan_n_images(job->plan); i++)
		if (plan_image_at(job->plan, i)->step == job->step->id)
			want(w, TEXT("/"));
}

int
step_local_execute(const struct step_job *job, struct result *out, struct error *err)
{
	const struct local_context *context = find_context(job->env,
	                                                   job->step->local.context);
	__attribute__((cleanup(wanted_paths_clear))) struct wanted_paths wanted = { 0 };
	auto_exclusions struct exclusions exclusions = { 0 };
	struct context_options options = { .store = job->env->store,
		                           .left_out = job->env->left_out,
		                           .cancel = job->env->cancel };
	struct text name = job->step->local.context;

	if (context == NULL && name.p == NULL)
		return error_set(err, ERR_SOURCE,
		                 "there is no build context to copy from");
	if (context == NULL)
		return error_set(err, ERR_SOURCE, "there is no context named %.*s",
		                 TEXT_ARG(name));
	want_of_plan(&wanted, job);
	if (exclusions_find(&exclusions, context->dir_fd, job, err) < 0)
		return -1;
	options.excluded = exclusions.rules.at;
	options.n_excluded = exclusions.rules.n;
	options.path = context->path;
	options.ignore = context->ignore;
	options.remember = context->remember;
	options.git_modes = job->env->git_modes;
	options.wanted = wanted.list.at != NULL ? wanted.list.at : &(struct text){ 0 };
	options.n_wanted = wanted.list.n;
	options.dir_fd = fcntl(context->dir_fd, F_DUPFD_CLOEXEC, 3);
	if (options.dir_fd < 0)
		return error_sys(err, "context %s", context->path);
	out->context = context_scan(&options, err);
	if (out->context == NULL)
		return -1;
	array_push(&out->layers, context_layer(out->context));
	return 0;
}
