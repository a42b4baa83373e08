#include "base/count.h"
#include "builder/steps/internal.h"

#include <ctype.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "builder/steps/kept_run.h"
#include "builder/steps/run_advice.h"
#include "builder/steps/run_mounts.h"
#include "builder/steps/run_surroundings.h"
#include "layers/changes.h"
#include "layers/store.h"
#include "layers/view.h"
#include "parser/config.h"
#include "parser/mount_types.h"
#include "parser/step.h"

#define DEFAULT_HOSTNAME "buildkitsandbox"

/* ------------------------------------------------------------ key */

static void
add_indexed(struct preimage *out, const char *name, size_t i, struct text value)
{
	auto_free char *field = mem_print("%s[%zu]", name, i);

	preimage_add(out, field, value);
}

static void
add_mount(struct preimage *out, size_t i, const struct step_mount *m)
{
	const struct mount_row *row = &mount_rows[m->type];
	bool has_owner = m->has_ids || m->mode != MOUNT_NOT_GIVEN;
	unsigned in_key = row->in_key | (has_owner ? row->in_key_if_owned : 0);
	auto_buf struct buf b = BUF_INIT;

	buf_print(&b, "%s readonly=%d", row->name, m->readonly);
	if (in_key & FIELD_MODE)
		buf_print(&b, " mode=%o", m->mode);
	if (in_key & FIELD_UID)
		buf_print(&b, " uid=%u", m->uid);
	if (in_key & FIELD_GID)
		buf_print(&b, " gid=%u", m->gid);
	if (in_key & FIELD_REQUIRED)
		buf_print(&b, " required=%d", m->required);
	if (in_key & FIELD_SIZE)
		buf_print(&b, " size=%llu", (unsigned long long)m->size);
	add_indexed(out, "mount", i, buf_text(&b));
	add_indexed(out, "mount target", i, m->target);
	if (in_key & FIELD_ID)
		add_indexed(out, "mount id", i, m->id);
	if (in_key & FIELD_ENV && m->env.p != NULL)
		add_indexed(out, "mount env", i, m->env);
}

/* Context files that a bind mount shows or a cache mount begins with are part of the
 * key; another step's files only if CONTENT is asked for. */
static int
add_mount_content(const struct step_job *job, bool content, size_t i,
                  const struct step_mount *m, struct preimage *out, struct error *err)
{
	auto_free char *field = mem_print("mount content[%zu]", i);
	struct digest digest;
	size_t input = 0;

	if (m->from == STEP_NONE)
		return 0;
	add_indexed(out, "mount source", i, m->source);
	input = step_input_index(job->step, m->from);
	if (step_needs_input_key(job->plan, job->step, input) && !content)
		return 0;
	if (selection_of_path(job, input, m->source, &digest, err) < 0)
		return -1;
	preimage_add_digest(out, field, &digest);
	return 0;
}

/* Adds --ulimit and --shm-size if they are set. Limits of the cgroup are not in the key,
 * because programs should not depend on them. */
static void
add_limits(struct preimage *out, const struct sandbox_limits *limits)
{
	for (size_t i = 0; i < limits->list.n; i++) {
		const struct sandbox_limit *l = &limits->list.at[i];
		auto_free char *text = mem_print("%d=%llu:%llu", l->resource,
		                                 (unsigned long long)l->soft,
		                                 (unsigned long long)l->hard);

		add_indexed(out, "limit", i, text_of(text));
	}
	if (limits->shm_size > 0)
		preimage_add_u64(out, "shm size", limits->shm_size);
}

int
step_run_preimage(const struct step_job *job, bool content, struct preimage *out,
                  struct error *err)
{
	const struct step_run *run = &job->step->run;

	preimage_add_str(out, "step", "run");
	for (size_t i = 0; i < run->argv.n; i++)
		add_indexed(out, "argv", i, run->argv.at[i]);
	for (size_t i = 0; i < run->env.n; i++) {
		auto_free char *field = mem_print("env %.*s",
		                                  TEXT_ARG(run->env.at[i].name));

		preimage_add(out, field, run->env.at[i].value);
	}
	preimage_add(out, "cwd", run->cwd);
	preimage_add(out, "user", run->user);
	preimage_add_u64(out, "network", run->network);
	preimage_add_u64(out, "insecure", run->insecure);
	preimage_add(out, "hostname", run->hostname);
	/* As in BuildKit, the address of --add-host is not in the key, only the name. */
	for (size_t i = 0; i < run->hosts.n; i++)
		add_indexed(out, "host", i, run->hosts.at[i].name);
	add_limits(out, &job->env->limits);
	run_surroundings_preimage(job->env->surroundings, out);
	if (run->script_path.p != NULL) {
		preimage_add(out, "script", run->script_path);
		preimage_add(out, "script body", run->script_body);
	}
	for (size_t i = 0; i < run->mounts.n; i++) {
		add_mount(out, i, &run->mounts.at[i]);
		if (add_mount_content(job, content, i, &run->mounts.at[i], out, err) < 0)
			return -1;
	}
	return 0;
}

/* ------------------------------------------------------------ the process */

/* Everything that a sandbox_run borrows. */
struct prepared {
	struct lowers lowers;
	ARRAY(const char *) argv, env;
	ARRAY(char *) owned;
	struct user_ids user;
	struct run_mounts mounts;
	struct buf hosts, resolv;
	int vertex;
	struct log_end log;
	int status; /* of its program; -1: it did not start */
	char *tmp, *upper, *work, *hostname, *cwd;
};

static void
prepared_clear(struct prepared *p)
{
	for (size_t i = 0; i < p->owned.n; i++)
		free(p->owned.at[i]);
	array_clear(&p->owned);
	lowers_clear(&p->lowers);
	array_clear(&p->argv);
	array_clear(&p->env);
	user_ids_clear(&p->user);
	run_mounts_clear(&p->mounts);
	buf_clear(&p->hosts);
	buf_clear(&p->resolv);
	free(p->tmp);
	free(p->upper);
	free(p->work);
	free(p->hostname);
	free(p->cwd);
}
#define auto_prepared __attribute__((cleanup(prepared_clear)))

static const char *
own(struct prepared *p, char *text)
{
	array_push(&p->owned, text);
	return text;
}

static void
add_variable(struct prepared *p, const struct variable *v)
{
	array_push(&p->env,
	           own(p, mem_print("%.*s=%.*s", TEXT_ARG(v->name), TEXT_ARG(v->value))));
}

static void
prepare_env(const struct step_run *run, struct prepared *p)
{
	bool has_home = false;

	for (size_t i = 0; i < run->env.n; i++) {
		add_variable(p, &run->env.at[i]);
		has_home = has_home || text_is(run->env.at[i].name, "HOME");
	}
	for (size_t i = 0; i < run->proxy.n; i++)
		add_variable(p, &run->proxy.at[i]);
	for (size_t i = 0; i < p->mounts.env.n; i++)
		array_push(&p->env, p->mounts.env.at[i]);
	if (!has_home)
		array_push(&p->env, own(p, mem_print("HOME=%s", p->user.home)));
	array_push(&p->env, NULL);
}

static void
prepare_hosts(const struct step_run *run, const struct run_surroundings *s,
              struct prepared *p)
{
	p->hostname = run->hostname.p == NULL ? mem_copy(DEFAULT_HOSTNAME)
	                                      : text_copy(run->hostname);
	buf_print(&p->hosts, "127.0.0.1\tlocalhost %s\n", p->hostname);
	buf_add_str(&p->hosts, "::1\tlocalhost ip6-localhost ip6-loopback\n");
	for (size_t i = 0; i < run->hosts.n; i++)
		buf_print(&p->hosts, "%.*s\t%.*s\n", TEXT_ARG(run->hosts.at[i].value),
		          TEXT_ARG(run->hosts.at[i].name));
	run_surroundings_resolv(s, &p->resolv);
}

/* Unpacks the base and finds the user in it. */
static int
prepare_root(const struct step_job *job, const struct result *base, struct prepared *p,
             struct error *err)
{
	struct view *view = NULL;
	int failed = 0;

	if (layers_lowers(job->env->store, base->layers.at, base->layers.n,
	                  job->env->cancel, &p->lowers, err) < 0)
		return -1;
	view = view_new(base->layers.at, base->layers.n, err);
	if (view == NULL)
		return -1;
	failed = user_find(view, job->step->run.user, true, &p->user, err);
	view_free(view);
	return failed;
}

static int
prepare_directories(const struct step_job *job, struct prepared *p, struct error *err)
{
	p->tmp = store_tmp_dir(job->env->store, NULL, err);
	if (p->tmp == NULL)
		return -1;
	p->upper = mem_print("%s/upper", p->tmp);
	p->work = mem_print("%s/work", p->tmp);
	if (mkdir(p->upper, 0755) < 0 || mkdir(p->work, 0755) < 0)
		return error_sys(err, "make %s", p->upper);
	/* The process sees the upper's root as "/", so its mode must not depend on our
	 * umask. */
	if (chmod(p->upper, 0755) < 0)
		return error_sys(err, "%s", p->upper);
	return 0;
}

static void
log_output(void *arg, int stream, const void *bytes, size_t n)
{
	struct prepared *p = arg;

	log_end_add(&p->log, bytes, n);
	event_log(p->vertex, stream, bytes, n);
}

static bool
has_secrets(const struct step_run *run)
{
	for (size_t i = 0; i < run->mounts.n; i++)
		if (run->mounts.at[i].type == MOUNT_SECRET ||
		    run->mounts.at[i].type == MOUNT_SSH)
			return true;
	return false;
}

static struct sandbox_run
describe(const struct step_job *job, struct prepared *p)
{
	const struct step_run *run = &job->step->run;
	const struct build_env *env = job->env;

	return (struct sandbox_run){
		.lowers = p->lowers.list.at,
		.n_lowers = p->lowers.list.n,
		.upper = p->upper,
		.work = p->work,
		.argv = p->argv.at,
		.env = p->env.at,
		.cwd = p->cwd,
		.uid = p->user.uid,
		.gid = p->user.gid,
		.groups = p->user.groups.at,
		.n_groups = p->user.groups.n,
		.mounts = p->mounts.list.at,
		.n_mounts = p->mounts.list.n,
		.network = run->network == NETWORK_NONE ? SANDBOX_NET_NONE
		                                        : SANDBOX_NET_HOST,
		.insecure = run->insecure,
		.has_secrets = has_secrets(run),
		.hostname = p->hostname,
		.hosts = env->surroundings->no_hosts ? (struct text){ 0 }
		                                     : buf_text(&p->hosts),
		.resolv = buf_text(&p->resolv),
		.limits = env->limits,
		.caps_added = env->surroundings->caps_added,
		.caps_dropped = env->surroundings->caps_dropped,
		.log = log_output,
		.log_arg = p,
	};
}

/* Whether programs rarely choose for themselves the status by which a shell tells that
 * one was killed by signal NUMBER. */
static bool
is_told_by_shells(int number)
{
	static const int numbers[] = { SIGILL,  SIGABRT, SIGBUS,  SIGFPE,
		                       SIGKILL, SIGSEGV, SIGPIPE, SIGTERM };

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* The reason why a program was killed. */
static void
add_signal(const struct sandbox_result *r, struct buf *out)
{
	const bool is_shells = WIFEXITED(r->status);
	const int number = is_shells ? WEXITSTATUS(r->status) - 128 : WTERMSIG(r->status);
	const char *name = number > 0 && number < NSIG ? sigdescr_np(number) : NULL;

	if (r->oom) {
		buf_print(out, ": %skilled by signal 9 (out of memory",
		          is_shells ? "a program was " : "");
		if (r->oom_limit >= 1 << 20)
			buf_print(out, ": limit %llu MiB of the cgroup",
			          (unsigned long long)r->oom_limit >> 20);
		buf_add_char(out, ')');
		return;
	}
	if (name == NULL || (is_shells && !is_told_by_shells(number)))
		return;
	buf_print(out, ": %skilled by signal %d (", is_shells ? "a program was " : "",
	          number);
	if (number == SIGKILL)
		buf_add_str(out, "out of memory?");
	else
		buf_print(out, "%c%s", tolower((unsigned char)name[0]), name + 1);
	buf_add_char(out, ')');
}

static int
exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int
check_status(const struct step_run *run, const struct sandbox_result *r,
             struct error *err)
{
	auto_buf struct buf command = BUF_INIT, quoted = BUF_INIT, why = BUF_INIT;
	int status = r->status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	for (size_t i = 0; i < run->argv.n; i++) {
		if (i > 0)
			buf_add_char(&command, ' ');
		buf_add_text(&command, run->argv.at[i]);
	}
	buf_add_quoted(&quoted, buf_text(&command));
	add_signal(r, &why);
	error_set(err, ERR_RUN,
	          "process %s did not complete successfully: exit code: %d%s",
	          buf_str(&quoted), exit_status(status), buf_str(&why));
	if (r->oom)
		error_hint(err, "give the step more memory: raise --memory, or the "
		                "limit of the container or service that cooper runs in");
	return -1;
}

static int
run_process(const struct step_job *job, struct prepared *p, struct error *err)
{
	struct sandbox *sandbox = job->env->sandbox_of(job->env->sandbox_arg, err);
	struct sandbox_result result = { 0 };
	struct sandbox_run run;

	if (sandbox == NULL)
		return -1;
	for (size_t i = 0; i < job->step->run.argv.n; i++)
		array_push(&p->argv, own(p, text_copy(job->step->run.argv.at[i])));
	array_push(&p->argv, NULL);
	prepare_env(&job->step->run, p);
	prepare_hosts(&job->step->run, job->env->surroundings, p);
	p->cwd = text_copy(job->step->run.cwd);
	p->vertex = job->vertex;
	run = describe(job, p);
	if (sandbox_run(sandbox, &run, &result, err) < 0)
		return -1;
	p->status = exit_status(result.status);
	return check_status(&job->step->run, &result, err);
}

/* ------------------------------------------------------------ failed runs */

struct failed_run {
	struct prepared prepared;
	struct build_env env;
	struct step_job job; /* without inputs */
};

/* True if somebody took P over, for a shell in the failed step. */
static bool
hand_over(const struct step_job *job, struct prepared *p)
{
	struct failed_run *f = NULL;

	if (job->env->keep_failed == NULL)
		return false;
	f = mem_new(sizeof *f);
	f->job = *job;
	f->job.inputs = NULL;
	f->env = *job->env;
	f->job.env = &f->env;
	f->prepared = *p;
	if (job->env->keep_failed(job->env->sandbox_arg, f)) {
		*p = (struct prepared){ 0 };
		return true;
	}
	free(f);
	return false;
}

/* True if the failed step is kept in the store now; ERR then says so. */
static bool
keep(const struct step_job *job, struct prepared *p, struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	const struct sandbox_run run = describe(job, p);
	auto_free char *id = NULL, *advice = NULL;

	if (!job->env->keeps_failed)
		return false;
	if (kept_run_save(job, &run, p->tmp, &id, &later) < 0) {
		event_warn(job->vertex, "the failed step is not kept: %s", later.text);
		return false;
	}
	advice = err->hint;
	err->hint = NULL;
	error_hint(err,
	           "%s%sthe step is kept as it failed; for a shell in it: cooper shell "
	           "%s",
	           advice == NULL ? "" : advice, advice == NULL ? "" : "; ", id);
	return true;
}

void
failed_run_free(struct failed_run *run)
{
	if (run == NULL)
		return;
	store_trash(run->job.env->store, run->prepared.tmp);
	prepared_clear(&run->prepared);
	free(run);
}

int
failed_run_shell(struct failed_run *run, struct sandbox *sandbox, int terminal_fd,
                 struct error *err)
{
	static const char *const argv[] = { "/bin/sh", NULL };
	struct prepared *p = &run->prepared;
	auto_free char *work = mem_print("%s/shell", p->tmp);
	const char *term = getenv("TERM");
	struct sandbox_result result = { 0 };
	struct sandbox_run shell;

	/* An overlay wants a new one each time. */
	if (mkdir(work, 0755) < 0)
		return error_sys(err, "make %s", work);
	p->env.n--;
	array_push(&p->env, own(p, mem_print("TERM=%s", term == NULL ? "dumb" : term)));
	array_push(&p->env, NULL);
	shell = describe(&run->job, p);
	shell.argv = argv;
	shell.work = work;
	shell.has_terminal = true;
	shell.terminal_fd = terminal_fd;
	return sandbox_run(sandbox, &shell, &result, err);
}

/* ------------------------------------------------------------ step */

int
step_run_execute(const struct step_job *job, struct result *out, struct error *err)
{
	const struct result *base =
	        job->inputs[step_input_index(job->step, job->step->base)];
	auto_prepared struct prepared p = { .status = -1 };
	struct layer_options options = { .forms = job->forms,
		                         .epoch = job->env->epoch,
		                         .cancel = job->env->cancel };
	struct layer *layer = NULL;

	/* Checked first, before anything is unpacked for the step. */
	if (job->env->sandbox_of(job->env->sandbox_arg, err) == NULL ||
	    prepare_root(job, base, &p, err) < 0 ||
	    run_surroundings_mount(job, base, &p.mounts, err) < 0 ||
	    run_mounts_prepare(job, &p.mounts, err) < 0 ||
	    prepare_directories(job, &p, err) < 0)
		return -1;
	if (run_process(job, &p, err) < 0) {
		if (err->code == ERR_RUN)
			run_advise(job, base, p.status, &p.log, err);
		if (err->code != ERR_RUN || (!hand_over(job, &p) && !keep(job, &p, err)))
			store_trash(job->env->store, p.tmp);
		return -1;
	}
	layer = layer_from_upper(job->env->store, p.upper, base->layers.at,
	                         base->layers.n, &options, err);
	store_trash(job->env->store, p.tmp);
	if (layer == NULL)
		return -1;
	result_add_layer(base, layer, out);
	return 0;
}
