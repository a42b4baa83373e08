#include "parser/stages.h"

#include "base/base.h"
#include "base/number.h"
#include "base/suggest.h"
#include "parser/image_name.h"
#include "parser/lint_rules.h"
#include "parser/origin.h"
#include "parser/scope.h"
#include "parser/state.h"
#include "parser/step.h"

static struct text
lower_case(struct arena *arena, struct text t)
{
	char *copy = arena_copy_n(arena, t.p, t.n);

	for (size_t i = 0; i < t.n; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] | 0x20);
	return (struct text){ copy, t.n };
}

static struct node *
add_node(struct planner *p, size_t index, const struct instruction *at)
{
	struct node *node = mem_new(sizeof *node);

	node->index = index;
	node->at = at;
	node->files = STEP_NONE;
	state_init(&node->state);
	platform_copy(&node->platform, &p->options->target_platform);
	array_push(&p->nodes, node);
	return node;
}

void
node_free(struct node *node)
{
	platform_clear(&node->platform);
	platform_clear(&node->result);
	state_clear(&node->state);
	array_clear(&node->commands);
	free(node);
}

/* ------------------------------------------------------------ FROM */

/* A global ARG without a value still is a declaration. */
static void
tell_undefined(struct planner *p, const struct instruction *from,
               const struct mentioned *mentioned)
{
	struct variables known = { 0 };
	struct text value;

	variables_copy(&known, &p->globals);
	for (size_t i = 0; i < p->global_args.list.n; i++)
		variables_put(&known, p->global_args.list.at[i].name, TEXT(""));
	for (size_t i = 0; i < mentioned->unset.list.n; i++) {
		struct text name = mentioned->unset.list.at[i];

		if (!variables_find(&known, name, &value))
			lint_undefined_arg_in_from(&p->lint, from, name,
			                           variables_suggest(&known, name));
	}
	variables_clear(&known);
}

/* Names the argument that was probably meant by one that is unset. */
static void
add_suggestion(struct planner *p, const struct mentioned *mentioned, struct error *err)
{
	for (size_t i = 0; i < mentioned->unset.list.n; i++) {
		const char *near = variables_suggest(&p->globals,
		                                     mentioned->unset.list.at[i]);
		auto_free char *told = suggest_print("", near), *text = NULL;

		if (near == NULL)
			continue;
		text = mem_print("%s%s", err->text, told);
		free(err->text);
		err->text = take(text);
		return;
	}
}

/* For the outline, after all of FROM. */
static void
keep_mentions(struct planner *p, struct node *node, const struct mentioned *mentioned)
{
	size_t n = node->n_mentions + mentioned->set.list.n;
	struct text *list = arena_alloc_n(p->arena, n, sizeof *list);

	for (size_t i = 0; i < n; i++)
		list[i] = i < node->n_mentions
		                  ? node->mentions[i]
		                  : arena_text(
		                            p->arena,
		                            mentioned->set.list.at[i - node->n_mentions]);
	node->mentions = list;
	node->n_mentions = n;
}

static int
read_platform(struct planner *p, struct node *node, struct error *err)
{
	const struct instruction *from = node->at;
	auto_mentioned struct mentioned mentioned = { 0 };
	struct text raw = from->flag.platform, value, target = { 0 };

	if (raw.n == 0)
		return 0;
	if (scope_expand_from(p, &p->globals, raw, &value, &mentioned, err) < 0)
		return error_wrap(err, "failed to process arguments for platform %.*s",
		                  TEXT_ARG(raw));
	tell_undefined(p, from, &mentioned);
	keep_mentions(p, node, &mentioned);
	variables_find(&p->globals, TEXT("TARGETPLATFORM"), &target);
	lint_from_platform(
	        &p->lint, node->stage, value, mentioned.set.list.n,
	        mentioned.unset.list.n,
	        mentioned.set.list.n == 0 ? TEXT("") : mentioned.set.list.at[0], target);
	if (value.n == 0) {
		error_set(err, ERR_DOCKERFILE,
		          "empty platform value from expression %.*s", TEXT_ARG(raw));
		add_suggestion(p, &mentioned, err);
		return -1;
	}
	if (platform_parse(&node->platform, value, err) < 0) {
		err->code = ERR_DOCKERFILE;
		error_wrap(err, "failed to parse platform %.*s", TEXT_ARG(raw));
		add_suggestion(p, &mentioned, err);
		return -1;
	}
	node->has_platform = true;
	return 0;
}

int
stages_advise_unset(struct planner *p, const struct node *node, struct error *err)
{
	const char *near = NULL;

	if (node->unset.p == NULL)
		return -1;
	near = variables_suggest(&p->globals, node->unset);
	if (near != NULL)
		return error_hint(err, "%.*s is not set: did you mean %s?",
		                  TEXT_ARG(node->unset), near);
	return error_hint(
	        err,
	        "%.*s is not set: \"ARG %.*s=VALUE\" in front of the first FROM "
	        "gives it a value, or --build-arg with such an ARG",
	        TEXT_ARG(node->unset), TEXT_ARG(node->unset));
}

static int
read_image(struct planner *p, struct node *node, struct error *err)
{
	auto_mentioned struct mentioned mentioned = { 0 };
	struct text raw = node->at->image;
	int result = 0;

	if (node->index == 0 && p->options->edits.from.p != NULL) {
		node->image = arena_text(p->arena, p->options->edits.from);
		return 0;
	}
	result = scope_expand_from(p, &p->globals, raw, &node->image, &mentioned, err);
	tell_undefined(p, node->at, &mentioned);
	keep_mentions(p, node, &mentioned);
	if (mentioned.unset.list.n > 0)
		node->unset = arena_text(p->arena, mentioned.unset.list.at[0]);
	if (result == 0 && node->image.n == 0) {
		error_set(err, ERR_DOCKERFILE, "base name (%.*s) should not be blank",
		          TEXT_ARG(raw));
		result = stages_advise_unset(p, node, err);
	}
	return result;
}

/* FROM finds earlier stages only, and by their exact name. */
static void
find_base(struct planner *p, struct node *node)
{
	struct node *base = map_find(&p->names, node->image);

	if (node->is_replaced || base == NULL)
		return;
	node->base = base;
	node->origin = ORIGIN_NODE;
	platform_copy(&node->platform, &base->platform);
}

static int
make_stage(struct planner *p, const struct stage *stage, struct error *err)
{
	struct node *node = add_node(p, stage->index, stage->from);

	node->stage = stage;
	node->name = stage->name;
	node->shown = stage->name;
	if (stage->name.p == NULL)
		node->shown = text_of(arena_print(p->arena, "stage-%zu", stage->index));
	if (read_image(p, node, err) < 0 || read_platform(p, node, err) < 0)
		return error_at(err, stage->from->at);
	if (stage->name.p != NULL) {
		node->context = origin_find_context(p, stage->name, &node->platform);
		node->is_replaced = node->context != NULL;
	}
	find_base(p, node);
	if (stage->name.p != NULL)
		map_set(&p->names, stage->name, node);
	return 0;
}

/* A FROM that names no image unless a build argument is given. */
static void
check_defaults(struct planner *p)
{
	struct variables defaults = { 0 };

	for (size_t i = 0; i < p->df->stages.n && scope_defaults(p, &defaults); i++) {
		const struct instruction *from = p->df->stages.at[i].from;
		auto_error struct error ignored = ERROR_INIT;
		struct image_name parsed;
		struct text name;

		if (scope_expand_from(p, &defaults, from->image, &name, NULL, &ignored) <
		    0)
			break;
		if (image_name_parse(p->arena, name, &parsed, &ignored) < 0)
			lint_invalid_default_arg_in_from(&p->lint, from);
	}
	variables_clear(&defaults);
}

int
stages_make(struct planner *p, struct error *err)
{
	check_defaults(p);
	if (scope_globals(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->df->stages.n; i++)
		if (make_stage(p, &p->df->stages.at[i], err) < 0)
			return -1;
	return 0;
}

int
stages_find_target(struct planner *p, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;
	auto_free const char **names = NULL;
	auto_free char *near = NULL;
	struct text wanted = p->options->target;

	p->target = p->nodes.at[p->df->stages.n - 1];
	if (wanted.n == 0)
		return 0;
	p->target = map_find(&p->names, lower_case(p->arena, wanted));
	if (p->target != NULL)
		return 0;
	names = mem_new_n(p->names.n, sizeof *names);
	for (size_t i = 0; i < p->names.n; i++)
		names[i] = p->names.items[i].key.p;
	near = suggest_print("", suggest_find(wanted, names, p->names.n, true));
	buf_add_quoted(&quoted, wanted);
	return error_set(err, ERR_DOCKERFILE, "target stage %s could not be found%s",
	                 buf_str(&quoted), near);
}

/* ------------------------------------------------------------ --from */

/* The node that a command of NODE means by NAME: that of a stage, in any letter case,
 * else a node of its own. */
static struct node *
find_source(struct planner *p, const struct node *node, const struct instruction *in,
            struct text name)
{
	struct node *source = map_find(&p->names, lower_case(p->arena, name));

	if (source != NULL)
		return source;
	source = add_node(p, node->index, in);
	source->name = name;
	source->image = name;
	source->shown = TEXT("");
	return source;
}

/* COPY --from also takes the number of a stage. */
static int
find_copy_source(struct planner *p, const struct node *node, const struct instruction *in,
                 struct node **out, struct error *err)
{
	struct text from = in->flag.from, expanded;
	struct variables none = { 0 };
	auto_error struct error ignored = ERROR_INIT;
	int64_t index;

	if (scope_expand_from(p, &none, from, &expanded, NULL, &ignored) < 0 ||
	    !text_equal(from, expanded)) {
		error_set(err, ERR_DOCKERFILE,
		          "variable expansion is not supported for --from, define a new "
		          "stage with FROM using ARG from global scope as a workaround");
		return error_at(err, in->at);
	}
	if (!number_i64(from, &index)) {
		*out = find_source(p, node, in, from);
		return 0;
	}
	if (index < 0 || (uint64_t)index >= p->df->stages.n)
		return error_set(err, ERR_DOCKERFILE, "invalid stage index %lld",
		                 (long long)index);
	*out = p->nodes.at[index];
	return 0;
}

static struct text
mount_from(const struct raw_mount *mount)
{
	struct text from = { 0 };

	for (size_t i = 0; i < mount->fields.n; i++)
		if (text_is(mount->fields.at[i].key, "from") &&
		    mount->fields.at[i].has_value)
			from = mount->fields.at[i].value;
	return from;
}

static void
find_mount_sources(struct planner *p, const struct node *node, struct command *command)
{
	const struct instruction *in = command->in;
	size_t n = in->flag.mounts.n;

	command->sources = arena_alloc_n(p->arena, n, sizeof(struct node *));
	command->n_sources = n;
	for (size_t i = 0; i < n; i++) {
		struct text from = mount_from(&in->flag.mounts.at[i]);

		if (from.n > 0)
			command->sources[i] = find_source(p, node, in, from);
	}
}

static bool
is_counted(const struct instruction *in)
{
	return in->kind == INSTR_RUN || in->kind == INSTR_COPY || in->kind == INSTR_ADD ||
	       in->kind == INSTR_WORKDIR;
}

int
stages_add_command(struct planner *p, struct node *node, const struct instruction *in,
                   bool is_trigger, struct command *out, struct error *err)
{
	*out = (struct command){ .in = in, .is_trigger = is_trigger };
	node->n_counted += is_counted(in);
	if (in->kind == INSTR_RUN)
		find_mount_sources(p, node, out);
	if (in->kind == INSTR_COPY && in->flag.from.n > 0) {
		out->sources = arena_alloc_n(p->arena, 1, sizeof(struct node *));
		out->n_sources = 1;
		return find_copy_source(p, node, in, out->sources, err);
	}
	return 0;
}

int
stages_join(struct planner *p, struct error *err)
{
	for (size_t i = 0; i < p->df->stages.n; i++) {
		struct node *node = p->nodes.at[i];

		if (node->is_replaced)
			continue;
		node->n_counted = node->base == NULL && !text_is(node->image, "scratch");
		for (size_t k = 0; k < node->stage->instructions.n; k++) {
			struct command *command = array_add(&node->commands);

			if (stages_add_command(p, node, &node->stage->instructions.at[k],
			                       false, command, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* ------------------------------------------------------------ walks */

/* One node on the way down, and the command where the way continues. */
struct walk_step {
	struct node *node;
	size_t command, source;
};

struct walk {
	ARRAY(struct walk_step) path;
};

/* The next node that the top of the path takes files from, or NULL. */
static struct node *
next_source(struct walk_step *top)
{
	while (top->command < top->node->commands.n) {
		const struct command *command = &top->node->commands.at[top->command];

		while (top->source < command->n_sources)
			if (command->sources[top->source++] != NULL)
				return command->sources[top->source - 1];
		top->command++;
		top->source = 0;
	}
	return NULL;
}

static int
fail_cycle(const struct walk *walk, struct error *err)
{
	const struct node *first = walk->path.at[0].node;

	error_set(err, ERR_DOCKERFILE, "circular dependency detected on stage: %.*s",
	          TEXT_ARG(first->shown));
	for (size_t i = walk->path.n; i-- > 0;) {
		const struct walk_step *step = &walk->path.at[i];

		error_at(err, step->node->commands.at[step->command].in->at);
	}
	return -1;
}

/* Searches depth first from START. STATES marks the nodes on the path, and those already
 * left without a cycle. */
static int
search_cycle(struct node *start, struct map *states, struct walk *walk, struct error *err)
{
	void *const on_path = walk, *const done = NULL;
	struct text key = { (const char *)&start, sizeof start };

	if (map_has(states, key))
		return 0;
	map_set(states, key, on_path);
	array_push(&walk->path, ((struct walk_step){ .node = start }));
	while (walk->path.n > 0) {
		struct walk_step *top = &walk->path.at[walk->path.n - 1];
		struct node *source = next_source(top);
		struct text from = { (const char *)&top->node, sizeof top->node };
		struct text to = { (const char *)&source, sizeof source };

		if (source == NULL) {
			map_set(states, from, done);
			walk->path.n--;
		} else if (map_find(states, to) == on_path) {
			return fail_cycle(walk, err);
		} else if (!map_has(states, to)) {
			map_set(states, to, on_path);
			array_push(&walk->path, ((struct walk_step){ .node = source }));
		}
	}
	return 0;
}

int
stages_check_cycles(struct planner *p, struct error *err)
{
	auto_map struct map states = MAP_INIT;
	struct walk walk = { 0 };
	int result = 0;

	for (size_t i = 0; i < p->nodes.n && result == 0; i++)
		result = search_cycle(p->nodes.at[i], &states, &walk, err);
	array_clear(&walk.path);
	return result;
}

static void
reach(struct walk *todo, struct node *node)
{
	if (node == NULL || node->is_reachable)
		return;
	node->is_reachable = true;
	array_push(&todo->path, ((struct walk_step){ .node = node }));
}

static void
reach_sources(struct walk *todo, const struct node *node)
{
	for (size_t i = 0; i < node->commands.n; i++)
		for (size_t k = 0; k < node->commands.at[i].n_sources; k++)
			reach(todo, node->commands.at[i].sources[k]);
}

/* May be called again after commands were added. */
void
stages_mark_reachable(struct planner *p)
{
	struct walk todo = { 0 };

	reach(&todo, p->target);
	for (size_t i = 0; i < p->nodes.n; i++) {
		struct node *node = p->nodes.at[i];

		if (p->options->all_stages)
			reach(&todo, node);
		if (node->is_reachable) {
			reach(&todo, node->base);
			reach_sources(&todo, node);
		}
	}
	while (todo.path.n > 0) {
		struct node *node = todo.path.at[--todo.path.n].node;

		reach(&todo, node->base);
		reach_sources(&todo, node);
	}
	array_clear(&todo.path);
}
