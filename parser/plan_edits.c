#include "parser/plan_edits.h"

#include "base/base.h"
#include "parser/state.h"
#include "parser/variables.h"

void
plan_edits_begin(struct planner *p, struct node *node)
{
	const struct plan_edits *edits = &p->options->edits;
	struct state *state = &node->state;

	if (node->origin == ORIGIN_NODE)
		return;
	if (edits->drops_labels)
		variables_clear(&state->labels);
	for (size_t i = 0; i < edits->n_unset_labels; i++)
		variables_remove(&state->labels, edits->unset_labels[i]);
	for (size_t i = 0; i < edits->n_env; i++)
		variables_put(&state->config_env,
		              arena_text(p->arena, edits->env[i].name),
		              arena_text(p->arena, edits->env[i].value));
}

void
plan_edits_end(struct planner *p, struct state *state)
{
	const struct plan_edits *edits = &p->options->edits;

	for (size_t i = 0; i < edits->n_unset_env; i++)
		variables_remove(&state->config_env, edits->unset_env[i]);
}
