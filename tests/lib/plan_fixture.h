/*
 * plan_fixture: plans without a registry.
 *
 * Base images come out of a table (see plan_images), any other name is an image
 * with nothing but a PATH. Options are words of one text:
 *
 *	arg=NAME=VALUE  context=NAME=VALUE  label=NAME=VALUE  host=NAME=ADDRESS
 *	target=NAME  platform=linux/arm64  network=host  ignore=PATTERN,PATTERN
 *	allow-host  allow-insecure  all-stages  outline
 */
#ifndef TESTS_LIB_PLAN_FIXTURE_H
#define TESTS_LIB_PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"
#include "parser/config.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/ignore.h"
#include "parser/plan.h"
#include "parser/step.h"

#define PLAN_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ------------------------------------------------------------ base images */

struct plan_image_row {
	const char *name;
	/* One word or trigger a line; in a trigger "|" stands for the end of a line. */
	const char *env, *cmd, *entrypoint, *shell, *onbuild;
	const char *user, *workdir, *label, *port, *volume, *health, *signal, *author;
	const char *platform; /* NULL: the one that was asked for */
};

static const struct plan_image_row plan_images[] = {
	{ .name = "alpine", .env = "PATH=" PLAN_PATH, .cmd = "/bin/sh" },
	{ .name = "nopath", .env = "A=a" },
	{ .name = "full",
	  .env = "PATH=/bin\nA=base\nB=b",
	  .cmd = "serve\n-v",
	  .entrypoint = "/entry",
	  .user = "app",
	  .workdir = "/srv",
	  .label = "of=base",
	  .port = "80/tcp",
	  .volume = "/data",
	  .health = "CMD\ncheck",
	  .signal = "SIGINT",
	  .author = "somebody" },
	{ .name = "shelled", .env = "PATH=" PLAN_PATH, .shell = "/bin/bash\n-c" },
	{ .name = "triggers",
	  .env = "PATH=" PLAN_PATH,
	  .onbuild = "ARG X=1\nCOPY . /app\nRUN make $X" },
	{ .name = "copies", .onbuild = "COPY --from=other /a /b" },
	{ .name = "asks", .onbuild = "COPY --from=copies /c /d" },
	{ .name = "broken", .onbuild = "FOO" },
	{ .name = "double", .onbuild = "RUN a|RUN b" },
	{ .name = "arm", .env = "PATH=" PLAN_PATH, .platform = "linux/arm64" },
};

struct plan_fixture {
	struct arena *arena;
	struct plan_options options;
	ARRAY(struct variable) args, labels, hosts;
	ARRAY(struct named_context) contexts;
	struct ignore *ignore;
	ARRAY(const struct base_image *) bases;
	struct dockerfile *df;
};

static inline void
plan_add_lines(struct arena *arena, const char *lines, struct words *out)
{
	struct text rest = text_of(lines), line;

	while (text_line(&rest, &line))
		array_push(&out->list, arena_text(arena, line));
}

/* The lines of TEXT as the array TO of a config, in the arena. */
#define PLAN_SET_LINES(fixture, to, text)                                                \
	do {                                                                             \
		struct words words_ = { 0 };                                             \
                                                                                         \
		plan_add_lines((fixture)->arena, text, &words_);                         \
		(to)->n = (to)->cap = words_.list.n;                                     \
		(to)->at = arena_alloc_n((fixture)->arena, (to)->n, sizeof *(to)->at);   \
		for (size_t i_ = 0; i_ < (to)->n; i_++)                                  \
			(to)->at[i_] = words_.list.at[i_];                               \
		words_clear(&words_);                                                    \
	} while (0)

static inline struct variable
plan_pair(struct arena *arena, struct text t)
{
	ptrdiff_t equals = text_find(t, '=');

	assert_true(equals > 0);
	return (struct variable){
		arena_text(arena, text_first(t, (size_t)equals)),
		arena_text(arena, text_from(t, (size_t)equals + 1)),
	};
}

static inline void
plan_fill_config(struct plan_fixture *f, const struct plan_image_row *row,
                 struct config *c)
{
	struct words env = { 0 };

	plan_add_lines(f->arena, row->env, &env);
	c->env.at = arena_alloc_n(f->arena, env.list.n, sizeof *c->env.at);
	for (size_t i = 0; i < env.list.n; i++)
		c->env.at[c->env.n++] = plan_pair(f->arena, env.list.at[i]);
	words_clear(&env);
	PLAN_SET_LINES(f, &c->cmd, row->cmd);
	PLAN_SET_LINES(f, &c->entrypoint, row->entrypoint);
	PLAN_SET_LINES(f, &c->shell, row->shell);
	PLAN_SET_LINES(f, &c->onbuild, row->onbuild);
	for (size_t i = 0; i < c->onbuild.n; i++)
		for (size_t k = 0; k < c->onbuild.at[i].n; k++)
			if (c->onbuild.at[i].p[k] == '|')
				((char *)c->onbuild.at[i].p)[k] = '\n';
	PLAN_SET_LINES(f, &c->ports, row->port);
	PLAN_SET_LINES(f, &c->volumes, row->volume);
	PLAN_SET_LINES(f, &c->health.test, row->health);
	c->has_cmd = c->cmd.n > 0;
	c->has_entrypoint = c->entrypoint.n > 0;
	c->has_shell = c->shell.n > 0;
	c->has_health = c->health.test.n > 0;
	c->user = text_of(row->user);
	c->workdir = text_of(row->workdir);
	c->stop_signal = text_of(row->signal);
	c->author = text_of(row->author);
	if (row->label == NULL)
		return;
	c->labels.at = arena_alloc(f->arena, sizeof *c->labels.at);
	c->labels.at[c->labels.n++] = plan_pair(f->arena, text_of(row->label));
}

static inline const struct base_image *
plan_base(struct plan_fixture *f, const struct missing_base *missing)
{
	static const struct plan_image_row any = { .env = "PATH=" PLAN_PATH };
	struct base_image *base = arena_alloc(f->arena, sizeof *base);
	const struct plan_image_row *row = &any;
	auto_error struct error err = ERROR_INIT;

	for (size_t i = 0; i < sizeof plan_images / sizeof *plan_images; i++)
		if (text_is(missing->name, plan_images[i].name))
			row = &plan_images[i];
	base->name = arena_text(f->arena, missing->name);
	base->kind = missing->kind;
	base->digest = digest_of(missing->name.p, missing->name.n);
	platform_copy(&base->platform, &missing->platform);
	platform_copy(&base->image_platform, &missing->platform);
	if (row->platform != NULL)
		assert_int_equal(platform_parse(&base->image_platform,
		                                text_of(row->platform), &err),
		                 0);
	plan_fill_config(f, row, &base->config);
	return base;
}

/* ------------------------------------------------------------ options */

static inline void
plan_add_context(struct plan_fixture *f, struct text t)
{
	static const struct {
		const char *prefix;
		enum context_kind kind;
		bool strip;
	} kinds[] = {
		{ "docker-image://scratch", CONTEXT_SCRATCH, false },
		{ "docker-image://", CONTEXT_IMAGE, true },
		{ "oci-layout://", CONTEXT_LAYOUT, true },
		{ "git://", CONTEXT_GIT, false },
		{ "https://", CONTEXT_HTTP, false },
		{ "", CONTEXT_LOCAL, false },
	};
	struct variable pair = plan_pair(f->arena, t);
	struct named_context c = { .name = pair.name, .value = pair.value };
	size_t i = 0;

	while (!text_starts(c.value, kinds[i].prefix))
		i++;
	c.kind = kinds[i].kind;
	if (kinds[i].strip)
		c.value = text_from(c.value, strlen(kinds[i].prefix));
	array_push(&f->contexts, c);
}

static inline void
plan_set_ignore(struct plan_fixture *f, struct text t)
{
	auto_error struct error err = ERROR_INIT;
	char *lines = text_copy(t);

	for (char *p = lines; *p != '\0'; p++)
		if (*p == ',')
			*p = '\n';
	f->ignore = ignore_parse(text_of(lines), ".dockerignore", &err);
	assert_non_null(f->ignore);
	f->options.ignore = f->ignore;
	free(lines);
}

static inline void
plan_set_option(struct plan_fixture *f, struct text word)
{
	struct plan_options *o = &f->options;
	ptrdiff_t equals = text_find(word, '=');
	struct text key = equals < 0 ? word : text_first(word, (size_t)equals);
	struct text value = text_from(word, equals < 0 ? word.n : (size_t)equals + 1);
	auto_error struct error err = ERROR_INIT;

	if (text_is(key, "arg"))
		array_push(&f->args, plan_pair(f->arena, value));
	else if (text_is(key, "label"))
		array_push(&f->labels, plan_pair(f->arena, value));
	else if (text_is(key, "host"))
		array_push(&f->hosts, plan_pair(f->arena, value));
	else if (text_is(key, "context"))
		plan_add_context(f, value);
	else if (text_is(key, "target"))
		o->target = arena_text(f->arena, value);
	else if (text_is(key, "network"))
		o->network = arena_text(f->arena, value);
	else if (text_is(key, "ignore"))
		plan_set_ignore(f, value);
	else if (text_is(key, "allow-host"))
		o->allow_host_network = true;
	else if (text_is(key, "allow-insecure"))
		o->allow_insecure = true;
	else if (text_is(key, "all-stages"))
		o->all_stages = true;
	else if (text_is(key, "outline"))
		o->wants_outline = true;
	else if (text_is(key, "platform")) {
		o->explicit_platform = true;
		assert_int_equal(platform_parse(&o->target_platform, value, &err), 0);
	} else
		fail_msg("unknown option %.*s", (int)word.n, word.p);
}

static inline void
plan_fixture_begin(struct plan_fixture *f, const char *options)
{
	struct text rest = text_of(options == NULL ? "" : options);
	struct plan_options *o = &f->options;

	*f = (struct plan_fixture){ .arena = arena_new() };
	platform_set(&o->build_platform, "linux", "amd64", NULL, NULL);
	platform_set(&o->target_platform, "linux", "amd64", NULL, NULL);
	o->network = TEXT("default");
	while (rest.n > 0) {
		ptrdiff_t blank = text_find(rest, ' ');
		size_t n = blank < 0 ? rest.n : (size_t)blank;

		if (n > 0)
			plan_set_option(f, text_first(rest, n));
		rest = text_from(rest, blank < 0 ? n : n + 1);
	}
	o->build_args = f->args.at, o->n_build_args = f->args.n;
	o->labels = f->labels.at, o->n_labels = f->labels.n;
	o->hosts = f->hosts.at, o->n_hosts = f->hosts.n;
	o->contexts = f->contexts.at, o->n_contexts = f->contexts.n;
}

static inline void
plan_fixture_end(struct plan_fixture *f)
{
	for (size_t i = 0; i < f->bases.n; i++) {
		struct base_image *base = (struct base_image *)f->bases.at[i];

		platform_clear(&base->platform);
		platform_clear(&base->image_platform);
	}
	platform_clear(&f->options.build_platform);
	platform_clear(&f->options.target_platform);
	array_clear(&f->args);
	array_clear(&f->labels);
	array_clear(&f->hosts);
	array_clear(&f->contexts);
	array_clear(&f->bases);
	ignore_free(f->ignore);
	dockerfile_free(f->df);
	arena_free(f->arena);
}

/* The plan of TEXT with all images that it asks for, or what came before the
 * mistake in ERR. Caller frees. */
static inline struct plan *
plan_fixture_make(struct plan_fixture *f, struct text text, struct error *err)
{
	f->df = dockerfile_parse_part(text, "Dockerfile", err);
	for (int round = 0; round < 16; round++) {
		auto_error struct error ignored = ERROR_INIT;
		struct plan *plan = plan_check(f->df, &f->options, f->bases.at,
		                               f->bases.n,
		                               f->df->is_part ? &ignored : err);

		if (plan->missing.n == 0 || err->code != ERR_NONE)
			return plan;
		for (size_t i = 0; i < plan->missing.n; i++)
			array_push(&f->bases, plan_base(f, &plan->missing.at[i]));
		plan_free(plan);
	}
	fail_msg("the plan asks for images without end");
	return NULL;
}

#endif
