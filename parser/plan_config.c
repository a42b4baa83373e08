#include "parser/plan_config.h"

#include "base/base.h"
#include "base/number.h"
#include "parser/config.h"
#include "parser/history.h"
#include "parser/lint_rules.h"
#include "parser/scope.h"
#include "parser/state.h"
#include "parser/step.h"

typedef int config_fn(struct planner *p, struct node *node, const struct instruction *in,
                      struct error *err);

/* Adds the history entry in B, for an instruction without a layer. */
static int
commit(struct planner *p, struct node *node, const struct buf *b)
{
	state_add_history(&node->state, p->arena, arena_text(p->arena, buf_text(b)),
	                  STEP_NONE);
	return 0;
}

/* ------------------------------------------------------------ variables */

/* All pairs are expanded before the first is set. */
static int
expand_pairs(struct planner *p, struct node *node, const struct instruction *in,
             struct variable *out, struct error *err)
{
	for (size_t i = 0; i < in->pairs.n; i++)
		if (scope_expand(p, node, in, in->pairs.at[i].key, &out[i].name, err) <
		            0 ||
		    scope_expand(p, node, in, in->pairs.at[i].value, &out[i].value, err) <
		            0)
			return -1;
	return 0;
}

static int
plan_env(struct planner *p, struct node *node, const struct instruction *in,
         struct error *err)
{
	auto_free struct variable *pairs = mem_new_n(in->pairs.n, sizeof *pairs);
	auto_buf struct buf b = BUF_INIT;

	if (expand_pairs(p, node, in, pairs, err) < 0)
		return -1;
	lint_legacy_key_value_format(&p->lint, in);
	buf_add_str(&b, "ENV");
	for (size_t i = 0; i < in->pairs.n; i++) {
		lint_secrets_used_in_arg_or_env(&p->lint, in, pairs[i].name);
		state_set_env(&node->state, pairs[i].name, pairs[i].value, true);
		history_add_pair(&b, pairs[i].name, pairs[i].value);
	}
	return commit(p, node, &b);
}

static int
plan_label(struct planner *p, struct node *node, const struct instruction *in,
           struct error *err)
{
	auto_free struct variable *pairs = mem_new_n(in->pairs.n, sizeof *pairs);
	auto_buf struct buf b = BUF_INIT;

	if (expand_pairs(p, node, in, pairs, err) < 0)
		return -1;
	lint_legacy_key_value_format(&p->lint, in);
	buf_add_str(&b, "LABEL");
	for (size_t i = 0; i < in->pairs.n; i++) {
		variables_put(&node->state.labels, pairs[i].name, pairs[i].value);
		history_add_pair(&b, pairs[i].name, pairs[i].value);
	}
	return commit(p, node, &b);
}

/* The value of the argument NAME: a build argument, its default, or what it is
 * in the global scope. 1, 0 if it stays unset, -1. */
static int
arg_value(struct planner *p, struct node *node, const struct instruction *in,
          const struct pair *pair, struct text name, struct text *value,
          struct error *err)
{
	if (planner_build_arg(p, name.p, value))
		return 1;
	if (!pair->has_value)
		return variables_find(&p->globals, name, value);
	return scope_expand(p, node, in, pair->value, value, err) < 0 ? -1 : 1;
}

/* Arguments are set one after the other, so later ones can use earlier ones. */
static int
plan_arg(struct planner *p, struct node *node, const struct instruction *in,
         struct error *err)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_str(&b, "ARG");
	for (size_t i = 0; i < in->pairs.n; i++) {
		struct text name = arena_text(p->arena, in->pairs.at[i].key);
		struct text value = TEXT("");
		int found;

		lint_secrets_used_in_arg_or_env(&p->lint, in, name);
		found = arg_value(p, node, in, &in->pairs.at[i], name, &value, err);
		if (found < 0)
			return -1;
		variables_put(&node->state.args, name, value);
		if (found == 0) {
			buf_add_char(&b, ' ');
			buf_add_text(&b, name);
			continue;
		}
		if (!scope_is_setting(name))
			state_set_env(&node->state, name, value, false);
		history_add_pair(&b, name, value);
	}
	return commit(p, node, &b);
}

/* ------------------------------------------------------------ commands */

static struct text
lasting(struct planner *p, struct text t)
{
	return arena_text(p->arena, t);
}

void
plan_config_shell(struct planner *p, const struct node *node, struct text text,
                  struct words *out)
{
	const struct config *config = &node->state.config;

	for (size_t i = 0; i < config->shell.n; i++)
		array_push(&out->list, config->shell.at[i]);
	if (config->shell.n == 0) {
		array_push(&out->list, TEXT("/bin/sh"));
		array_push(&out->list, TEXT("-c"));
	}
	array_push(&out->list, lasting(p, text));
}

/* The argument list of CMD or ENTRYPOINT. */
static void
command_words(struct planner *p, struct node *node, const struct instruction *in,
              struct words *out)
{
	for (size_t i = 0; in->json && i < in->args.n; i++)
		array_push(&out->list, lasting(p, in->args.at[i]));
	if (in->json)
		return;
	if (node->state.config.shell.n == 0)
		lint_json_args_recommended(&p->lint, in);
	plan_config_shell(p, node, in->args.n == 0 ? TEXT("") : in->args.at[0], out);
}

static int
plan_cmd(struct planner *p, struct node *node, const struct instruction *in,
         struct error *err)
{
	struct config *config = &node->state.config;
	auto_buf struct buf b = BUF_INIT;
	struct words words = { 0 };

	(void)err;
	lint_multiple_instructions(&p->lint, in, node->state.used.cmd);
	node->state.used.cmd = in;
	command_words(p, node, in, &words);
	planner_freeze(p, &config->cmd, &words.list);
	config->has_cmd = config->cmd.n > 0;
	config->args_escaped = true;
	history_add_quoted(&b, "CMD", config->cmd.at, config->cmd.n);
	return commit(p, node, &b);
}

/* An inherited CMD was meant for the base's own entry point. */
static int
plan_entrypoint(struct planner *p, struct node *node, const struct instruction *in,
                struct error *err)
{
	struct config *config = &node->state.config;
	auto_buf struct buf b = BUF_INIT;
	struct words words = { 0 };

	(void)err;
	lint_multiple_instructions(&p->lint, in, node->state.used.entrypoint);
	node->state.used.entrypoint = in;
	command_words(p, node, in, &words);
	planner_freeze(p, &config->entrypoint, &words.list);
	config->has_entrypoint = config->entrypoint.n > 0;
	if (node->state.used.cmd == NULL) {
		config->cmd.n = 0;
		config->has_cmd = false;
	}
	history_add_quoted(&b, "ENTRYPOINT", config->entrypoint.at, config->entrypoint.n);
	return commit(p, node, &b);
}

static int
plan_shell_instruction(struct planner *p, struct node *node, const struct instruction *in,
                       struct error *err)
{
	struct config *config = &node->state.config;
	auto_buf struct buf b = BUF_INIT;
	struct words words = { 0 };

	(void)err;
	for (size_t i = 0; i < in->args.n; i++)
		array_push(&words.list, lasting(p, in->args.at[i]));
	planner_freeze(p, &config->shell, &words.list);
	config->has_shell = true;
	history_add_list(&b, "SHELL", config->shell.at, config->shell.n);
	return commit(p, node, &b);
}

/* The test as the image format has it: its kind comes first. */
static int
plan_healthcheck(struct planner *p, struct node *node, const struct instruction *in,
                 struct error *err)
{
	struct config *config = &node->state.config;
	auto_buf struct buf b = BUF_INIT;
	struct words words = { 0 };

	(void)err;
	lint_multiple_instructions(&p->lint, in, node->state.used.health);
	node->state.used.health = in;
	if (in->health.none)
		array_push(&words.list, TEXT("NONE"));
	else
		array_push(&words.list,
		           in->health.json ? TEXT("CMD") : TEXT("CMD-SHELL"));
	for (size_t i = 0; i < in->health.test.n; i++)
		array_push(&words.list, lasting(p, in->health.test.at[i]));
	config->health = in->health;
	planner_freeze(p, &config->health.test, &words.list);
	config->has_health = true;
	history_add_health(&b, &config->health);
	return commit(p, node, &b);
}

/* ------------------------------------------------------------ sets */

static int
plan_expose(struct planner *p, struct node *node, const struct instruction *in,
            struct error *err)
{
	struct words words = { 0 }, ports = { 0 };
	auto_buf struct buf b = BUF_INIT;
	int result = 0;

	for (size_t i = 0; i < in->args.n && result == 0; i++)
		result = scope_expand_split(p, node, in, in->args.at[i], &words, err);
	for (size_t i = 0; i < words.list.n && result == 0; i++)
		result = plan_config_ports(p, in, words.list.at[i], &ports, err);
	for (size_t i = 0; i < ports.list.n && result == 0; i++)
		variables_put(&node->state.ports, ports.list.at[i], TEXT(""));
	history_add_list(&b, "EXPOSE", ports.list.at, ports.list.n);
	if (result == 0)
		commit(p, node, &b);
	words_clear(&words);
	words_clear(&ports);
	return result;
}

static int
plan_volume(struct planner *p, struct node *node, const struct instruction *in,
            struct error *err)
{
	auto_free struct text *paths = mem_new_n(in->args.n, sizeof *paths);
	auto_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < in->args.n; i++) {
		if (scope_expand(p, node, in, in->args.at[i], &paths[i], err) < 0)
			return -1;
		if (paths[i].n == 0)
			return error_set(err, ERR_DOCKERFILE,
			                 "VOLUME specified can not be an empty string");
	}
	for (size_t i = 0; i < in->args.n; i++)
		variables_put(&node->state.volumes, paths[i], TEXT(""));
	history_add_list(&b, "VOLUME", paths, in->args.n);
	return commit(p, node, &b);
}

/* ------------------------------------------------------------ single values */

static int
set_text(struct planner *p, struct node *node, const char *keyword, struct text value,
         struct text *to)
{
	auto_buf struct buf b = BUF_INIT;

	*to = value;
	buf_print(&b, "%s ", keyword);
	buf_add_text(&b, value);
	return commit(p, node, &b);
}

static int
plan_user(struct planner *p, struct node *node, const struct instruction *in,
          struct error *err)
{
	struct text user;

	if (scope_expand(p, node, in, in->args.at[0], &user, err) < 0)
		return -1;
	return set_text(p, node, "USER", user, &node->state.config.user);
}

static int
plan_stopsignal(struct planner *p, struct node *node, const struct instruction *in,
                struct error *err)
{
	struct text signal;

	if (scope_expand(p, node, in, in->args.at[0], &signal, err) < 0)
		return -1;
	if (!plan_config_is_signal(signal))
		return error_set(err, ERR_DOCKERFILE, "invalid signal: %.*s",
		                 TEXT_ARG(signal));
	return set_text(p, node, "STOPSIGNAL", signal, &node->state.config.stop_signal);
}

static int
plan_maintainer(struct planner *p, struct node *node, const struct instruction *in,
                struct error *err)
{
	(void)err;
	return set_text(p, node, "MAINTAINER", lasting(p, in->args.at[0]),
	                &node->state.config.author);
}

static int
plan_onbuild(struct planner *p, struct node *node, const struct instruction *in,
             struct error *err)
{
	struct config *config = &node->state.config;

	(void)err;
	if (config->onbuild.n == config->onbuild.cap) {
		size_t cap = config->onbuild.cap == 0 ? 4 : config->onbuild.cap * 2;
		struct text *grown = arena_alloc_n(p->arena, cap, sizeof *grown);

		if (config->onbuild.n > 0)
			memcpy(grown, config->onbuild.at,
			       config->onbuild.n * sizeof *grown);
		config->onbuild.at = grown;
		config->onbuild.cap = cap;
	}
	config->onbuild.at[config->onbuild.n++] = lasting(p, in->trigger);
	return 0;
}

int
plan_config_instruction(struct planner *p, struct node *node,
                        const struct instruction *in, struct error *err)
{
	static config_fn *const table[] = {
		[INSTR_ARG] = plan_arg,
		[INSTR_ENV] = plan_env,
		[INSTR_LABEL] = plan_label,
		[INSTR_EXPOSE] = plan_expose,
		[INSTR_VOLUME] = plan_volume,
		[INSTR_USER] = plan_user,
		[INSTR_STOPSIGNAL] = plan_stopsignal,
		[INSTR_MAINTAINER] = plan_maintainer,
		[INSTR_SHELL] = plan_shell_instruction,
		[INSTR_CMD] = plan_cmd,
		[INSTR_ENTRYPOINT] = plan_entrypoint,
		[INSTR_HEALTHCHECK] = plan_healthcheck,
		[INSTR_ONBUILD] = plan_onbuild,
	};

	return table[in->kind](p, node, in, err);
}
