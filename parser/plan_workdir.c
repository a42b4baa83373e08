#include "base/base.h"
#include "base/path.h"
#include "parser/dockerfile.h"
#include "parser/lint_rules.h"
#include "parser/plan_layers.h"
#include "parser/plan_steps.h"
#include "parser/scope.h"
#include "parser/state.h"
#include "parser/step.h"

/* A relative path continues the current directory; an absolute one stays as it was
 * written, not cleaned. */
static struct text
next_workdir(struct planner *p, const struct state *state, struct text path)
{
	auto_free char *current = text_copy(state_workdir(state));
	auto_free char *joined = NULL;

	if (path.n == 0)
		return state_workdir(state);
	if (path.p[0] == '/')
		return path;
	joined = path_join(current, path.p);
	return arena_text(p->arena, text_of(joined));
}

static step_id
add_step(struct planner *p, struct node *node, const struct command *command)
{
	struct state *state = &node->state;
	struct text shown = scope_shown(p, node, command->in->line, false, NULL);
	struct text title = plan_step_command(p, command, shown);
	struct text name = plan_step_name(p, node, title);
	struct step *step = plan_step_add(p, node, STEP_MKDIR, command->in, state->step);

	step->name = name;
	step->command = title;
	step->mkdir.path = state->config.workdir;
	step->mkdir.user = state->config.user.p == NULL ? TEXT("") : state->config.user;
	plan_step_finish(p, step);
	state->step = step->id;
	return step->id;
}

int
plan_workdir(struct planner *p, struct node *node, const struct command *command,
             struct error *err)
{
	const struct instruction *in = command->in;
	struct state *state = &node->state;
	step_id step = STEP_NONE;
	struct text path;

	if (scope_expand(p, node, in, in->args.at[0], &path, err) < 0 ||
	    plan_check_word(path, err) < 0 ||
	    plan_check_word(state->config.user, err) < 0)
		return -1;
	if (!state->workdir_set)
		lint_workdir_relative_path(&p->lint, in, path);
	state->workdir_set = true;
	state->config.workdir = next_workdir(p, state, path);
	if (!text_is(state->config.workdir, "/"))
		step = add_step(p, node, command);
	state_add_history(state, p->arena,
	                  text_of(arena_print(p->arena, "WORKDIR %.*s",
	                                      TEXT_ARG(state->config.workdir))),
	                  step);
	return 0;
}
