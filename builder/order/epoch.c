#include "builder/order/epoch.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/number.h"
#include "parser/config.h"
#include "parser/step.h"

static int
invalid(struct text text, struct error *err)
{
	return error_set(err, ERR_DOCKERFILE, "invalid SOURCE_DATE_EPOCH: %.*s",
	                 TEXT_ARG(text));
}

bool
epoch_is_name(struct text text)
{
	int64_t number = 0;

	return text.n > 0 && !number_i64(text, &number);
}

int
epoch_parse(struct text text, int64_t *out, struct error *err)
{
	int64_t seconds = 0;

	*out = -1;
	if (text.p == NULL || text.n == 0)
		return 0;
	if (!number_i64(text, &seconds) || seconds < 0 || seconds > CLOCK_LAST_S)
		return invalid(text, err);
	*out = seconds;
	return 0;
}

/* ------------------------------------------------------------ places */

static int
time_of_url(const struct epoch_places *p, struct text url, bool is_git, int64_t *out,
            struct error *err)
{
	auto_free char *text = text_copy(url), *dir = NULL;
	auto_buf struct buf unused = BUF_INIT;

	return is_git ? remote_git(p->remote, text, false, &dir, out, err)
	              : remote_http(p->remote, text, &dir, &unused, out, err);
}

static int
time_of_context(const struct epoch_places *p, const struct named_context *context,
                int64_t *out, struct error *err)
{
	switch (context->kind) {
	case CONTEXT_GIT:
	case CONTEXT_HTTP:
		return time_of_url(p, context->value, context->kind == CONTEXT_GIT, out,
		                   err);
	case CONTEXT_LOCAL:
		*out = -1;
		return 0;
	default:
		return invalid(context->name, err);
	}
}

/* FROM scratch, one ADD, and ARG: all that says nothing of the machine. */
static bool
is_one_source(const struct stage *stage)
{
	size_t n_add = 0;

	for (size_t i = 0; i < stage->instructions.n; i++) {
		const struct instruction *in = &stage->instructions.at[i];

		if (in->kind != INSTR_ARG && in->kind != INSTR_ADD)
			return false;
		n_add += in->kind == INSTR_ADD;
	}
	return n_add == 1 && text_is(stage->from->image, "scratch");
}

/* The only step of PLAN that brings something from elsewhere, or NULL. */
static const struct step *
find_source(const struct plan *plan)
{
	const struct step *found = NULL;

	for (size_t i = 0; i < plan->steps.n; i++) {
		const struct step *step = &plan->steps.at[i];

		if (step->kind != STEP_GIT && step->kind != STEP_HTTP)
			continue;
		if (found != NULL)
			return NULL;
		found = step;
	}
	return found;
}

static int
time_of_step(const struct epoch_places *p, const struct step *step, int64_t *out,
             struct error *err)
{
	const struct build_env env = { .store = p->remote->store,
		                       .registry = p->remote->registry,
		                       .offline = p->remote->offline,
		                       .cancel = p->remote->cancel,
		                       .secrets = p->remote->secrets,
		                       .n_secrets = p->remote->n_secrets,
		                       .unpack_max = p->remote->unpack_max };
	auto_buf struct buf url = BUF_INIT;

	if (step->kind == STEP_HTTP)
		return step_http_time(&env, step, out, err);
	buf_add_text(&url, step->git.url);
	if (step->git.ref.n > 0)
		buf_print(&url, "#%.*s", TEXT_ARG(step->git.ref));
	return time_of_url(p, buf_text(&url), true, out, err);
}

/* The stage is planned as if it were the target, for what its ADD expands to. */
static int
time_of_stage(const struct epoch_places *p, const struct stage *stage, int64_t *out,
              struct error *err)
{
	const struct variable none = { TEXT("SOURCE_DATE_EPOCH"), TEXT("") };
	struct plan_options options = *p->options;
	auto_free struct variable *args = mem_new_n(options.n_build_args + 1,
	                                            sizeof *args);
	struct plan *plan = NULL;
	const struct step *step = NULL;
	int result = -1;

	if (!is_one_source(stage))
		return invalid(stage->name, err);
	for (size_t i = 0; i < options.n_build_args; i++)
		args[i] = options.build_args[i];
	args[options.n_build_args++] = none;
	options.build_args = args;
	options.target = stage->name;
	plan = bases_plan(p->df, &options, 1, p->source, p->bases, err);
	if (plan == NULL)
		return -1;
	step = find_source(plan);
	result = step == NULL ? invalid(stage->name, err)
	                      : time_of_step(p, step, out, err);
	plan_free(plan);
	return result;
}

int
epoch_find(const struct epoch_places *p, struct text name, int64_t *out,
           struct error *err)
{
	const struct plan_options *options = p->options;

	if (text_is(name, "context")) {
		*out = p->input->context_time;
		return 0;
	}
	for (size_t i = 0; i < options->n_contexts; i++)
		if (text_equal_nocase(options->contexts[i].name, name))
			return time_of_context(p, &options->contexts[i], out, err);
	for (size_t i = p->df->stages.n; i-- > 0;)
		if (p->df->stages.at[i].name.p != NULL &&
		    text_equal_nocase(p->df->stages.at[i].name, name))
			return time_of_stage(p, &p->df->stages.at[i], out, err);
	return invalid(name, err);
}

/* ------------------------------------------------------------ outputs */

int
epoch_of_outputs(const struct build_request *request, int64_t *out, struct error *err)
{
	const struct output *first = NULL;

	for (size_t i = 0; i < request->outputs.n; i++) {
		const struct output *output = &request->outputs.at[i];

		if (!output_has_layers(output))
			continue;
		if (first == NULL)
			first = output;
		if (first->epoch_given != output->epoch_given ||
		    first->epoch != output->epoch)
			return error_set(err, ERR_USAGE,
			                 "--output: all images of one build have the "
			                 "same source-date-epoch");
	}
	if (first == NULL || !first->epoch_given)
		return 0;
	*out = first->epoch;
	return 1;
}
