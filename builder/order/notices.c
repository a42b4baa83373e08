#include "builder/order/notices.h"

#include "base/base.h"
#include "base/count.h"
#include "base/event.h"
#include "base/suggest.h"

void
notices_warn(const struct plan *plan)
{
	for (size_t i = 0; i < plan->warnings.n; i++) {
		const struct lint_warning *w = &plan->warnings.at[i];
		const struct event_about about = { .description = w->description,
			                           .url = w->url,
			                           .file = plan->df->name,
			                           .source = plan->df->bytes,
			                           .line = w->at.line,
			                           .last = w->at.last };

		event_warn_about(0, &about, "%s: %.*s (line %d)", w->rule,
		                 TEXT_ARG(w->detail), w->at.line);
	}
}

/* ------------------------------------------------------------ build arguments */

struct names {
	ARRAY(char *) list;
};

static void
names_clear(struct names *n)
{
	for (size_t i = 0; i < n->list.n; i++)
		free(n->list.at[i]);
	array_clear(&n->list);
}

static void
add_args(struct names *out, const struct instruction *in)
{
	if (in->kind == INSTR_ARG)
		for (size_t i = 0; i < in->pairs.n; i++)
			array_push(&out->list, text_copy(in->pairs.at[i].key));
}

/* False if a trigger may declare more. */
static bool
declared_args(const struct dockerfile *df, struct names *out)
{
	bool all = true;

	for (size_t i = 0; i < df->globals.n; i++)
		add_args(out, &df->globals.at[i]);
	for (size_t s = 0; s < df->stages.n; s++)
		for (size_t i = 0; i < df->stages.at[s].instructions.n; i++) {
			const struct instruction *in =
			        &df->stages.at[s].instructions.at[i];

			add_args(out, in);
			all = all && in->kind != INSTR_ONBUILD;
		}
	return all;
}

/* Names that a build knows without an ARG. */
static bool
has_own_meaning(struct text name)
{
	static const char *const proxies[] = { "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY",
		                               "NO_PROXY", "ALL_PROXY" };

	for (size_t i = 0; i < COUNT_OF(proxies); i++)
		if (text_equal_nocase(name, text_of(proxies[i])))
			return true;
	return text_starts(name, "BUILDKIT_") || text_starts(name, "BUILDX_") ||
	       text_is(name, "SOURCE_DATE_EPOCH");
}

static bool
is_declared(const struct names *names, struct text name)
{
	for (size_t i = 0; i < names->list.n; i++)
		if (text_is(name, names->list.at[i]))
			return true;
	return false;
}

void
notices_unused_args(const struct build_request *request, const struct dockerfile *df)
{
	__attribute__((cleanup(names_clear))) struct names names = { 0 };

	if (!declared_args(df, &names))
		return;
	for (size_t i = 0; i < request->build_args.n; i++) {
		struct text name = request->build_args.at[i].name;
		const char *near = NULL;

		if (has_own_meaning(name) || is_declared(&names, name))
			continue;
		near = suggest_find(name, (const char *const *)names.list.at,
		                    names.list.n, true);
		event_warn(0,
		           "the build argument %.*s is not used: the Dockerfile has no "
		           "ARG %.*s%s%s%s",
		           TEXT_ARG(name), TEXT_ARG(name),
		           near == NULL ? "" : " (did you mean ",
		           near == NULL ? "" : near, near == NULL ? "" : "?)");
	}
}

/* ------------------------------------------------------------ failures */

/* The variable that W, of the rule UndefinedVar, is about. */
static struct text
variable_of(const struct lint_warning *w)
{
	struct text rest = w->detail;

	text_cut(&rest, '\'');
	rest = text_cut(&rest, '\'');
	return text_starts(rest, "$") ? text_from(rest, 1) : (struct text){ 0 };
}

static bool
is_global(const struct dockerfile *df, struct text name)
{
	__attribute__((cleanup(names_clear))) struct names names = { 0 };

	for (size_t i = 0; i < df->globals.n; i++)
		add_args(&names, &df->globals.at[i]);
	return is_declared(&names, name);
}

void
notices_advise(const struct plan *plan, struct error *err)
{
	if (err->code != ERR_SOURCE && err->code != ERR_DOCKERFILE)
		return;
	for (size_t i = 0; i < plan->warnings.n && err->n_at > 0; i++) {
		const struct lint_warning *w = &plan->warnings.at[i];
		struct text name = variable_of(w);

		if (strcmp(w->rule, "UndefinedVar") != 0 || name.n == 0 ||
		    w->at.line != err->at[0].line)
			continue;
		/* A file that is "not found" then has another name than was meant. */
		free(err->hint);
		err->hint = NULL;
		if (is_global(plan->df, name))
			error_hint(err,
			           "$%.*s is not set here: an ARG in front of FROM holds "
			           "for FROM lines only; \"ARG %.*s\" in the stage "
			           "passes it on",
			           TEXT_ARG(name), TEXT_ARG(name));
		else
			error_hint(err,
			           "$%.*s is not set: ARG %.*s or ENV %.*s=… sets it",
			           TEXT_ARG(name), TEXT_ARG(name), TEXT_ARG(name));
		return;
	}
}
