#include "parser/onbuild.h"

#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/plan.h"
#include "parser/stages.h"
#include "parser/step.h"

struct triggers {
	ARRAY(struct text) list;
};

/* Triggers in the configuration of a base image, which may stand for a whole
 * stage, or ONBUILDs written in the stage that NODE is built on. */
static void
collect(const struct node *node, struct triggers *out)
{
	const struct base_image *image = node->base == NULL ? node->found
	                                                    : node->base->found;

	if (image != NULL && (node->base == NULL || node->base->is_replaced))
		for (size_t i = 0; i < image->config.onbuild.n; i++)
			array_push(&out->list, image->config.onbuild.at[i]);
	for (size_t i = 0; node->base != NULL && i < node->base->commands.n; i++) {
		const struct command *command = &node->base->commands.at[i];

		if (command->in->kind == INSTR_ONBUILD && !command->is_trigger)
			array_push(&out->list, command->in->trigger);
	}
}

/* Puts the N commands TRIGGERS in front of NODE's own. */
static void
put_first(struct node *node, const struct command *triggers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)array_add(&node->commands);
	memmove(node->commands.at + n, node->commands.at,
	        (node->commands.n - n) * sizeof *triggers);
	memcpy(node->commands.at, triggers, n * sizeof *triggers);
}

static int
add_triggers(struct planner *p, struct node *node, const struct triggers *triggers,
             struct error *err)
{
	size_t n = triggers->list.n;
	auto_free struct command *commands = mem_new_n(n, sizeof *commands);
	bool needs_more = false;

	for (size_t i = 0; i < n; i++) {
		struct instruction *in = arena_alloc(p->arena, sizeof *in);

		if (dockerfile_parse_trigger(p->df, triggers->list.at[i], node->at->at,
		                             in, err) < 0)
			return -1;
		if (stages_add_command(p, node, in, true, &commands[i], err) < 0) {
			if (err->n_at == 0)
				error_at(err, node->at->at);
			return -1;
		}
		needs_more = needs_more || commands[i].n_sources > 0;
	}
	put_first(node, commands, n);
	return needs_more;
}

int
onbuild_add(struct planner *p, struct error *err)
{
	int needs_more = 0;

	for (size_t i = 0; i < p->nodes.n; i++) {
		struct node *node = p->nodes.at[i];
		struct triggers triggers = { 0 };
		int added = 0;

		if (!node->is_reachable || node->has_triggers || node->is_replaced ||
		    node->stage == NULL)
			continue;
		node->has_triggers = true;
		collect(node, &triggers);
		if (triggers.list.n > 0)
			added = add_triggers(p, node, &triggers, err);
		array_clear(&triggers.list);
		if (added < 0)
			return -1;
		needs_more = needs_more || added;
	}
	return needs_more;
}
