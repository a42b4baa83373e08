#include "parser/plan.h"

#include "base/base.h"
#include "base/number.h"
#include "parser/lint_rules.h"
#include "parser/onbuild.h"
#include "parser/origin.h"
#include "parser/outline.h"
#include "parser/plan_config.h"
#include "parser/plan_edits.h"
#include "parser/plan_layers.h"
#include "parser/plan_steps.h"
#include "parser/planner.h"
#include "parser/scope.h"
#include "parser/stages.h"
#include "parser/state.h"

/* ------------------------------------------------------------ settings */

static bool
is_on(const struct planner *p, const char *name)
{
	struct text value;
	bool on = false;

	return planner_build_arg(p, name, &value) && number_bool(value, &on) && on;
}

static int
read_settings(struct planner *p, struct error *err)
{
	struct text value;
	bool on;

	if (planner_build_arg(p, "BUILDKIT_MULTI_PLATFORM", &value) &&
	    !number_bool(value, &on))
		return error_set(err, ERR_USAGE,
		                 "invalid boolean value for multi-platform: %.*s",
		                 TEXT_ARG(value));
	p->plan->multi_platform = is_on(p, "BUILDKIT_MULTI_PLATFORM");
	p->plan->inline_cache = is_on(p, "BUILDKIT_INLINE_CACHE");
	return 0;
}

/* The first blank ends the directive's value; a build argument replaces it. */
static struct text
check_options(const struct planner *p)
{
	struct text rest = p->df->check, options = text_cut(&rest, ' ');

	planner_build_arg(p, "BUILDKIT_DOCKERFILE_CHECK", &options);
	return options;
}

/* A build argument, or an ARG before the first FROM. */
static void
read_epoch(struct planner *p)
{
	struct text epoch = { 0 };

	if (!planner_build_arg(p, "SOURCE_DATE_EPOCH", &epoch) &&
	    !variables_find(&p->globals, TEXT("SOURCE_DATE_EPOCH"), &epoch))
		return;
	if (epoch.n > 0)
		p->plan->epoch = arena_text(p->arena, epoch);
}

/* ------------------------------------------------------------ the graph */

static int
make_graph(struct planner *p, struct error *err)
{
	if (stages_make(p, err) < 0 || stages_find_target(p, err) < 0 ||
	    stages_join(p, err) < 0 || stages_check_cycles(p, err) < 0)
		return -1;
	return 0;
}

/* Looks up what is needed; commands from triggers may need more. 1 if everything is
 * known, 0 if some images are missing. */
static int
find_origins(struct planner *p, struct error *err)
{
	for (;;) {
		int added;

		stages_mark_reachable(p);
		if (origin_check_names(p, err) < 0 || origin_resolve(p, err) < 0)
			return -1;
		if (p->plan->missing.n > 0)
			return 0;
		added = onbuild_add(p, err);
		if (added < 0)
			return -1;
		if (!added)
			return 1;
	}
}

/* ------------------------------------------------------------ going through */

static int
dispatch(struct planner *p, struct node *node, const struct command *command,
         struct error *err)
{
	switch (command->in->kind) {
	case INSTR_RUN:
		return plan_run(p, node, command, err);
	case INSTR_COPY:
	case INSTR_ADD:
		return plan_copy(p, node, command, err);
	case INSTR_WORKDIR:
		return plan_workdir(p, node, command, err);
	default:
		return plan_config_instruction(p, node, command->in, err);
	}
}

/* Reports errors in the commands of NODE after its invalid command number FIRST. No steps
 * are made for them. */
static void
note_others(struct planner *p, struct node *node, size_t first, struct error *err)
{
	for (size_t i = first + 1; err->code == ERR_DOCKERFILE && i < node->commands.n;
	     i++) {
		const struct command *command = &node->commands.at[i];
		auto_error struct error other = ERROR_INIT;

		if (dispatch(p, node, command, &other) == 0 ||
		    other.code != ERR_DOCKERFILE)
			continue;
		if (other.n_at == 0)
			error_at(&other, command->in->at);
		error_also(err, &other);
	}
}

bool
planner_needs_state(const struct planner *p, const struct node *node)
{
	return node->n_children_left > 0 || node == p->target ||
	       p->options->wants_outline;
}

static int
dispatch_node(struct planner *p, struct node *node, struct error *err)
{
	if (origin_begin(p, node, err) < 0)
		return -1;
	plan_edits_begin(p, node);
	state_begin(&node->state);
	if (node->stage != NULL && !node->is_replaced)
		origin_layers(p, node);
	for (size_t i = 0; i < node->commands.n; i++) {
		const struct command *command = &node->commands.at[i];

		if (dispatch(p, node, command, err) == 0)
			continue;
		if (err->n_at == 0)
			error_at(err, command->in->at);
		note_others(p, node, i, err);
		return -1;
	}
	node->is_done = true;
	if (!planner_needs_state(p, node))
		state_clear(&node->state);
	return 0;
}

static bool
waits_for_nothing(const struct node *node)
{
	return node->stage == NULL || node->is_replaced;
}

static void
count_heirs(struct planner *p)
{
	for (size_t i = 0; i < p->nodes.n; i++) {
		struct node *node = p->nodes.at[i];

		if (node->is_reachable && node->origin == ORIGIN_NODE)
			node->base->n_children_left++;
	}
}

/* The others come in the file's order. */
static int
dispatch_all(struct planner *p, struct error *err)
{
	count_heirs(p);
	for (size_t i = 0; i < p->nodes.n; i++) {
		struct node *node = p->nodes.at[i];

		if (node->is_reachable && waits_for_nothing(node) &&
		    dispatch_node(p, node, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->df->stages.n; i++) {
		struct node *node = p->nodes.at[i];

		if (node->is_reachable && !node->is_done &&
		    dispatch_node(p, node, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ the image */

static bool
is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

/* An explicit platform is also the image's, whatever its base says. */
static void
set_platform(struct planner *p, struct plan_image *image)
{
	const struct platform *wanted = &p->options->target_platform;
	const struct platform *base = &p->target->result;
	bool has_base = !is_empty(base->arch);
	bool same = has_base && strcmp(base->os, wanted->os) == 0 &&
	            strcmp(base->arch, wanted->arch) == 0;

	if (!p->options->explicit_platform) {
		platform_copy(&image->platform, has_base ? base : wanted);
		return;
	}
	platform_set(&image->platform, wanted->os, wanted->arch,
	             is_empty(wanted->variant) && same ? base->variant : wanted->variant,
	             is_empty(wanted->os_version) && same ? base->os_version
	                                                  : wanted->os_version);
}

static void
set_history(struct planner *p, struct plan_image *image)
{
	const struct history_chain *past = p->target->state.history;
	size_t n = past == NULL ? 0 : past->n;

	image->history.at = arena_alloc_n(p->arena, n, sizeof *image->history.at);
	image->history.n = image->history.cap = n;
	for (; past != NULL; past = past->before)
		image->history.at[past->n - 1] = past->entry;
}

static void
make_image(struct planner *p)
{
	struct plan_image *image = &p->plan->image;
	struct state *state = &p->target->state;

	for (size_t i = 0; i < p->options->n_labels; i++)
		variables_put(&state->labels, p->options->labels[i].name,
		              p->options->labels[i].value);
	plan_edits_end(p, state);
	image->stage = p->target->index;
	image->step = origin_layers(p, p->target);
	image->base = state->origin;
	state_config(state, p->arena, &image->config);
	set_platform(p, image);
	set_history(p, image);
	plan_steps_prune(p);
}

/* ------------------------------------------------------------ all of it */

static int
make(struct planner *p, struct error *err)
{
	int known;

	if (read_settings(p, err) < 0 ||
	    lint_init(&p->lint, p->arena, check_options(p), err) < 0)
		return -1;
	origin_init(p);
	lint_file(&p->lint, p->df);
	if (p->df->is_part)
		return 0;
	if (make_graph(p, err) < 0)
		return -1;
	known = find_origins(p, err);
	if (known <= 0)
		return known;
	read_epoch(p);
	if (dispatch_all(p, err) < 0)
		return -1;
	make_image(p);
	if (p->options->wants_outline)
		outline_make(p);
	return 0;
}

static void
planner_clear(struct planner *p)
{
	for (size_t i = 0; i < p->nodes.n; i++)
		node_free(p->nodes.at[i]);
	array_clear(&p->nodes);
	map_clear(&p->build_args);
	map_clear(&p->names);
	map_clear(&p->contexts);
	map_clear(&p->sources);
	variables_clear(&p->globals);
	variables_clear(&p->global_args);
	lint_clear(&p->lint);
}

struct plan *
plan_check(struct dockerfile *df, const struct plan_options *options,
           const struct base_image *const *bases, size_t n_bases, struct error *err)
{
	struct plan *plan = mem_new(sizeof *plan);
	struct planner p = { .df = df,
		             .options = options,
		             .bases = bases,
		             .n_bases = n_bases,
		             .plan = plan };

	plan->arena = p.arena = arena_new();
	plan->df = df;
	plan->image.step = plan->image.base = STEP_NONE;
	scope_init(&p);
	if (make(&p, err) < 0 && err->n_at > 0 && err->file == NULL)
		err->file = mem_copy(df->name);
	lint_finish(&p.lint, plan);
	planner_clear(&p);
	return plan;
}

struct plan *
plan_make(struct dockerfile *df, const struct plan_options *options,
          const struct base_image *const *bases, size_t n_bases, struct error *err)
{
	struct plan *plan = plan_check(df, options, bases, n_bases, err);

	if (err->code == ERR_NONE)
		return plan;
	plan_free(plan);
	return NULL;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->missing.n; i++)
		platform_clear(&plan->missing.at[i].platform);
	platform_clear(&plan->image.platform);
	for (size_t i = 0; i < plan->others.n; i++)
		platform_clear(&plan->others.at[i].platform);
	array_clear(&plan->others);
	array_clear(&plan->missing);
	array_clear(&plan->steps);
	array_clear(&plan->warnings);
	array_clear(&plan->outline.args);
	array_clear(&plan->outline.secrets);
	array_clear(&plan->outline.agents);
	arena_free(plan->arena);
	free(plan);
}
