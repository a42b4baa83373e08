#include "parser/origin.h"

#include <string.h>

#include "base/base.h"
#include "base/name_hint.h"
#include "parser/git_url.h"
#include "parser/image_name.h"
#include "parser/lint_rules.h"
#include "parser/plan_steps.h"
#include "parser/stages.h"
#include "parser/state.h"

/* ------------------------------------------------------------ named contexts */

/* "docker.io/library/alpine:latest" and "alpine" are one name. */
static struct text
brief_name(struct arena *arena, struct text name)
{
	auto_error struct error ignored = ERROR_INIT;
	struct image_name parsed;

	return image_name_parse(arena, name, &parsed, &ignored) == 0 ? parsed.brief
	                                                             : name;
}

static struct text
platform_name(struct arena *arena, struct text brief, const struct platform *platform)
{
	auto_free char *text = platform_print(platform);

	return text_of(arena_print(arena, "%.*s::%s", TEXT_ARG(brief), text));
}

void
origin_init(struct planner *p)
{
	for (size_t i = 0; i < p->options->n_contexts; i++) {
		const struct named_context *c = &p->options->contexts[i];
		const char *colons = memmem(c->name.p, c->name.n, "::", 2);
		auto_platform struct platform platform = PLATFORM_INIT;
		auto_error struct error ignored = ERROR_INIT;
		struct text name = c->name;

		if (colons != NULL)
			name = text_first(name, (size_t)(colons - name.p));
		name = brief_name(p->arena, name);
		if (colons != NULL &&
		    platform_parse(&platform,
		                   text_from(c->name, (size_t)(colons + 2 - c->name.p)),
		                   &ignored) == 0)
			name = platform_name(p->arena, name, &platform);
		map_set(&p->contexts, name, (void *)c);
	}
}

const struct named_context *
origin_find_context(struct planner *p, struct text name, const struct platform *platform)
{
	const struct named_context *found;
	struct text brief;

	if (p->contexts.n == 0 || text_equal_nocase(name, TEXT("scratch")) ||
	    text_equal_nocase(name, TEXT("context")))
		return NULL;
	brief = brief_name(p->arena, name);
	found = map_find(&p->contexts, platform_name(p->arena, brief, platform));
	return found != NULL ? found : map_find(&p->contexts, brief);
}

/* ------------------------------------------------------------ looking up */

static bool
is_scratch(const struct node *node)
{
	return text_is(node->image, "scratch");
}

int
origin_check_names(struct planner *p, struct error *err)
{
	for (size_t i = 0; i < p->nodes.n; i++) {
		const struct node *node = p->nodes.at[i];
		auto_buf struct buf quoted = BUF_INIT;
		struct image_name name;

		if (node->base != NULL || node->is_replaced || node->is_resolved ||
		    is_scratch(node))
			continue;
		if (image_name_parse(p->arena, node->image, &name, err) == 0)
			continue;
		buf_add_quoted(&quoted, node->image);
		error_wrap(err, "failed to parse stage name %s", buf_str(&quoted));
		stages_advise_unset(p, node, err);
		name_hint_add(node->image, err);
		return error_at(err, node->at->at);
	}
	return 0;
}

/* The identity of an image, and its name in messages. */
static int
full_name(struct planner *p, struct text name, enum context_kind kind, struct text *out,
          struct error *err)
{
	struct image_name parsed;

	if (kind == CONTEXT_LAYOUT) {
		*out = text_of(
		        arena_print(p->arena, "oci-layout://%.*s", TEXT_ARG(name)));
		return 0;
	}
	if (image_name_parse(p->arena, name, &parsed, err) < 0)
		return -1;
	*out = parsed.full;
	return 0;
}

static const struct base_image *
find_known(struct planner *p, struct text full, enum context_kind kind,
           const struct platform *platform)
{
	for (size_t i = 0; i < p->n_bases; i++) {
		const struct base_image *base = p->bases[i];
		auto_error struct error ignored = ERROR_INIT;
		struct text name;

		if ((base->kind == CONTEXT_LAYOUT) == (kind == CONTEXT_LAYOUT) &&
		    platform_equal(&base->platform, platform) &&
		    full_name(p, base->name, kind, &name, &ignored) == 0 &&
		    text_equal(name, full))
			return base;
	}
	return NULL;
}

static void
add_missing(struct planner *p, const struct node *node, struct text name,
            struct text full, enum context_kind kind)
{
	struct missing_base *missing;

	for (size_t i = 0; i < p->plan->missing.n; i++)
		if (text_equal(p->plan->missing.at[i].display, full) &&
		    platform_equal(&p->plan->missing.at[i].platform, &node->platform))
			return;
	missing = array_add(&p->plan->missing);
	missing->name = arena_text(p->arena, name);
	missing->display = full;
	missing->kind = kind;
	missing->at = node->at->at;
	platform_copy(&missing->platform, &node->platform);
}

static int
resolve_image(struct planner *p, struct node *node, struct error *err)
{
	enum context_kind kind = CONTEXT_IMAGE;
	struct text name = node->image, full;

	if (node->context != NULL) {
		name = node->context->value;
		kind = node->context->kind;
	}
	if (full_name(p, name, kind, &full, err) < 0)
		return error_at(err, node->at->at);
	node->origin = ORIGIN_IMAGE;
	node->found = find_known(p, full, kind, &node->platform);
	if (node->found == NULL) {
		add_missing(p, node, name, full, kind);
		return 0;
	}
	platform_copy(&node->result, &node->found->image_platform);
	if (!node->is_replaced)
		lint_invalid_base_image_platform(&p->lint, node->at, node->image,
		                                 &node->platform,
		                                 &node->found->image_platform);
	node->is_resolved = true;
	return 0;
}

static int
resolve(struct planner *p, struct node *node, struct error *err)
{
	if (!node->is_replaced && !is_scratch(node))
		node->context = origin_find_context(p, node->image, &node->platform);
	if (node->context == NULL && !is_scratch(node))
		return resolve_image(p, node, err);
	if (node->context != NULL && (node->context->kind == CONTEXT_IMAGE ||
	                              node->context->kind == CONTEXT_LAYOUT))
		return resolve_image(p, node, err);
	node->origin = ORIGIN_FILES;
	if (node->context == NULL || node->context->kind == CONTEXT_SCRATCH)
		node->origin = ORIGIN_SCRATCH;
	node->is_resolved = true;
	return 0;
}

int
origin_resolve(struct planner *p, struct error *err)
{
	for (size_t i = 0; i < p->nodes.n; i++) {
		struct node *node = p->nodes.at[i];

		if (node->is_reachable && node->base == NULL && !node->is_resolved &&
		    resolve(p, node, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ steps */

static int
context_git(struct planner *p, struct node *node, struct error *err)
{
	const struct named_context *c = node->context;
	struct git_url url;
	struct text title;
	int is_git = git_url_parse(p->arena, c->value, &url, err);

	if (is_git == 0)
		error_set(err, ERR_DOCKERFILE, "unsupported context source %.*s",
		          TEXT_ARG(c->value));
	if (is_git <= 0)
		return error_wrap(err, "context %.*s", TEXT_ARG(c->name));
	title = text_of(arena_print(p->arena, "[context %.*s] %.*s", TEXT_ARG(c->name),
	                            TEXT_ARG(c->value)));
	node->files = plan_step_git(p, node, node->at, &url.git, title);
	return 0;
}

static int
context_files(struct planner *p, struct node *node, struct error *err)
{
	const struct named_context *c = node->context;
	struct step_http http = { .url = c->value, .name = TEXT("context") };

	if (c->kind == CONTEXT_GIT)
		return context_git(p, node, err);
	if (c->kind == CONTEXT_LOCAL)
		node->files = plan_step_local(p, node, node->at, c);
	else
		node->files = plan_step_http(
		        p, node, node->at, &http,
		        text_of(arena_print(p->arena, "[context %.*s] %.*s",
		                            TEXT_ARG(c->name), TEXT_ARG(c->value))));
	return 0;
}

int
origin_begin(struct planner *p, struct node *node, struct error *err)
{
	struct state *state = &node->state;

	switch (node->origin) {
	case ORIGIN_NODE:
		origin_layers(p, node->base);
		node->base->n_children_left--;
		state_from_stage(state, &node->base->state,
		                 !planner_needs_state(p, node->base));
		platform_copy(&node->result, &node->base->result);
		break;
	case ORIGIN_SCRATCH:
		state_from_image(state, p->arena, NULL);
		state->step = state->origin = plan_step_scratch(p, node);
		break;
	case ORIGIN_IMAGE:
		state_from_image(state, p->arena, &node->found->config);
		state->step = state->origin = plan_step_image(p, node);
		break;
	case ORIGIN_FILES:
		state_from_image(state, p->arena, NULL);
		if (context_files(p, node, err) < 0)
			return error_at(err, node->at->at);
		break;
	}
	return 0;
}

step_id
origin_files(struct planner *p, struct node *node)
{
	if (node->files != STEP_NONE && node->state.step == STEP_NONE)
		return node->files;
	return origin_layers(p, node);
}

step_id
origin_layers(struct planner *p, struct node *node)
{
	struct state *state = &node->state;
	struct copy_source *source;
	struct step *step;

	if (state->step != STEP_NONE || node->files == STEP_NONE)
		return state->step;
	state->origin = plan_step_scratch(p, node);
	source = arena_alloc(p->arena, sizeof *source);
	source->from = node->files;
	source->path = TEXT("");
	if (p->plan->steps.at[node->files].kind == STEP_HTTP)
		source->path = p->plan->steps.at[node->files].http.name;
	step = plan_step_add(p, node, STEP_COPY, node->at, state->origin);
	step->copy.base = state->origin;
	step->copy.dest = TEXT("/");
	step->copy.sources.at = source;
	step->copy.sources.n = step->copy.sources.cap = 1;
	step->command = TEXT("FROM");
	plan_step_finish(p, step);
	state->step = step->id;
	state_add_history(state, p->arena,
	                  text_of(arena_print(p->arena, "FROM %.*s # context",
	                                      TEXT_ARG(node->context->name))),
	                  step->id);
	return state->step;
}
