#include "parser/scope.h"

#include "base/base.h"
#include "base/count.h"
#include "parser/config.h"
#include "parser/lint_rules.h"

/* ------------------------------------------------------------ build arguments */

int
planner_build_arg(const struct planner *p, const char *name, struct text *value)
{
	const struct variable *v = map_find(&p->build_args, text_of(name));

	if (v == NULL)
		return 0;
	*value = v->value;
	return 1;
}

static struct text
copy_of(struct planner *p, const char *s)
{
	return arena_text(p->arena, text_of(s == NULL ? "" : s));
}

static void
predefine(struct planner *p, const char *name, struct text value)
{
	planner_build_arg(p, name, &value);
	variables_append(&p->globals, text_of(name), value);
}

static void
predefine_platform(struct planner *p, const struct platform *platform,
                   const char *const names[5])
{
	auto_free char *all = platform_print(platform);

	predefine(p, names[0], copy_of(p, all));
	predefine(p, names[1], copy_of(p, platform->os));
	predefine(p, names[2], copy_of(p, platform->os_version));
	predefine(p, names[3], copy_of(p, platform->arch));
	predefine(p, names[4], copy_of(p, platform->variant));
}

static struct text
target_stage(const struct planner *p)
{
	const struct stage *last = NULL;

	if (p->options->target.n > 0)
		return p->options->target;
	if (p->df->stages.n > 0)
		last = &p->df->stages.at[p->df->stages.n - 1];
	return last != NULL && last->name.p != NULL ? last->name : TEXT("default");
}

/* Every RUN gets proxies under both spellings of their names. */
static void
add_proxies(struct planner *p)
{
	static const char *const names[][2] = { { "HTTP_PROXY", "http_proxy" },
		                                { "HTTPS_PROXY", "https_proxy" },
		                                { "FTP_PROXY", "ftp_proxy" },
		                                { "NO_PROXY", "no_proxy" },
		                                { "ALL_PROXY", "all_proxy" } };

	ARRAY(struct variable) list = { 0 };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct text value = { 0 };

		for (size_t k = 0; k < p->options->n_build_args; k++)
			if (text_equal_nocase(p->options->build_args[k].name,
			                      text_of(names[i][0])))
				value = p->options->build_args[k].value;
		if (value.n == 0)
			continue;
		for (int spelling = 0; spelling < 2; spelling++)
			array_push(&list, ((struct variable){ text_of(names[i][spelling]),
			                                      value }));
	}
	planner_freeze(p, &p->proxy, &list);
}

void
scope_init(struct planner *p)
{
	static const char *const build[] = { "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION",
		                             "BUILDARCH", "BUILDVARIANT" };
	static const char *const target[] = { "TARGETPLATFORM", "TARGETOS",
		                              "TARGETOSVERSION", "TARGETARCH",
		                              "TARGETVARIANT" };

	for (size_t i = 0; i < p->options->n_build_args; i++)
		map_set(&p->build_args, p->options->build_args[i].name,
		        (void *)&p->options->build_args[i]);
	predefine_platform(p, &p->options->build_platform, build);
	predefine_platform(p, &p->options->target_platform, target);
	predefine(p, "TARGETSTAGE", target_stage(p));
	add_proxies(p);
	planner_build_arg(p, "BUILDKIT_CACHE_MOUNT_NS", &p->cache_space);
	if (planner_build_arg(p, "BUILDKIT_SANDBOX_HOSTNAME", &p->hostname) &&
	    p->hostname.n == 0)
		p->hostname.p = NULL;
}

bool
scope_is_setting(struct text name)
{
	return text_is(name, "BUILDKIT_SBOM_SCAN_CONTEXT") ||
	       text_is(name, "BUILDKIT_SBOM_SCAN_STAGE");
}

/* ------------------------------------------------------------ global scope */

struct from_lookup {
	const struct variables *vars;
	struct mentioned *mentioned;
};

static void
mention(struct words *list, struct text name)
{
	for (size_t i = 0; i < list->list.n; i++)
		if (text_equal(list->list.at[i], name))
			return;
	array_push(&list->list, name);
}

static int
look_up_global(void *arg, struct text name, struct text *value)
{
	struct from_lookup *lookup = arg;
	int found = variables_find(lookup->vars, name, value);

	if (lookup->mentioned != NULL)
		mention(found ? &lookup->mentioned->set : &lookup->mentioned->unset,
		        name);
	return found;
}

void
mentioned_clear(struct mentioned *m)
{
	words_clear(&m->set);
	words_clear(&m->unset);
}

int
scope_expand_from(struct planner *p, const struct variables *vars, struct text word,
                  struct text *out, struct mentioned *mentioned, struct error *err)
{
	struct from_lookup lookup = { vars, mentioned };
	struct expander x = { .arena = p->arena,
		              .escape = p->df->escape,
		              .lookup = look_up_global,
		              .arg = &lookup };

	return expand_word(&x, word, out, err);
}

/* One name of a global ARG. */
static int
add_global(struct planner *p, struct variables *vars, const struct pair *pair,
           bool with_build_args, struct error *err)
{
	struct text name = arena_text(p->arena, pair->key), value;

	if (!with_build_args || !planner_build_arg(p, name.p, &value)) {
		if (!pair->has_value)
			return 0;
		if (scope_expand_from(p, vars, pair->value, &value, NULL, err) < 0)
			return -1;
	}
	variables_append(vars, name, value);
	return 0;
}

int
scope_globals(struct planner *p, struct error *err)
{
	for (size_t i = 0; i < p->df->globals.n; i++) {
		const struct instruction *in = &p->df->globals.at[i];

		for (size_t k = 0; k < in->pairs.n; k++) {
			const struct pair *pair = &in->pairs.at[k];

			if (add_global(p, &p->globals, pair, true, err) < 0)
				return error_at(err, in->at);
			variables_put(&p->global_args, arena_text(p->arena, pair->key),
			              TEXT(""));
		}
	}
	return 0;
}

bool
scope_defaults(struct planner *p, struct variables *out)
{
	auto_error struct error ignored = ERROR_INIT;

	variables_copy(out, &p->globals);
	for (size_t i = 0; i < p->df->globals.n; i++)
		for (size_t k = 0; k < p->df->globals.at[i].pairs.n; k++)
			if (add_global(p, out, &p->df->globals.at[i].pairs.at[k], false,
			               &ignored) < 0)
				return false;
	return true;
}

/* ------------------------------------------------------------ in a stage */

struct stage_lookup {
	const struct node *node;
	const struct variables *hidden;
	struct words unset; /* each name once */
};

static int
look_up_env(void *arg, struct text name, struct text *value)
{
	const struct stage_lookup *lookup = arg;

	if (lookup->hidden != NULL && variables_find(lookup->hidden, name, value))
		return 1;
	return variables_find(&lookup->node->state.env, name, value);
}

static void
note_unset(void *arg, struct text name)
{
	struct stage_lookup *lookup = arg;

	mention(&lookup->unset, name);
}

/* Arguments that were declared without a value are unset, but on purpose. */
static void
tell_unset(struct planner *p, const struct node *node, const struct instruction *in,
           const struct words *unset)
{
	const struct state *state = &node->state;
	struct text value;

	for (size_t i = 0; i < unset->list.n; i++) {
		struct text name = unset->list.at[i];

		if (!variables_find(&state->args, name, &value) &&
		    !scope_is_setting(name))
			lint_undefined_var(&p->lint, in, name,
			                   variables_suggest(&state->env, name));
	}
}

static bool
is_plain(struct text word, char escape)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '$' || word.p[i] == '\'' || word.p[i] == '"' ||
		    word.p[i] == escape)
			return false;
	return true;
}

int
scope_expand(struct planner *p, const struct node *node, const struct instruction *in,
             struct text word, struct text *out, struct error *err)
{
	struct stage_lookup lookup = { .node = node };
	struct expander x = { .arena = p->arena,
		              .escape = p->df->escape,
		              .lookup = look_up_env,
		              .arg = &lookup,
		              .on_unset = note_unset };
	int result;

	if (word.p == NULL || is_plain(word, x.escape)) {
		*out = word.p == NULL ? word : arena_text(p->arena, word);
		return 0;
	}
	result = expand_word(&x, word, out, err);
	tell_unset(p, node, in, &lookup.unset);
	words_clear(&lookup.unset);
	return result;
}

int
scope_expand_split(struct planner *p, const struct node *node,
                   const struct instruction *in, struct text word, struct words *out,
                   struct error *err)
{
	struct stage_lookup lookup = { .node = node };
	struct expander x = { .arena = p->arena,
		              .escape = p->df->escape,
		              .lookup = look_up_env,
		              .arg = &lookup,
		              .on_unset = note_unset };
	int result = expand_words(&x, word, out, err);

	tell_unset(p, node, in, &lookup.unset);
	words_clear(&lookup.unset);
	return result;
}

int
scope_expand_body(struct planner *p, const struct node *node,
                  const struct instruction *in, struct text body, struct text *out,
                  struct error *err)
{
	struct stage_lookup lookup = { .node = node };
	struct expander x = { .arena = p->arena,
		              .escape = '\\',
		              .ignore_quotes = true,
		              .lookup = look_up_env,
		              .arg = &lookup,
		              .on_unset = note_unset };
	int result = expand_word(&x, body, out, err);

	tell_unset(p, node, in, &lookup.unset);
	words_clear(&lookup.unset);
	return result;
}

struct text
scope_shown(struct planner *p, const struct node *node, struct text text, bool is_run,
            const struct variables *hidden)
{
	struct stage_lookup lookup = { .node = node, .hidden = hidden };
	struct expander x = { .arena = p->arena,
		              .escape = p->df->escape,
		              .lookup = look_up_env,
		              .arg = &lookup,
		              .keep_quotes = is_run,
		              .keep_unset = is_run };
	auto_error struct error ignored = ERROR_INIT;
	struct text out;

	if (is_plain(text, x.escape) || expand_word(&x, text, &out, &ignored) < 0)
		return text;
	return out;
}
