#include "builder/order/call.h"

#include "base/base.h"
#include "parser/subrequests.h"

static int
outline(const struct call *c, struct build_outcome *out, struct error *err)
{
	struct plan_options options = c->options[0];
	struct plan *plan = NULL;

	options.wants_outline = true;
	plan = bases_plan(c->df, &options, 1, &c->source, c->bases, err);
	if (plan == NULL)
		return -1;
	out->printed = c->request->call_json ? outline_print_json(plan)
	                                     : outline_print_text(plan);
	plan_free(plan);
	return 0;
}

/* Errors of the Dockerfile, or of files and images that it names, are part of the
 * answer. */
static bool
is_finding(enum error_code code)
{
	return code == ERR_DOCKERFILE || code == ERR_SOURCE || code == ERR_POLICY;
}

/* What comes before a mistake. */
static struct plan *
plan_of_part(const struct call *c, const struct plan_options *options)
{
	struct plan *plan = NULL;

	for (size_t i = 0; i < c->n_options; i++) {
		auto_error struct error ignored = ERROR_INIT;
		struct plan *next = bases_check(c->df, &options[i], c->bases, &ignored);

		if (plan == NULL)
			plan = next;
		else
			plan_join(plan, next);
	}
	return plan;
}

static struct plan *
plan_of_check(const struct call *c, struct error *err)
{
	auto_free struct plan_options *options = mem_new_n(c->n_options, sizeof *options);
	struct plan *plan = NULL;

	for (size_t i = 0; i < c->n_options; i++) {
		options[i] = c->options[i];
		options[i].all_stages = options[i].target.n == 0;
	}
	if (!c->df->is_part)
		plan = bases_plan(c->df, options, c->n_options, &c->source, c->bases,
		                  err);
	if (plan == NULL)
		return plan_of_part(c, options);
	plan_check_lint(plan, err);
	return plan;
}

static int
check(const struct call *c, struct build_outcome *out, struct error *err)
{
	struct plan *plan = plan_of_check(c, err);
	bool is_answered = err->code == ERR_NONE || is_finding(err->code);
	int result = 0;

	if (is_answered) {
		out->status = err->code != ERR_NONE || plan->warnings.n > 0;
		out->printed = c->request->call_json ? check_print_json(plan, err)
		                                     : check_print_text(plan, err);
	}
	if (is_answered && c->request->call_json)
		error_clear(err);
	else if (err->code != ERR_NONE)
		result = -1;
	plan_free(plan);
	return result;
}

int
call_answer(const struct call *c, struct build_outcome *out, struct error *err)
{
	switch (c->request->call) {
	case CALL_BUILD:
		break;
	case CALL_CHECK:
		return check(c, out, err);
	case CALL_OUTLINE:
		return outline(c, out, err);
	case CALL_TARGETS:
		out->printed = c->request->call_json ? targets_print_json(c->df)
		                                     : targets_print_text(c->df);
		break;
	case CALL_DESCRIBE:
		out->printed = c->request->call_json ? describe_print_json()
		                                     : describe_print_text();
		break;
	}
	return 0;
}
