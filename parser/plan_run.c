#include "base/base.h"
#include "base/path.h"
#include "parser/config.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/heredoc.h"
#include "parser/history.h"
#include "parser/mounts.h"
#include "parser/plan.h"
#include "parser/plan_config.h"
#include "parser/plan_layers.h"
#include "parser/plan_steps.h"
#include "parser/scope.h"
#include "parser/state.h"
#include "parser/step.h"

/* The directory in which steps see scripts that name their own interpreter. */
#define PIPES "/dev/pipes/"

/* ------------------------------------------------------------ heredocs */

/* The text and all heredocs after it, for a shell that knows heredocs. */
static struct text
with_bodies(struct planner *p, const struct instruction *in)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_text(&b, in->args.at[0]);
	for (size_t i = 0; i < in->heredocs.n; i++) {
		buf_add_char(&b, '\n');
		buf_add_text(&b, in->heredocs.at[i].body);
		buf_add_text(&b, in->heredocs.at[i].name);
	}
	return arena_text(p->arena, buf_text(&b));
}

/* " (first line...)", to describe a script. */
static struct text
summary(struct planner *p, struct text body)
{
	struct text rest = text_trim(body), line = { 0 };

	text_line(&rest, &line);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return text_of(arena_print(p->arena, " (%.*s%s)", TEXT_ARG(line),
	                           rest.n > 0 ? "..." : ""));
}

/* The shell form's text. A lone heredoc is a script: for the shell, or in a file if it
 * begins with "#!". *ABOUT is for the step's name. */
static struct text
shell_text(struct planner *p, const struct instruction *in, struct step_run *run,
           struct text *about)
{
	const struct heredoc *body = in->heredocs.at;
	struct heredoc alone;
	struct text script;

	if (in->args.n == 0)
		return TEXT("");
	if (in->heredocs.n == 0)
		return in->args.at[0];
	if (!heredoc_parse(p->arena, in->args.at[0], &alone))
		return with_bodies(p, in);
	*about = summary(p, body->body);
	script = body->chomp ? plan_chomp(p, body->body) : body->body;
	if (!text_starts(body->body, "#!"))
		return script;
	run->script_path =
	        text_of(arena_print(p->arena, PIPES "%.*s", TEXT_ARG(body->name)));
	run->script_body = arena_text(p->arena, script);
	return run->script_path;
}

static int
read_command(struct planner *p, const struct node *node, const struct instruction *in,
             struct step_run *run, struct text *about, struct error *err)
{
	struct words words = { 0 };

	for (size_t i = 0; in->json && i < in->args.n; i++)
		array_push(&words.list, arena_text(p->arena, in->args.at[i]));
	if (!in->json)
		plan_config_shell(p, node, shell_text(p, in, run, about), &words);
	planner_freeze(p, &run->argv, &words.list);
	if (run->argv.n == 0)
		return error_set(err, ERR_DOCKERFILE, "arguments are required");
	for (size_t i = 0; i < run->argv.n; i++)
		if (plan_check_word(run->argv.at[i], err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ permissions */

/* A Dockerfile cannot give itself more rights. */
static int
not_allowed(const char *what, struct error *err)
{
	error_set(err, ERR_POLICY, "%s is not allowed", what);
	return error_hint(err, "if the Dockerfile may have it: --allow %s", what);
}

static int
read_network(struct planner *p, const struct instruction *in, struct step_run *run,
             struct error *err)
{
	const struct plan_options *options = p->options;
	bool is_general = in->flag.network.n == 0 || text_is(in->flag.network, "default");
	struct text network = is_general ? options->network : in->flag.network;

	if (text_is(network, "none"))
		run->network = NETWORK_NONE;
	else if (text_is(network, "host"))
		run->network = NETWORK_HOST;
	if (run->network == NETWORK_HOST && !is_general && !options->allow_host_network &&
	    !text_is(options->network, "host"))
		return not_allowed("network.host", err);
	return 0;
}

static int
read_security(struct planner *p, const struct instruction *in, struct step_run *run,
              struct error *err)
{
	run->insecure = text_is(in->flag.security, "insecure");
	if (run->insecure && !p->options->allow_insecure)
		return not_allowed("security.insecure", err);
	if (in->flag.devices.n > 0)
		return error_set(
		        err, ERR_DOCKERFILE,
		        "device feature is only supported in Dockerfile frontend "
		        "1.14.0-labs or later");
	return 0;
}

/* ------------------------------------------------------------ the step */

/* The name hides what secrets set as variables. */
static struct text
title(struct planner *p, const struct node *node, const struct command *command,
      const struct step_run *run, struct text about)
{
	struct variables hidden = { 0 };
	struct text line = text_of(arena_print(
	        p->arena, "%.*s%.*s", TEXT_ARG(command->in->line), TEXT_ARG(about)));

	for (size_t i = 0; i < run->mounts.n; i++)
		if (run->mounts.at[i].env.p != NULL)
			variables_put(&hidden, run->mounts.at[i].env, TEXT("****"));
	line = scope_shown(p, node, line, true, &hidden);
	variables_clear(&hidden);
	return plan_step_command(p, command, line);
}

/* Refuses NUL bytes in texts that the kernel, or a look-up in the root's files, would end
 * at NUL. */
static int
check_environment(const struct step_run *run, struct error *err)
{
	for (size_t i = 0; i < run->env.n; i++)
		if (plan_check_word(run->env.at[i].name, err) < 0 ||
		    plan_check_word(run->env.at[i].value, err) < 0)
			return error_wrap(err, "variable %.*s",
			                  TEXT_ARG(run->env.at[i].name));
	if (plan_check_word(run->user, err) < 0)
		return error_wrap(err, "user");
	return plan_check_word(run->cwd, err) < 0 ? error_wrap(err, "directory") : 0;
}

static int
set_environment(struct planner *p, struct node *node, struct step_run *run,
                struct error *err)
{
	struct state *state = &node->state;

	state_env_list(state, p->arena, &run->env.at, &run->env.n);
	run->env.cap = run->env.n;
	run->proxy.at = p->proxy.at;
	run->proxy.n = run->proxy.cap = p->proxy.n;
	run->cwd = state_workdir(state);
	run->user = state->config.user.p == NULL ? TEXT("") : state->config.user;
	run->hostname = p->hostname;
	/* Shared with the options, which outlive the plan and do not change. */
	run->hosts.at = (struct variable *)p->options->hosts;
	run->hosts.n = run->hosts.cap = p->options->n_hosts;
	return check_environment(run, err);
}

int
plan_run(struct planner *p, struct node *node, const struct command *command,
         struct error *err)
{
	const struct instruction *in = command->in;
	struct text about = TEXT(""), name, text;
	struct step_run run = { 0 };
	struct mounts mounts = { 0 };
	struct step *step;
	int failed = mounts_read(p, node, command, &mounts, err);

	planner_freeze(p, &run.mounts, &mounts.list);
	if (failed < 0 || read_command(p, node, in, &run, &about, err) < 0 ||
	    read_security(p, in, &run, err) < 0 || read_network(p, in, &run, err) < 0)
		return -1;
	if (set_environment(p, node, &run, err) < 0)
		return -1;
	text = title(p, node, command, &run, about);
	name = plan_step_name(p, node, text);
	step = plan_step_add(p, node, STEP_RUN, in, node->state.step);
	step->run = run;
	step->name = name;
	step->command = text;
	plan_step_finish(p, step);
	node->state.step = step->id;
	state_add_history(&node->state, p->arena,
	                  history_run(p, node, run.argv.at, run.argv.n), step->id);
	return 0;
}
