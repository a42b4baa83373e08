#include <jansson.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "base/redact.h"
#include "parser/config.h"
#include "parser/mount_types.h"
#include "parser/plan.h"
#include "parser/step.h"

static const char *const step_kinds[] = { "scratch", "image", "local", "git",
	                                  "http",    "run",   "copy",  "mkdir" };
static const char *const networks[] = { "default", "none", "host" };
static const char *const context_kinds[] = { "local",   "image", "layout",
	                                     "scratch", "git",   "http" };

/* ------------------------------------------------------------ values */

static json_t *
shown(struct text t)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_redacted(&b, t);
	return jsonio_string(buf_text(&b));
}

/* Absent text is left out. */
static void
set_text(json_t *object, const char *name, struct text t)
{
	if (t.p != NULL)
		jsonio_set(object, name, shown(t));
}

static void
set_flag(json_t *object, const char *name, bool on)
{
	if (on)
		jsonio_set(object, name, json_true());
}

static void
set_number(json_t *object, const char *name, int64_t n)
{
	if (n != 0)
		jsonio_set(object, name, json_integer(n));
}

static void
set_step(json_t *object, const char *name, step_id id)
{
	if (id != STEP_NONE)
		jsonio_set(object, name, json_integer((json_int_t)id));
}

static void
set_texts(json_t *object, const char *name, const struct text *list, size_t n)
{
	json_t *array;

	if (n == 0)
		return;
	array = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, shown(list[i]));
	jsonio_set(object, name, array);
}

/* ["NAME=value", …] */
static void
set_variables(json_t *object, const char *name, const struct variable *list, size_t n)
{
	json_t *array;

	if (n == 0)
		return;
	array = json_array();
	for (size_t i = 0; i < n; i++) {
		auto_buf struct buf b = BUF_INIT;

		buf_add_text(&b, list[i].name);
		buf_add_char(&b, '=');
		buf_add_text(&b, list[i].value);
		json_array_append_new(array, shown(buf_text(&b)));
	}
	jsonio_set(object, name, array);
}

static void
set_platform(json_t *object, const struct platform *platform)
{
	auto_free char *text = platform_print(platform);

	jsonio_set(object, "platform", json_string(text));
}

/* ------------------------------------------------------------ steps */

static json_t *
mount_json(const struct step_mount *m)
{
	json_t *out = json_object();

	jsonio_set(out, "type", json_string(mount_rows[m->type].name));
	set_step(out, "from", m->from);
	set_text(out, "source", m->source);
	set_text(out, "target", m->target);
	set_flag(out, "readonly", m->readonly);
	set_text(out, "id", m->id);
	if (mount_rows[m->type].takes & FIELD_SHARING)
		jsonio_set(out, "sharing", json_string(mount_sharings[m->sharing]));
	set_flag(out, "required", m->required);
	set_number(out, "size", (int64_t)m->size);
	if (m->mode != MOUNT_NOT_GIVEN)
		jsonio_set(out, "mode", json_integer(m->mode));
	if (m->has_ids) {
		jsonio_set(out, "uid", json_integer(m->uid));
		jsonio_set(out, "gid", json_integer(m->gid));
	}
	set_text(out, "env", m->env);
	return out;
}

static void
print_run(json_t *out, const struct step_run *run)
{
	json_t *mounts = json_array();

	set_texts(out, "argv", run->argv.at, run->argv.n);
	set_variables(out, "env", run->env.at, run->env.n);
	set_variables(out, "proxy", run->proxy.at, run->proxy.n);
	set_text(out, "cwd", run->cwd);
	set_text(out, "user", run->user);
	if (run->network != NETWORK_DEFAULT)
		jsonio_set(out, "network", json_string(networks[run->network]));
	set_flag(out, "insecure", run->insecure);
	set_text(out, "hostname", run->hostname);
	set_variables(out, "hosts", run->hosts.at, run->hosts.n);
	set_text(out, "script", run->script_path);
	set_text(out, "script_body", run->script_body);
	for (size_t i = 0; i < run->mounts.n; i++)
		json_array_append_new(mounts, mount_json(&run->mounts.at[i]));
	if (run->mounts.n > 0)
		jsonio_set(out, "mounts", json_incref(mounts));
	json_decref(mounts);
}

static void
print_copy(json_t *out, const struct step_copy *copy)
{
	json_t *sources = json_array();

	for (size_t i = 0; i < copy->sources.n; i++) {
		const struct copy_source *s = &copy->sources.at[i];
		json_t *source = json_object();

		set_step(source, "from", s->from);
		set_text(source, "path", s->path);
		set_text(source, "content", s->content);
		set_flag(source, "unpack", s->unpack);
		set_flag(source, "force_unpack", s->force_unpack);
		json_array_append_new(sources, source);
	}
	set_flag(out, "add", copy->is_add);
	jsonio_set(out, "sources", sources);
	set_text(out, "dest", copy->dest);
	set_text(out, "chown", copy->chown);
	set_text(out, "chmod", copy->chmod);
	set_flag(out, "link", copy->link);
	set_flag(out, "parents", copy->parents);
	set_texts(out, "excludes", copy->excludes.at, copy->excludes.n);
	set_flag(out, "keep_owner", copy->keep_owner);
}

static void
print_git(json_t *out, const struct step_git *git)
{
	set_text(out, "url", git->url);
	set_text(out, "ref", git->ref);
	set_text(out, "subdir", git->subdir);
	set_text(out, "checksum", git->checksum);
	set_flag(out, "keep_git_dir", git->keep_git_dir);
	set_flag(out, "submodules", git->submodules);
	set_flag(out, "commit_time", git->commit_time);
}

static void
print_definition(json_t *out, const struct step *step)
{
	switch (step->kind) {
	case STEP_SCRATCH:
		break;
	case STEP_IMAGE:
		set_text(out, "image", step->image.base->name);
		set_platform(out, &step->image.base->platform);
		break;
	case STEP_LOCAL:
		set_text(out, "context", step->local.context);
		break;
	case STEP_GIT:
		print_git(out, &step->git);
		break;
	case STEP_HTTP:
		set_text(out, "url", step->http.url);
		set_text(out, "file", step->http.name);
		set_text(out, "checksum", step->http.checksum);
		set_text(out, "chmod", step->http.chmod);
		break;
	case STEP_RUN:
		print_run(out, &step->run);
		break;
	case STEP_COPY:
		print_copy(out, &step->copy);
		break;
	case STEP_MKDIR:
		set_text(out, "path", step->mkdir.path);
		set_text(out, "user", step->mkdir.user);
		break;
	}
}

static json_t *
step_json(const struct step *step)
{
	json_t *out = json_object(), *inputs = json_array();

	jsonio_set(out, "id", json_integer((json_int_t)step->id));
	jsonio_set(out, "kind", json_string(step_kinds[step->kind]));
	set_text(out, "name", step->name);
	set_text(out, "command", step->command);
	jsonio_set(out, "stage", json_integer((json_int_t)step->stage));
	jsonio_set(out, "line", json_integer(step->at.line));
	set_step(out, "base", step->base);
	for (size_t i = 0; i < step->inputs.n; i++)
		json_array_append_new(inputs,
		                      json_integer((json_int_t)step->inputs.at[i]));
	jsonio_set(out, "inputs", inputs);
	print_definition(out, step);
	return out;
}

/* ------------------------------------------------------------ the image */

static void
print_health(json_t *out, const struct health *health)
{
	json_t *object = json_object();

	set_texts(object, "test", health->test.at, health->test.n);
	set_number(object, "interval", health->interval);
	set_number(object, "timeout", health->timeout);
	set_number(object, "start_period", health->start_period);
	set_number(object, "start_interval", health->start_interval);
	set_number(object, "retries", health->retries);
	jsonio_set(out, "health", object);
}

static json_t *
config_json(const struct config *c)
{
	json_t *out = json_object();

	set_variables(out, "env", c->env.at, c->env.n);
	set_texts(out, "entrypoint", c->entrypoint.at, c->entrypoint.n);
	set_texts(out, "cmd", c->cmd.at, c->cmd.n);
	set_texts(out, "shell", c->shell.at, c->shell.n);
	set_texts(out, "onbuild", c->onbuild.at, c->onbuild.n);
	set_flag(out, "args_escaped", c->args_escaped);
	set_variables(out, "labels", c->labels.at, c->labels.n);
	set_texts(out, "ports", c->ports.at, c->ports.n);
	set_texts(out, "volumes", c->volumes.at, c->volumes.n);
	set_text(out, "user", c->user);
	set_text(out, "workdir", c->workdir);
	set_text(out, "stop_signal", c->stop_signal);
	set_text(out, "author", c->author);
	if (c->has_health)
		print_health(out, &c->health);
	return out;
}

static json_t *
image_json(const struct plan_image *image)
{
	json_t *out = json_object(), *history = json_array();

	jsonio_set(out, "stage", json_integer((json_int_t)image->stage));
	set_step(out, "step", image->step);
	set_step(out, "base", image->base);
	set_platform(out, &image->platform);
	jsonio_set(out, "config", config_json(&image->config));
	for (size_t i = 0; i < image->history.n; i++) {
		json_t *entry = json_object();

		set_text(entry, "created_by", image->history.at[i].created_by);
		set_step(entry, "step", image->history.at[i].step);
		json_array_append_new(history, entry);
	}
	jsonio_set(out, "history", history);
	return out;
}

static json_t *
others_json(const struct plan *plan)
{
	json_t *out = json_array();

	for (size_t i = 0; i < plan->others.n; i++)
		json_array_append_new(out, image_json(&plan->others.at[i]));
	return out;
}

static json_t *
warnings_json(const struct plan *plan)
{
	json_t *out = json_array();

	for (size_t i = 0; i < plan->warnings.n; i++) {
		const struct lint_warning *w = &plan->warnings.at[i];
		json_t *warning = json_object();

		jsonio_set(warning, "rule", json_string(w->rule));
		set_text(warning, "detail", w->detail);
		jsonio_set(warning, "line", json_integer(w->at.line));
		json_array_append_new(out, warning);
	}
	return out;
}

static json_t *
missing_json(const struct plan *plan)
{
	json_t *out = json_array();

	for (size_t i = 0; i < plan->missing.n; i++) {
		const struct missing_base *m = &plan->missing.at[i];
		json_t *missing = json_object();

		set_text(missing, "name", m->name);
		set_text(missing, "display", m->display);
		jsonio_set(missing, "kind", json_string(context_kinds[m->kind]));
		set_platform(missing, &m->platform);
		jsonio_set(missing, "line", json_integer(m->at.line));
		json_array_append_new(out, missing);
	}
	return out;
}

char *
plan_print_json(const struct plan *plan)
{
	auto_json json_t *out = json_object();
	json_t *steps = json_array();

	if (plan->missing.n > 0) {
		json_decref(steps);
		jsonio_set(out, "missing", missing_json(plan));
		return jsonio_print_pretty(out);
	}
	for (size_t i = 0; i < plan->steps.n; i++)
		json_array_append_new(steps, step_json(&plan->steps.at[i]));
	jsonio_set(out, "steps", steps);
	jsonio_set(out, "image", image_json(&plan->image));
	if (plan->others.n > 0)
		jsonio_set(out, "others", others_json(plan));
	if (plan->warnings.n > 0)
		jsonio_set(out, "warnings", warnings_json(plan));
	set_flag(out, "lint_is_error", plan->lint_is_error);
	set_text(out, "epoch", plan->epoch);
	set_flag(out, "multi_platform", plan->multi_platform);
	set_flag(out, "inline_cache", plan->inline_cache);
	return jsonio_print_pretty(out);
}

/* ------------------------------------------------------------ DOT */

/* A quoted string of DOT, where only quotes and backslashes mean something. */
static void
add_label(struct buf *b, struct text t)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '"' || t.p[i] == '\\')
			buf_add_char(b, '\\');
		if (t.p[i] == '\n')
			buf_add_str(b, "\\n");
		else
			buf_add_char(b, t.p[i]);
	}
	buf_add_char(b, '"');
}

char *
plan_print_dot(const struct plan *plan)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_str(&b, "digraph plan {\n");
	for (size_t i = 0; i < plan->steps.n; i++) {
		const struct step *step = &plan->steps.at[i];
		struct text label = step->name.p != NULL
		                            ? step->name
		                            : text_of(step_kinds[step->kind]);

		buf_print(&b, "\ts%zu [shape=box, label=", step->id);
		add_label(&b, label);
		buf_add_str(&b, "];\n");
		for (size_t k = 0; k < step->inputs.n; k++)
			buf_print(&b, "\ts%zu -> s%zu%s;\n", step->inputs.at[k], step->id,
			          step->inputs.at[k] == step->base ? ""
			                                           : " [style=dashed]");
	}
	buf_add_str(&b, "}\n");
	return buf_take(&b);
}
