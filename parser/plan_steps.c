#include "parser/plan_steps.h"

#include <ctype.h>

#include "base/base.h"
#include "parser/image_name.h"

struct step *
plan_step_add(struct planner *p, const struct node *node, enum step_kind kind,
              const struct instruction *in, step_id base)
{
	struct step *step = array_add(&p->plan->steps);

	step->kind = kind;
	step->id = p->plan->steps.n - 1;
	step->base = base;
	step->at = in->at;
	step->stage = node->index;
	return step;
}

/* ------------------------------------------------------------ inputs */

struct inputs {
	ARRAY(step_id) list;
};

static void
add_input(struct inputs *inputs, step_id id)
{
	if (id == STEP_NONE)
		return;
	for (size_t i = 0; i < inputs->list.n; i++)
		if (inputs->list.at[i] == id)
			return;
	array_push(&inputs->list, id);
}

void
plan_step_finish(struct planner *p, struct step *step)
{
	struct inputs inputs = { 0 };

	add_input(&inputs, step->base);
	if (step->kind == STEP_COPY)
		for (size_t i = 0; i < step->copy.sources.n; i++)
			add_input(&inputs, step->copy.sources.at[i].from);
	if (step->kind == STEP_RUN)
		for (size_t i = 0; i < step->run.mounts.n; i++)
			add_input(&inputs, step->run.mounts.at[i].from);
	planner_freeze(p, &step->inputs, &inputs.list);
}

/* ------------------------------------------------------------ sources */

/* The source step that KEY stands for: *IS_NEW if it must be filled in. */
static struct step *
source(struct planner *p, const struct node *node, enum step_kind kind,
       const struct instruction *in, const struct buf *key, bool *is_new)
{
	size_t known = (size_t)(uintptr_t)map_find(&p->sources, buf_text(key));
	struct step *step;

	*is_new = known == 0;
	if (known > 0)
		return &p->plan->steps.at[known - 1];
	step = plan_step_add(p, node, kind, in, STEP_NONE);
	map_set(&p->sources, buf_text(key), (void *)(uintptr_t)(step->id + 1));
	return step;
}

static void
add_part(struct buf *key, const char *name, struct text part)
{
	buf_print(key, " %s %zu%c", name, part.n, part.p == NULL ? '-' : ':');
	buf_add_text(key, part);
}

step_id
plan_step_scratch(struct planner *p, const struct node *node)
{
	auto_buf struct buf key = BUF_INIT;
	bool is_new;

	buf_add_str(&key, "scratch");
	return source(p, node, STEP_SCRATCH, node->at, &key, &is_new)->id;
}

/* The reference with the digest that it turned out to have. */
static struct text
image_title(struct planner *p, const struct node *node)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf b = BUF_INIT;
	struct image_name name;
	char digest[DIGEST_TEXT_MAX];

	if (node->context != NULL)
		buf_print(&b, "[context %.*s] ", (int)node->context->name.n,
		          node->context->name.p);
	else
		buf_add_str(&b, "FROM ");
	if ((node->context != NULL && node->context->kind == CONTEXT_LAYOUT) ||
	    image_name_parse(p->arena, node->found->name, &name, &ignored) < 0) {
		buf_add_text(&b, node->found->name);
		return arena_text(p->arena, buf_text(&b));
	}
	buf_add_text(&b, name.full);
	if (!name.has_digest && digest_known(&node->found->digest))
		buf_print(&b, "@%s", digest_text(&node->found->digest, digest));
	return arena_text(p->arena, buf_text(&b));
}

step_id
plan_step_image(struct planner *p, struct node *node)
{
	auto_buf struct buf key = BUF_INIT;
	struct text title = image_title(p, node);
	struct text name = node->context != NULL ? title : plan_step_name(p, node, title);
	struct step *step;
	bool is_new;

	buf_print(&key, "image %p", (const void *)node->found);
	step = source(p, node, STEP_IMAGE, node->at, &key, &is_new);
	if (is_new) {
		step->image.base = node->found;
		step->command = title;
		step->name = name;
	}
	return step->id;
}

step_id
plan_step_local(struct planner *p, const struct node *node, const struct instruction *in,
                const struct named_context *c)
{
	auto_buf struct buf key = BUF_INIT;
	struct step *step;
	bool is_new;

	add_part(&key, "local", c == NULL ? (struct text){ 0 } : c->name);
	step = source(p, node, STEP_LOCAL, in, &key, &is_new);
	if (is_new) {
		step->local.context = c == NULL ? (struct text){ 0 } : c->name;
		step->name = TEXT("[internal] load build context");
		if (c != NULL)
			step->name = text_of(
			        arena_print(p->arena, "[context %.*s] load from client",
			                    (int)c->name.n, c->name.p));
		step->command = step->name;
	}
	return step->id;
}

step_id
plan_step_git(struct planner *p, const struct node *node, const struct instruction *in,
              const struct step_git *git, struct text name)
{
	auto_buf struct buf key = BUF_INIT;
	struct step *step;
	bool is_new;

	add_part(&key, "git", git->url);
	add_part(&key, "ref", git->ref);
	add_part(&key, "subdir", git->subdir);
	add_part(&key, "checksum", git->checksum);
	buf_print(&key, " %d %d %d", git->keep_git_dir, git->submodules,
	          git->commit_time);
	step = source(p, node, STEP_GIT, in, &key, &is_new);
	if (is_new) {
		step->git = *git;
		step->name = name;
		step->command = name;
	}
	return step->id;
}

step_id
plan_step_http(struct planner *p, const struct node *node, const struct instruction *in,
               const struct step_http *http, struct text name)
{
	auto_buf struct buf key = BUF_INIT;
	struct step *step;
	bool is_new;

	add_part(&key, "http", http->url);
	add_part(&key, "name", http->name);
	add_part(&key, "checksum", http->checksum);
	add_part(&key, "chmod", http->chmod);
	step = source(p, node, STEP_HTTP, in, &key, &is_new);
	if (is_new) {
		step->http = *http;
		step->name = name;
		step->command = name;
	}
	return step->id;
}

/* ------------------------------------------------------------ names */

static int
width(size_t n)
{
	int digits = 1;

	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

/* A node that is no stage has nothing to count. */
struct text
plan_step_name(struct planner *p, struct node *node, struct text text)
{
	bool alone = p->df->stages.n == 1;

	if (node->n_counted == 0)
		return text;
	node->n_shown++;
	return text_of(arena_print(p->arena, "[%.*s%s%*zu/%zu] %.*s",
	                           alone ? 0 : (int)node->shown.n, node->shown.p,
	                           alone ? "" : " ", width(node->n_counted),
	                           node->n_shown, node->n_counted, (int)text.n, text.p));
}

struct text
plan_step_command(struct planner *p, const struct command *command, struct text line)
{
	char *text = arena_print(p->arena, "%s%.*s",
	                         command->is_trigger ? "ONBUILD " : "", (int)line.n,
	                         line.p);
	char *keyword = text + (command->is_trigger ? strlen("ONBUILD ") : 0);

	for (; isalpha((unsigned char)*keyword); keyword++)
		*keyword = (char)toupper((unsigned char)*keyword);
	return text_of(text);
}

/* ------------------------------------------------------------ pruning */

static void
renumber(step_id *id, const step_id *numbers)
{
	if (*id != STEP_NONE)
		*id = numbers[*id];
}

static void
renumber_step(struct step *step, const step_id *numbers)
{
	renumber(&step->id, numbers);
	renumber(&step->base, numbers);
	for (size_t i = 0; i < step->inputs.n; i++)
		renumber(&step->inputs.at[i], numbers);
	if (step->kind == STEP_COPY)
		for (size_t i = 0; i < step->copy.sources.n; i++)
			renumber(&step->copy.sources.at[i].from, numbers);
	if (step->kind == STEP_RUN)
		for (size_t i = 0; i < step->run.mounts.n; i++)
			renumber(&step->run.mounts.at[i].from, numbers);
}

void
plan_steps_prune(struct planner *p)
{
	struct plan *plan = p->plan;
	auto_free bool *needed = mem_new_n(plan->steps.n, sizeof *needed);
	auto_free step_id *numbers = mem_new_n(plan->steps.n, sizeof *numbers);
	size_t n = 0;

	needed[plan->image.step] = true;
	for (size_t i = plan->steps.n; i-- > 0;)
		for (size_t k = 0; needed[i] && k < plan->steps.at[i].inputs.n; k++)
			needed[plan->steps.at[i].inputs.at[k]] = true;
	for (size_t i = 0; i < plan->steps.n; i++)
		numbers[i] = needed[i] ? n++ : STEP_NONE;
	if (n == plan->steps.n)
		return;
	n = 0;
	for (size_t i = 0; i < plan->steps.n; i++) {
		if (!needed[i])
			continue;
		plan->steps.at[n] = plan->steps.at[i];
		renumber_step(&plan->steps.at[n++], numbers);
	}
	plan->steps.n = n;
	renumber(&plan->image.step, numbers);
	renumber(&plan->image.base, numbers);
	for (size_t i = 0; i < plan->image.history.n; i++)
		renumber(&plan->image.history.at[i].step, numbers);
}
