#include "parser/plan_steps.h"

#include <ctype.h>

#include "base/base.h"
#include "base/redact.h"
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

static void
add_part(struct buf *key, const char *name, struct text part)
{
	buf_print(key, " %s %zu%c", name, part.n, part.p == NULL ? '-' : ':');
	buf_add_text(key, part);
}

static void
add_git(struct buf *key, const struct step_git *git)
{
	add_part(key, "git", git->url);
	add_part(key, "ref", git->ref);
	add_part(key, "subdir", git->subdir);
	add_part(key, "checksum", git->checksum);
	buf_print(key, " %d %d %d", git->keep_git_dir, git->submodules, git->commit_time);
}

bool
plan_step_identity(const struct step *step, struct buf *key)
{
	switch (step->kind) {
	case STEP_SCRATCH:
		buf_add_str(key, "scratch");
		return true;
	case STEP_IMAGE:
		buf_print(key, "image %p", (const void *)step->image.base);
		return true;
	case STEP_LOCAL:
		add_part(key, "local", step->local.context);
		return true;
	case STEP_GIT:
		add_git(key, &step->git);
		return true;
	case STEP_HTTP:
		add_part(key, "http", step->http.url);
		add_part(key, "name", step->http.name);
		add_part(key, "checksum", step->http.checksum);
		add_part(key, "chmod", step->http.chmod);
		return true;
	case STEP_RUN:
	case STEP_COPY:
	case STEP_MKDIR:
		break;
	}
	return false;
}

/* The step of the plan for the same source as WANTED; if there is none, WANTED becomes a
 * new step (*IS_NEW) for IN in NODE. */
static struct step *
source(struct planner *p, const struct node *node, const struct instruction *in,
       const struct step *wanted, bool *is_new)
{
	auto_buf struct buf key = BUF_INIT;
	size_t known = 0;
	struct step *step, place;

	plan_step_identity(wanted, &key);
	known = (size_t)(uintptr_t)map_find(&p->sources, buf_text(&key));
	*is_new = known == 0;
	if (known > 0)
		return &p->plan->steps.at[known - 1];
	step = plan_step_add(p, node, wanted->kind, in, STEP_NONE);
	place = *step;
	*step = *wanted;
	step->id = place.id;
	step->base = STEP_NONE;
	step->at = place.at;
	step->stage = place.stage;
	map_set(&p->sources, buf_text(&key), (void *)(uintptr_t)(step->id + 1));
	return step;
}

step_id
plan_step_scratch(struct planner *p, const struct node *node)
{
	const struct step wanted = { .kind = STEP_SCRATCH };
	bool is_new;

	return source(p, node, node->at, &wanted, &is_new)->id;
}

/* The reference with the digest that was found for it. */
static struct text
image_title(struct planner *p, const struct node *node)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_buf struct buf b = BUF_INIT;
	struct image_name name;
	char digest[DIGEST_TEXT_MAX];

	if (node->context != NULL)
		buf_print(&b, "[context %.*s] ", TEXT_ARG(node->context->name));
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
	const struct step wanted = { .kind = STEP_IMAGE, .image = { node->found } };
	struct text title = image_title(p, node);
	struct text name = node->context != NULL ? title : plan_step_name(p, node, title);
	bool is_new;
	struct step *step = source(p, node, node->at, &wanted, &is_new);

	if (is_new) {
		step->command = title;
		step->name = name;
	}
	return step->id;
}

step_id
plan_step_local(struct planner *p, const struct node *node, const struct instruction *in,
                const struct named_context *c)
{
	const struct step wanted = {
		.kind = STEP_LOCAL, .local = { c == NULL ? (struct text){ 0 } : c->name }
	};
	bool is_new;
	struct step *step = source(p, node, in, &wanted, &is_new);

	if (is_new) {
		step->name = TEXT("[internal] load build context");
		if (c != NULL)
			step->name = text_of(
			        arena_print(p->arena, "[context %.*s] load from client",
			                    TEXT_ARG(c->name)));
		step->command = step->name;
	}
	return step->id;
}

/* The shown part of a source's address. */
static struct text
redacted(struct planner *p, struct text t)
{
	auto_buf struct buf b = BUF_INIT;

	if (!text_has_userinfo(t))
		return t;
	buf_add_redacted(&b, t);
	return arena_text(p->arena, buf_text(&b));
}

step_id
plan_step_git(struct planner *p, const struct node *node, const struct instruction *in,
              const struct step_git *git, struct text name)
{
	const struct step wanted = { .kind = STEP_GIT, .git = *git };
	bool is_new;
	struct step *step = source(p, node, in, &wanted, &is_new);

	if (is_new) {
		step->name = redacted(p, name);
		step->command = step->name;
	}
	return step->id;
}

step_id
plan_step_http(struct planner *p, const struct node *node, const struct instruction *in,
               const struct step_http *http, struct text name)
{
	const struct step wanted = { .kind = STEP_HTTP, .http = *http };
	bool is_new;
	struct step *step = source(p, node, in, &wanted, &is_new);

	if (is_new) {
		step->name = redacted(p, name);
		step->command = step->name;
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

/* "->arm64": the platform that the stage builds for, if it uses that and it differs. */
static void
add_target(const struct node *node, const struct platform *own, struct buf *out)
{
	static const char *const names[] = { "TARGETOS", "TARGETARCH", "TARGETVARIANT" };
	struct text parts[] = { { 0 }, { 0 }, { 0 } }, all = { 0 };
	auto_platform struct platform target = PLATFORM_INIT;
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *os = NULL, *arch = NULL, *variant = NULL, *text = NULL;
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		n += (size_t)variables_find(&node->state.env, text_of(names[i]),
		                            &parts[i]);
	if (variables_find(&node->state.env, TEXT("TARGETPLATFORM"), &all)) {
		if (platform_parse(&target, all, &ignored) < 0)
			return;
	} else if (n > 0) {
		os = parts[0].n > 0 ? text_copy(parts[0]) : mem_copy(own->os);
		arch = parts[1].n > 0 ? text_copy(parts[1]) : mem_copy(own->arch);
		variant = text_copy(parts[2].p == NULL ? TEXT("") : parts[2]);
		platform_set(&target, os, arch, variant, NULL);
	} else {
		return;
	}
	text = platform_print(&target);
	if (strcmp(target.os, own->os) != 0)
		buf_print(out, "->%s", text);
	else if (strcmp(target.arch, own->arch) != 0)
		buf_print(out, "->%s", text + strlen(target.os) + 1);
}

/* "linux/amd64->arm64 build ": the text before the number of a step. */
static void
add_place(const struct planner *p, const struct node *node, struct buf *out)
{
	if (p->options->several_platforms || p->plan->multi_platform) {
		auto_free char *platform = platform_print(&node->platform);

		buf_add_str(out, platform);
		add_target(node, &node->platform, out);
		buf_add_char(out, ' ');
	}
	if (p->df->stages.n > 1) {
		buf_add_text(out, node->shown);
		buf_add_char(out, ' ');
	}
}

/* A node that is not a stage has no step numbers. */
struct text
plan_step_name(struct planner *p, struct node *node, struct text text)
{
	auto_buf struct buf place = BUF_INIT;

	text = redacted(p, text);
	if (node->n_counted == 0)
		return text;
	add_place(p, node, &place);
	node->n_shown++;
	return text_of(arena_print(p->arena, "[%s%*zu/%zu] %.*s", buf_str(&place),
	                           width(node->n_counted), node->n_shown, node->n_counted,
	                           TEXT_ARG(text)));
}

struct text
plan_step_command(struct planner *p, const struct command *command, struct text line)
{
	char *text = arena_print(p->arena, "%s%.*s",
	                         command->is_trigger ? "ONBUILD " : "", TEXT_ARG(line));
	char *keyword = text + (command->is_trigger ? strlen("ONBUILD ") : 0);

	for (; isalpha((unsigned char)*keyword); keyword++)
		*keyword = (char)toupper((unsigned char)*keyword);
	return redacted(p, text_of(text));
}

/* ------------------------------------------------------------ pruning */

static void
renumber(step_id *id, const step_id *numbers)
{
	if (*id != STEP_NONE)
		*id = numbers[*id];
}

void
plan_image_renumber(struct plan_image *image, const step_id *numbers)
{
	renumber(&image->step, numbers);
	renumber(&image->base, numbers);
	for (size_t i = 0; i < image->history.n; i++)
		renumber(&image->history.at[i].step, numbers);
}

void
plan_step_renumber(struct step *step, const step_id *numbers)
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

	plan_mark_needed(plan, &plan->image, needed);
	for (size_t i = 0; i < plan->steps.n; i++)
		numbers[i] = needed[i] ? n++ : STEP_NONE;
	if (n == plan->steps.n)
		return;
	n = 0;
	for (size_t i = 0; i < plan->steps.n; i++) {
		if (!needed[i])
			continue;
		plan->steps.at[n] = plan->steps.at[i];
		plan_step_renumber(&plan->steps.at[n++], numbers);
	}
	plan->steps.n = n;
	plan_image_renumber(&plan->image, numbers);
}
