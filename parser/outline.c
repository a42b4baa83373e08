#include "parser/outline.h"

#include "base/base.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/mount_types.h"
#include "parser/plan.h"
#include "parser/scope.h"
#include "parser/step.h"

/* An ARG before the first FROM. */
struct global {
	struct outline_item item;
	struct words uses; /* earlier names in its default */
	bool is_followed;
};

struct search {
	struct planner *p;
	ARRAY(struct global) globals;
	struct map global_places; /* name → index + 1, the last one of a name */
	struct map told;          /* names of arguments in the outline */
	ARRAY(struct node *) todo;
	ARRAY(struct text) names; /* arguments that are still to be followed */
	size_t *rank;             /* of each stage: when it was visited, from 1 */
};

struct text
outline_description(const struct text *comments, size_t n, struct text name)
{
	for (size_t i = 0; i < n && name.n > 0; i++)
		if (comments[i].n > name.n && comments[i].p[name.n] == ' ' &&
		    text_equal(text_first(comments[i], name.n), name))
			return text_from(comments[i], name.n + 1);
	return (struct text){ 0 };
}

/* ------------------------------------------------------------ before the first FROM */

static struct outline_item
item_of(const struct instruction *in, struct text name, struct text value)
{
	return (struct outline_item){
		.name = name,
		.value = value,
		.description = outline_description(in->comments.at, in->comments.n, name),
		.at = in->at,
	};
}

static void
find_uses(struct search *s, const struct pair *pair, struct global *global)
{
	auto_mentioned struct mentioned mentioned = { 0 };
	auto_error struct error ignored = ERROR_INIT;
	struct text unused;

	if (!pair->has_value || scope_expand_from(s->p, &s->p->globals, pair->value,
	                                          &unused, &mentioned, &ignored) < 0)
		return;
	for (size_t i = 0; i < mentioned.set.list.n; i++)
		if (map_has(&s->global_places, mentioned.set.list.at[i]))
			array_push(&global->uses.list,
			           arena_text(s->p->arena, mentioned.set.list.at[i]));
}

static void
add_globals(struct search *s, const struct instruction *in)
{
	for (size_t i = 0; i < in->pairs.n; i++) {
		const struct pair *pair = &in->pairs.at[i];
		struct text name = arena_text(s->p->arena, pair->key);
		struct text value = { 0 }, given;
		struct global *global = array_add(&s->globals);

		variables_find(&s->p->globals, name, &value);
		global->item = item_of(in, name, value);
		if (!planner_build_arg(s->p, name.p, &given))
			find_uses(s, pair, global);
		map_set(&s->global_places, name, (void *)(uintptr_t)s->globals.n);
	}
}

/* ------------------------------------------------------------ arguments */

static void
tell_arg(struct search *s, const struct outline_item *item)
{
	if (map_set(&s->told, item->name, NULL))
		array_push(&s->p->plan->outline.args, *item);
}

static void
follow(struct search *s, struct text name)
{
	size_t place = (size_t)(uintptr_t)map_find(&s->global_places, name);
	struct global *global;

	if (place == 0)
		return;
	global = &s->globals.at[place - 1];
	tell_arg(s, &global->item);
	if (global->is_followed)
		return;
	global->is_followed = true;
	for (size_t i = 0; i < global->uses.list.n; i++)
		array_push(&s->names, global->uses.list.at[i]);
}

/* Without a default or build argument of its own, it takes the value from before the
 * first FROM. */
static bool
is_let_in(const struct search *s, const struct pair *pair, const char *name)
{
	struct text value;

	return !pair->has_value && !planner_build_arg(s->p, name, &value) &&
	       variables_find(&s->p->globals, pair->key, &value);
}

/* If a stage declares a name twice, the later declaration counts. */
static void
add_declared(struct search *s, const struct node *node, const struct instruction *in,
             struct map *seen)
{
	for (size_t i = in->pairs.n; i-- > 0;) {
		struct text name = arena_text(s->p->arena, in->pairs.at[i].key);
		struct text value = { 0 };
		struct outline_item item;

		if (!map_set(seen, name, NULL))
			continue;
		if (is_let_in(s, &in->pairs.at[i], name.p)) {
			array_push(&s->names, name);
			continue;
		}
		variables_find(&node->state.args, name, &value);
		item = item_of(in, name, value);
		tell_arg(s, &item);
	}
}

static void
visit(struct search *s, const struct node *node)
{
	auto_map struct map seen = MAP_INIT;

	for (size_t i = node->commands.n; i-- > 0;)
		if (node->commands.at[i].in->kind == INSTR_ARG)
			add_declared(s, node, node->commands.at[i].in, &seen);
	for (size_t i = 0; i < node->n_mentions; i++)
		array_push(&s->names, node->mentions[i]);
	while (s->names.n > 0)
		follow(s, s->names.at[--s->names.n]);
}

/* Starts at the target, so that its own declarations hide those of other stages. */
static void
visit_all(struct search *s)
{
	size_t n_visited = 0;

	array_push(&s->todo, s->p->target);
	while (s->todo.n > 0) {
		struct node *node = s->todo.at[--s->todo.n];

		if (node == NULL || node->stage == NULL || s->rank[node->index] > 0)
			continue;
		s->rank[node->index] = ++n_visited;
		visit(s, node);
		for (size_t i = node->commands.n; i-- > 0;)
			for (size_t k = node->commands.at[i].n_sources; k-- > 0;)
				array_push(&s->todo, node->commands.at[i].sources[k]);
		array_push(&s->todo, node->base);
	}
}

/* ------------------------------------------------------------ mounts */

struct found_mount {
	struct outline_item item;
	size_t rank, order;
};

struct found_mounts {
	ARRAY(struct found_mount) list;
};

static int
compare_found(const void *a, const void *b)
{
	const struct found_mount *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void
collect_mounts(const struct search *s, enum mount_type type, struct found_mounts *out)
{
	const struct plan *plan = s->p->plan;

	for (size_t i = 0; i < plan->steps.n; i++) {
		const struct step *step = &plan->steps.at[i];

		for (size_t k = 0; step->kind == STEP_RUN && k < step->run.mounts.n;
		     k++) {
			const struct step_mount *mount = &step->run.mounts.at[k];

			if (mount->type == type)
				array_push(&out->list,
				           ((struct found_mount){
				                   .item = { .name = mount->id,
				                             .required = mount->required,
				                             .at = step->at },
				                   .rank = s->rank[step->stage],
				                   .order = out->list.n }));
		}
	}
}

/* Each once, as the first stage that was visited has it. */
static void
add_mounts(const struct search *s, enum mount_type type, struct outline_items *out)
{
	auto_map struct map seen = MAP_INIT;
	struct found_mounts found = { 0 };

	collect_mounts(s, type, &found);
	array_sort(&found.list, compare_found);
	for (size_t i = 0; i < found.list.n; i++)
		if (map_set(&seen, found.list.at[i].item.name, NULL))
			array_push(out, found.list.at[i].item);
	array_clear(&found.list);
}

/* ------------------------------------------------------------ all of it */

static int
compare_items(const void *a, const void *b)
{
	const struct outline_item *x = a, *y = b;

	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return text_compare(x->name, y->name);
}

static void
search_clear(struct search *s)
{
	for (size_t i = 0; i < s->globals.n; i++)
		words_clear(&s->globals.at[i].uses);
	array_clear(&s->globals);
	map_clear(&s->global_places);
	map_clear(&s->told);
	array_clear(&s->todo);
	array_clear(&s->names);
	free(s->rank);
}

void
outline_make(struct planner *p)
{
	struct outline *out = &p->plan->outline;
	const struct instruction *from = p->target->stage->from;
	struct search s = { .p = p };

	s.rank = mem_new_n(p->df->stages.n, sizeof *s.rank);
	out->name = p->target->stage->name;
	out->description = outline_description(from->comments.at, from->comments.n,
	                                       out->name);
	for (size_t i = 0; i < p->df->globals.n; i++)
		add_globals(&s, &p->df->globals.at[i]);
	visit_all(&s);
	add_mounts(&s, MOUNT_SECRET, &out->secrets);
	add_mounts(&s, MOUNT_SSH, &out->agents);
	array_sort(&out->args, compare_items);
	array_sort(&out->secrets, compare_items);
	array_sort(&out->agents, compare_items);
	search_clear(&s);
}
