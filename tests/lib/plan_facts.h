/*
 * plan_facts: what a plan says, one fact a line, and tables of facts to find.
 *
 *	image alpine linux/amd64            step 0's definition …
 *	run "/bin/sh" "-c" "make"           … and what else there is to it
 *	run env A=1
 *	copy "a" "b"(2) to "/dest" chown "1:2"
 *	name "[build 2/3] RUN make"
 *	config cmd "a" "b"
 *	history RUN /bin/sh -c make # buildkit      an own layer
 *	empty ENV A=1                               a history entry without a layer
 *	warning UndefinedVar 3: Usage of …
 *	error 2-2: message                          instead of all but warnings
 */
#ifndef TESTS_LIB_PLAN_FACTS_H
#define TESTS_LIB_PLAN_FACTS_H

#include "parser/config.h"
#include "parser/mount_types.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "tests/lib/plan_fixture.h"

static inline void
fact_text(struct buf *out, const char *before, struct text t)
{
	if (t.p == NULL)
		return;
	buf_add_str(out, before);
	buf_add_quoted(out, t);
}

static inline void
fact_list(struct buf *out, const char *before, const struct text *list, size_t n)
{
	buf_add_str(out, before);
	for (size_t i = 0; i < n; i++)
		fact_text(out, " ", list[i]);
	buf_add_char(out, '\n');
}

static inline void
fact_variables(struct buf *out, const char *before, const struct variable *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_print(out, "%s %s=", before, list[i].name.p);
		buf_add_text(out, list[i].value);
		buf_add_char(out, '\n');
	}
}

static inline void
fact_from(struct buf *out, step_id from)
{
	if (from != STEP_NONE)
		buf_print(out, " from %zu", from);
}

static inline void
fact_mount(struct buf *out, const struct step_mount *m)
{
	buf_print(out, "mount %s", mount_rows[m->type].name);
	fact_from(out, m->from);
	fact_text(out, " source ", m->source);
	fact_text(out, " target ", m->target);
	fact_text(out, " id ", m->id);
	fact_text(out, " env ", m->env);
	buf_add_str(out, m->readonly ? " ro" : "");
	buf_add_str(out, m->required ? " required" : "");
	if (m->type == MOUNT_CACHE)
		buf_print(out, " %s", mount_sharings[m->sharing]);
	if (m->size > 0)
		buf_print(out, " size %llu", (unsigned long long)m->size);
	if (m->mode != MOUNT_NOT_GIVEN)
		buf_print(out, " mode %o", m->mode);
	if (m->has_ids)
		buf_print(out, " ids %u:%u", m->uid, m->gid);
	buf_add_char(out, '\n');
}

static inline void
fact_run(struct buf *out, const struct step_run *r)
{
	static const char *const networks[] = { "default", "none", "host" };

	fact_list(out, "run", r->argv.at, r->argv.n);
	fact_variables(out, "run env", r->env.at, r->env.n);
	fact_variables(out, "run proxy", r->proxy.at, r->proxy.n);
	fact_variables(out, "run host", r->hosts.at, r->hosts.n);
	fact_text(out, "run in ", r->cwd);
	fact_text(out, " user ", r->user);
	fact_text(out, " hostname ", r->hostname);
	buf_print(out, " network %s%s\n", networks[r->network],
	          r->insecure ? " insecure" : "");
	for (size_t i = 0; i < r->mounts.n; i++)
		fact_mount(out, &r->mounts.at[i]);
	if (r->script_path.p == NULL)
		return;
	fact_text(out, "script ", r->script_path);
	fact_text(out, " ", r->script_body);
	buf_add_char(out, '\n');
}

static inline void
fact_copy(struct buf *out, const struct step_copy *c)
{
	buf_add_str(out, c->is_add ? "add" : "copy");
	for (size_t i = 0; i < c->sources.n; i++) {
		const struct copy_source *s = &c->sources.at[i];

		fact_text(out, " ", s->path);
		if (s->from != STEP_NONE)
			buf_print(out, "(%zu)", s->from);
		fact_text(out, "<<", s->content);
		buf_add_str(out, s->unpack ? " unpack" : "");
		buf_add_str(out, s->force_unpack ? " force" : "");
	}
	fact_text(out, " to ", c->dest);
	fact_text(out, " chown ", c->chown);
	fact_text(out, " chmod ", c->chmod);
	buf_add_str(out, c->link ? " link" : "");
	buf_add_str(out, c->parents ? " parents" : "");
	buf_add_str(out, c->keep_owner ? " owner" : "");
	for (size_t i = 0; i < c->excludes.n; i++)
		fact_text(out, " exclude ", c->excludes.at[i]);
	buf_add_char(out, '\n');
}

static inline void
fact_git(struct buf *out, const struct step_git *g)
{
	fact_text(out, "git ", g->url);
	fact_text(out, " ref ", g->ref);
	fact_text(out, " subdir ", g->subdir);
	fact_text(out, " checksum ", g->checksum);
	buf_add_str(out, g->keep_git_dir ? " keep-git-dir" : "");
	buf_add_str(out, g->submodules ? "" : " no-submodules");
	buf_add_str(out, g->commit_time ? " commit-time" : "");
	buf_add_char(out, '\n');
}

static inline void
fact_http(struct buf *out, const struct step_http *h)
{
	fact_text(out, "http ", h->url);
	fact_text(out, " file ", h->name);
	fact_text(out, " checksum ", h->checksum);
	fact_text(out, " chmod ", h->chmod);
	buf_add_char(out, '\n');
}

static inline void
fact_step(struct buf *out, const struct step *s)
{
	auto_free char *platform = NULL;

	if (s->name.p != NULL) {
		fact_text(out, "name ", s->name);
		buf_add_char(out, '\n');
	}
	buf_print(out, "%zu ", s->id);
	switch (s->kind) {
	case STEP_SCRATCH:
		buf_add_str(out, "scratch\n");
		break;
	case STEP_IMAGE:
		platform = platform_print(&s->image.base->platform);
		buf_print(out, "image %s %s\n", s->image.base->name.p, platform);
		break;
	case STEP_LOCAL:
		buf_add_str(out, "local");
		fact_text(out, " ", s->local.context);
		buf_add_char(out, '\n');
		break;
	case STEP_GIT:
		fact_git(out, &s->git);
		break;
	case STEP_HTTP:
		fact_http(out, &s->http);
		break;
	case STEP_RUN:
		fact_run(out, &s->run);
		break;
	case STEP_COPY:
		fact_copy(out, &s->copy);
		break;
	case STEP_MKDIR:
		fact_text(out, "mkdir ", s->mkdir.path);
		fact_text(out, " user ", s->mkdir.user);
		buf_add_char(out, '\n');
		break;
	}
}

static inline void
fact_single(struct buf *out, const char *what, struct text t)
{
	if (t.p == NULL)
		return;
	buf_print(out, "config %s ", what);
	buf_add_quoted(out, t);
	buf_add_char(out, '\n');
}

static inline void
fact_config(struct buf *out, const struct config *c)
{
	fact_variables(out, "config env", c->env.at, c->env.n);
	fact_variables(out, "config label", c->labels.at, c->labels.n);
	if (c->has_entrypoint)
		fact_list(out, "config entrypoint", c->entrypoint.at, c->entrypoint.n);
	if (c->has_cmd)
		fact_list(out, "config cmd", c->cmd.at, c->cmd.n);
	if (c->has_shell)
		fact_list(out, "config shell", c->shell.at, c->shell.n);
	for (size_t i = 0; i < c->onbuild.n; i++)
		fact_single(out, "onbuild", c->onbuild.at[i]);
	for (size_t i = 0; i < c->ports.n; i++)
		fact_single(out, "port", c->ports.at[i]);
	for (size_t i = 0; i < c->volumes.n; i++)
		fact_single(out, "volume", c->volumes.at[i]);
	buf_add_str(out, c->args_escaped ? "config args-escaped\n" : "");
	fact_single(out, "user", c->user);
	fact_single(out, "workdir", c->workdir);
	fact_single(out, "signal", c->stop_signal);
	fact_single(out, "author", c->author);
	if (!c->has_health)
		return;
	buf_print(out, "config health %lld/%lld/%lld/%lld x%lld",
	          (long long)c->health.interval, (long long)c->health.timeout,
	          (long long)c->health.start_period, (long long)c->health.start_interval,
	          (long long)c->health.retries);
	fact_list(out, "", c->health.test.at, c->health.test.n);
}

static inline void
fact_outline(struct buf *out, const char *what, const struct outline_items *items)
{
	for (size_t i = 0; i < items->n; i++) {
		const struct outline_item *item = &items->at[i];

		buf_print(out, "outline %s %d ", what, item->at.line);
		buf_add_text(out, item->name);
		fact_text(out, " ", item->value);
		fact_text(out, " # ", item->description);
		buf_add_str(out, item->required ? " required\n" : "\n");
	}
}

static inline void
fact_image(struct buf *out, const struct plan *plan)
{
	const struct plan_image *image = &plan->image;
	auto_free char *platform = platform_print(&image->platform);

	buf_print(out, "result %zu stage %zu platform %s\n", image->step, image->stage,
	          platform);
	fact_config(out, &image->config);
	for (size_t i = 0; i < image->history.n; i++) {
		const struct history *h = &image->history.at[i];

		buf_add_str(out, h->step == STEP_NONE ? "empty " : "history ");
		buf_add_text(out, h->created_by);
		buf_add_char(out, '\n');
	}
	if (plan->epoch.p != NULL)
		buf_print(out, "epoch %s\n", plan->epoch.p);
	buf_add_str(out, plan->multi_platform ? "multi-platform\n" : "");
	buf_add_str(out, plan->inline_cache ? "inline-cache\n" : "");
	buf_add_str(out, plan->lint_is_error ? "lint is error\n" : "");
}

static inline void
fact_error(struct buf *out, const struct error *err)
{
	buf_add_str(out, "error");
	for (size_t i = 0; i < err->n_at; i++)
		buf_print(out, " %d-%d", err->at[i].line, err->at[i].last);
	buf_print(out, ": %s\n", err->text);
}

/* All facts of the Dockerfile TEXT planned with OPTIONS. Caller frees. */
static inline char *
plan_facts(struct text text, const char *options)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	struct plan_fixture f;
	struct plan *plan;

	plan_fixture_begin(&f, options);
	plan = plan_fixture_make(&f, text, &err);
	if (err.code != ERR_NONE) {
		fact_error(&out, &err);
	} else {
		for (size_t i = 0; i < plan->steps.n; i++)
			fact_step(&out, &plan->steps.at[i]);
		fact_image(&out, plan);
		fact_outline(&out, "arg", &plan->outline.args);
		fact_outline(&out, "secret", &plan->outline.secrets);
		fact_outline(&out, "ssh", &plan->outline.agents);
	}
	for (size_t i = 0; i < plan->warnings.n; i++) {
		const struct lint_warning *w = &plan->warnings.at[i];

		buf_print(&out, "warning %s %d: %.*s\n", w->rule, w->at.line,
		          (int)w->detail.n, w->detail.p);
	}
	plan_free(plan);
	plan_fixture_end(&f);
	return buf_take(&out);
}

/* ------------------------------------------------------------ tables */

struct plan_row {
	const char *what; /* spec checklist row and a phrase */
	const char *dockerfile;
	const char *options; /* NULL: none */
	/* Lines that are among the facts in this order, behind "N " for a step's; a
	 * line that begins with "!" is not among them. */
	const char *want;
};

/* The number of a step in front of a fact is not compared. */
static inline struct text
fact_content(struct text line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] >= '0' && line.p[n] <= '9')
		n++;
	return n > 0 && n < line.n && line.p[n] == ' ' ? text_from(line, n + 1) : line;
}

/* Moves REST behind the next line that is WANT. */
static inline bool
facts_find(struct text *rest, struct text want)
{
	struct text at = *rest, line;

	while (text_line(&at, &line)) {
		if (!text_equal(line, want) && !text_equal(fact_content(line), want))
			continue;
		*rest = at;
		return true;
	}
	return false;
}

static inline bool
facts_have(const char *facts, const char *want)
{
	struct text rest = text_of(facts), lines = text_of(want), line;

	while (text_line(&lines, &line)) {
		struct text all = text_of(facts);
		bool is_not = text_starts(line, "!");

		if (is_not ? facts_find(&all, text_from(line, 1))
		           : !facts_find(&rest, line)) {
			print_error("  about %.*s\n", (int)line.n, line.p);
			return false;
		}
	}
	return true;
}

static inline void
check_plans(const struct plan_row *rows, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		char *facts = plan_facts(text_of(rows[i].dockerfile), rows[i].options);

		if (!facts_have(facts, rows[i].want)) {
			print_error("%s\n%s\n", rows[i].what, facts);
			wrong++;
		}
		free(facts);
	}
	assert_int_equal(wrong, 0);
}

#define CHECK_PLANS(rows) check_plans(rows, sizeof(rows) / sizeof *(rows))

#endif
