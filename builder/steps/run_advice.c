#include "builder/steps/run_advice.h"

#include <stdlib.h>

#include "base/base.h"
#include "base/count.h"
#include "base/suggest.h"
#include "layers/view.h"
#include "parser/mount_types.h"
#include "parser/step.h"

#define SCRIPT_MAX ((size_t)1 << 20) /* larger files are taken for no scripts */

void
log_end_add(struct log_end *l, const void *bytes, size_t n)
{
	if (n > RUN_LOG_END) {
		bytes = (const char *)bytes + n - RUN_LOG_END;
		n = RUN_LOG_END;
	}
	if (l->n + n > sizeof l->bytes) {
		memmove(l->bytes, l->bytes + l->n - RUN_LOG_END, RUN_LOG_END);
		l->n = RUN_LOG_END;
	}
	memcpy(l->bytes + l->n, bytes, n);
	l->n += n;
}

/* What the advisers look at. */
struct failure {
	const struct step_job *job;
	const struct step_run *run;
	struct text log;
	int status;          /* -1: its program did not start */
	struct text command; /* of the shell form; p NULL: the exec form */
	struct view *view;   /* NULL: not readable */
};

/* True if it set a hint. */
typedef bool adviser_fn(const struct failure *f, struct error *err);

static bool
says(const struct failure *f, const char *words)
{
	return f->log.n > 0 && memmem(f->log.p, f->log.n, words, strlen(words)) != NULL;
}

/* ------------------------------------------------------------ mounts */

static bool
is_given(const struct build_env *env, struct text id)
{
	for (size_t i = 0; i < env->n_secrets; i++)
		if (text_equal(env->secrets[i].id, id))
			return true;
	return false;
}

/* A secret that was given and that is nearly called ID. */
static char *
near_secret(const struct build_env *env, struct text id)
{
	char **names = mem_new_n(env->n_secrets + 1, sizeof *names);
	const char *near = NULL;
	char *copy = NULL;

	for (size_t i = 0; i < env->n_secrets; i++)
		names[i] = text_copy(env->secrets[i].id);
	near = suggest_find(id, (const char *const *)names, env->n_secrets, true);
	copy = near == NULL ? NULL : mem_copy(near);
	for (size_t i = 0; i < env->n_secrets; i++)
		free(names[i]);
	free(names);
	return copy;
}

static bool
advise_secret(const struct failure *f, struct error *err)
{
	for (size_t i = 0; i < f->run->mounts.n; i++) {
		const struct step_mount *m = &f->run->mounts.at[i];
		auto_free char *near = NULL;

		if (m->type != MOUNT_SECRET || is_given(f->job->env, m->id))
			continue;
		near = near_secret(f->job->env, m->id);
		if (near != NULL)
			error_hint(err,
			           "the secret %.*s was not given; the secret %s was: is "
			           "that the one?",
			           TEXT_ARG(m->id), near);
		else
			error_hint(err,
			           "the secret %.*s was not given: --secret "
			           "id=%.*s,src=FILE (or ,env=NAME)",
			           TEXT_ARG(m->id), TEXT_ARG(m->id));
		return true;
	}
	return false;
}

static bool
has_agent(const struct build_env *env, struct text id)
{
	for (size_t i = 0; i < env->n_agents; i++)
		if (text_equal(env->agents[i].id, id))
			return true;
	return false;
}

static bool
advise_agent(const struct failure *f, struct error *err)
{
	for (size_t i = 0; i < f->run->mounts.n; i++) {
		const struct step_mount *m = &f->run->mounts.at[i];

		if (m->type == MOUNT_SSH && !has_agent(f->job->env, m->id)) {
			error_hint(err, "no ssh agent was given to the step: --ssh %.*s",
			           TEXT_ARG(m->id));
			return true;
		}
	}
	return false;
}

static bool
advise_read_only(const struct failure *f, struct error *err)
{
	if (!says(f, "Read-only file system"))
		return false;
	for (size_t i = 0; i < f->run->mounts.n; i++) {
		const struct step_mount *m = &f->run->mounts.at[i];

		if (m->type != MOUNT_BIND || !m->readonly)
			continue;
		error_hint(err,
		           "the bind mount on %.*s is read-only; with rw the step may "
		           "write there, and what it writes is thrown away",
		           TEXT_ARG(m->target));
		return true;
	}
	return false;
}

/* ------------------------------------------------------------ machine */

static bool
advise_disk(const struct failure *f, struct error *err)
{
	if (!says(f, "No space left on device") && !says(f, "Disk quota exceeded"))
		return false;
	error_hint(err, "the disk of the store may be full: `cooper prune` frees space, "
	                "--root or COOPER_ROOT names another place");
	return true;
}

static bool
advise_network(const struct failure *f, struct error *err)
{
	static const char *const words[] = {
		"bad address",
		"Could not resolve host",
		"Temporary failure in name resolution",
		"Temporary failure resolving",
		"Network is unreachable",
		"unable to resolve host",
		"Name or service not known",
	};

	if (f->run->network != NETWORK_NONE)
		return false;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (says(f, words[i])) {
			error_hint(err, "the step has no network: --network=none");
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------------ programs */

/* The first line of the file at PATH of the root. False if there is none. */
static bool
first_line(const struct failure *f, struct text path, struct buf *content,
           struct text *line)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *real = NULL;
	struct text rest;

	while (path.n > 0 && path.p[0] == '/')
		path = text_from(path, 1);
	if (f->view == NULL || path.n == 0 ||
	    view_resolve(f->view, path, &real, &ignored) < 0 ||
	    view_read(f->view, text_of(real), SCRIPT_MAX, content, &ignored) != 1)
		return false;
	rest = buf_text(content);
	return text_line(&rest, line);
}

static bool
is_in_root(const struct failure *f, struct text path)
{
	auto_error struct error ignored = ERROR_INIT;
	auto_free char *real = NULL;
	struct view_entry entry;

	while (path.n > 0 && path.p[0] == '/')
		path = text_from(path, 1);
	return f->view != NULL && path.n > 0 &&
	       view_resolve(f->view, path, &real, &ignored) == 0 &&
	       view_find(f->view, text_of(real), &entry) == 1;
}

/* PATH is a file of the root, and still "not found": the kernel means its interpreter. */
static bool
advise_script(const struct failure *f, struct text path, struct error *err)
{
	auto_buf struct buf content = BUF_INIT;
	struct text line, interpreter;

	if (!first_line(f, path, &content, &line) || !text_starts(line, "#!"))
		return false;
	interpreter = text_trim(text_from(line, 2));
	interpreter = text_cut(&interpreter, ' ');
	if (text_ends(line, "\r")) {
		error_hint(err,
		           "%.*s has Windows line ends (CRLF), so its first line asks "
		           "for \"%.*s\\r\": save it with LF",
		           TEXT_ARG(path), TEXT_ARG(interpreter));
		return true;
	}
	if (is_in_root(f, interpreter))
		return false;
	error_hint(err, "%.*s needs %.*s, which is not in the image", TEXT_ARG(path),
	           TEXT_ARG(interpreter));
	return true;
}

/* The word before WORDS in the last line of the log that has them: shells write
 * "sh: 1: gcc: not found" or "bash: line 1: gcc: command not found". */
static struct text
named_before(const struct failure *f, const char *words)
{
	struct text rest = f->log, line, found = { 0 };

	while (text_line(&rest, &line)) {
		const char *at = memmem(line.p, line.n, words, strlen(words));
		struct text word;

		if (at == NULL)
			continue;
		word = text_first(line, (size_t)(at - line.p));
		for (ptrdiff_t cut = text_find(word, ' '); cut >= 0;
		     cut = text_find(word, ' '))
			word = text_from(word, (size_t)cut + 1);
		found = word;
	}
	return found;
}

static bool
is_plain_word(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] <= ' ' || (unsigned char)t.p[i] >= 0x7f)
			return false;
	return t.n > 0 && t.n < 100;
}

static bool
advise_missing(const struct failure *f, struct error *err)
{
	struct text name = named_before(f, ": command not found");

	if (name.p == NULL)
		name = named_before(f, ": not found");
	if (name.p == NULL)
		name = named_before(f, ": No such file or directory");
	if (!is_plain_word(name))
		return false;
	if (memchr(name.p, '/', name.n) != NULL) {
		if (advise_script(f, name, err))
			return true;
		if (name.p[0] == '/' && !is_in_root(f, name)) {
			error_hint(err, "%.*s is not in the image", TEXT_ARG(name));
			return true;
		}
		return false;
	}
	error_hint(err,
	           "%.*s is not in the image: install it in an earlier step, or add "
	           "its directory to PATH",
	           TEXT_ARG(name));
	return true;
}

/* A JSON array with the wrong quotes is a command for the shell. */
static bool
advise_json(const struct failure *f, struct error *err)
{
	struct text t = text_trim(f->command);

	if (t.n < 2 || t.p[0] != '[' || t.p[t.n - 1] != ']' || t.p[1] == '[' ||
	    t.p[1] == ' ')
		return false;
	error_hint(err, "the shell runs this, because it is not JSON: the exec form "
	                "needs double quotes, [\"program\", \"argument\"]");
	return true;
}

static bool
advise_shell(const struct failure *f, struct error *err)
{
	if (f->status == 127)
		return advise_missing(f, err);
	if (f->status != 126)
		return false;
	error_hint(err, "exit code 126: the file may not be executed; COPY --chmod=755 "
	                "or `chmod +x` allows it");
	return true;
}

/* The exec form, where the program did not even start. */
static bool
advise_exec(const struct failure *f, struct error *err)
{
	struct text program = f->run->argv.at[0];

	if (err->sys == EACCES) {
		error_hint(err, "the file may not be executed; COPY --chmod=755 or "
		                "`chmod +x` allows it");
		return true;
	}
	if (is_in_root(f, program)) {
		auto_free char *kept = err->hint;

		err->hint = NULL; /* which knows less */
		if (advise_script(f, program, err))
			return true;
		err->hint = kept;
		kept = NULL;
		return false;
	}
	if (f->command.p != NULL)
		error_hint(err,
		           "the image has no %.*s: use the exec form, RUN [\"program\", "
		           "\"argument\"], or a base image with a shell",
		           TEXT_ARG(program));
	else
		error_hint(err, "%.*s is not in the image: install it in an earlier step",
		           TEXT_ARG(program));
	return true;
}

/* ------------------------------------------------------------ */

/* The command of the shell form: /bin/sh -c "…", or as SHELL says. */
static struct text
shell_command(const struct step_run *run)
{
	if (run->argv.n == 3 && text_is(run->argv.at[1], "-c"))
		return run->argv.at[2];
	return (struct text){ 0 };
}

void
run_advise(const struct step_job *job, const struct result *base, int status,
           const struct log_end *log, struct error *err)
{
	/* What is sure comes first. */
	static adviser_fn *const after_start[] = { advise_read_only, advise_disk,
		                                   advise_network,   advise_json,
		                                   advise_shell,     advise_secret,
		                                   advise_agent };
	auto_error struct error ignored = ERROR_INIT;
	struct failure f = {
		.job = job,
		.run = &job->step->run,
		.status = status,
		.log = { log->bytes, log->n },
		.command = shell_command(&job->step->run),
		.view = view_new(base->layers.at, base->layers.n, &ignored),
	};

	if (f.run->argv.n > 0 && status < 0)
		advise_exec(&f, err);
	for (size_t i = 0; status >= 0 && i < COUNT_OF(after_start); i++)
		if (after_start[i](&f, err))
			break;
	view_free(f.view);
}
