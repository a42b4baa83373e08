#include "builder/steps/run_mounts.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/event.h"
#include "base/path.h"
#include "builder/cache/cache.h"
#include "builder/steps/internal.h"
#include "layers/changes.h"
#include "layers/layer.h"
#include "layers/store.h"
#include "parser/mount_types.h"

/* Makes WANT ready and adds what the sandbox has to mount to M. One for each row of
 * MOUNT_TYPES. */
typedef int prepare_fn(const struct step_job *job, const struct step_mount *want,
                       struct run_mounts *m, struct error *err);

mode_t
run_mount_mode(const struct step_mount *m)
{
	return m->mode == MOUNT_NOT_GIVEN ? mount_rows[m->type].mode : m->mode;
}

char *
run_mounts_own(struct run_mounts *m, char *text)
{
	array_push(&m->texts, text);
	return text;
}

struct sandbox_mount *
run_mounts_add(struct run_mounts *m, enum sandbox_mount_kind kind, struct text target)
{
	char *path = run_mounts_own(m, text_copy(target));
	struct sandbox_mount *mount = array_add(&m->list);

	mount->kind = kind;
	mount->target = path;
	mount->source_fd = -1;
	mount->source = "";
	return mount;
}

/* Files of a context, copied out as a layer directory owned by 0:0 without what
 * is ignored; remembered by content, so it is made once. */
static struct layer *
context_copy(const struct step_job *job, size_t input, struct text source,
             struct error *err)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;
	struct record record = { 0 };
	struct digest key, content;

	if (selection_of_path(job, input, source, &content, err) < 0)
		return NULL;
	preimage_add_str(&p, "step", "bind");
	preimage_add_digest(&p, "content", &content);
	preimage_add(&p, "source", source);
	key = preimage_key(&p);
	if (record_find(job->env->store, &key, &record) > 0 && record.layer != NULL)
		return record.layer;
	record.layer = layer_of_path(job, input, source, err);
	if (record.layer == NULL)
		return NULL;
	record.created_ns = job->env->now * 1000000000;
	record_write(job->env->store, &key, &record, TEXT("bind mount of context files"),
	             &p);
	return record.layer;
}

/* Shows an empty directory, for a stage without layers. */
static struct layer *
empty_layer(const struct step_job *job, struct error *err)
{
	const struct layer_options options = { .forms = LAYER_DIR | LAYER_TAR,
		                               .epoch = -1,
		                               .cancel = job->env->cancel };

	return layer_from_changes(job->env->store, NULL, 0, &options, err);
}

static int
prepare_bind(const struct step_job *job, const struct step_mount *want,
             struct run_mounts *m, struct error *err)
{
	size_t input = step_input_index(job->step, want->from);
	const struct result *from = job->inputs[input];
	struct sandbox_mount *mount = NULL;
	struct lowers *lowers = NULL;
	struct layer *alone = NULL;
	struct layer *const *layers = from->layers.at;
	size_t n = from->layers.n;
	bool is_files = from->context != NULL || from->source != NULL;

	if (is_files) {
		alone = context_copy(job, input, want->source, err);
	} else if (n == 0) {
		alone = empty_layer(job, err);
	}
	if (is_files || n == 0) {
		if (alone == NULL)
			return -1;
		layers = &alone;
		n = 1;
	}
	lowers = array_add(&m->lowers);
	if (layers_lowers(job->env->store, layers, n, job->env->cancel, lowers, err) < 0)
		return -1;
	if (lowers->list.n == 0 && n > 0)
		array_push(&lowers->list, layer_dir(layers[n - 1]));
	mount = run_mounts_add(m, SANDBOX_OVERLAY, want->target);
	mount->lowers = lowers->list.at;
	mount->n_lowers = lowers->list.n;
	mount->source = run_mounts_own(m, text_copy(want->source));
	mount->readonly = want->readonly;
	return 0;
}

/* All cache mounts were opened before. */
static int
prepare_cache(const struct step_job *job, const struct step_mount *want,
              struct run_mounts *m, struct error *err)
{
	struct sandbox_mount *mount = run_mounts_add(m, SANDBOX_BIND, want->target);

	(void)err;
	mount->source_fd = m->caches.of_mount[want - job->step->run.mounts.at];
	mount->readonly = want->readonly;
	return 0;
}

static const struct secret *
secret_find(const struct build_env *env, struct text id)
{
	for (size_t i = 0; i < env->n_secrets; i++)
		if (text_equal(env->secrets[i].id, id))
			return &env->secrets[i];
	return NULL;
}

static int
prepare_secret(const struct step_job *job, const struct step_mount *want,
               struct run_mounts *m, struct error *err)
{
	const struct secret *secret = secret_find(job->env, want->id);
	struct sandbox_mount *mount = NULL;

	if (secret == NULL && want->required) {
		error_set(err, ERR_SOURCE, "secret %.*s: not found", TEXT_ARG(want->id));
		return error_hint(err,
		                  "give it with --secret id=%.*s,src=FILE (or ,env=NAME)",
		                  TEXT_ARG(want->id));
	}
	if (secret == NULL)
		return 0;
	if (want->env.p != NULL && secret->value.n > 0 &&
	    memchr(secret->value.p, '\0', secret->value.n) != NULL) {
		error_set(err, ERR_SOURCE,
		          "secret %.*s: it has a NUL byte, which no variable can hold",
		          TEXT_ARG(want->id));
		return error_hint(err, "let the step read it from a file: target= in "
		                       "place of env=");
	}
	if (want->env.p != NULL)
		array_push(&m->env, mem_print("%.*s=%.*s", TEXT_ARG(want->env),
		                              TEXT_ARG(secret->value)));
	if (want->target.p == NULL)
		return 0;
	mount = run_mounts_add(m, SANDBOX_FILE, want->target);
	mount->content = secret->value;
	mount->mode = run_mount_mode(want);
	mount->uid = want->uid;
	mount->gid = want->gid;
	mount->readonly = true;
	return 0;
}

static int
add_agent(const struct step_job *job, const struct step_mount *want,
          const struct ssh_agent *agent, struct run_mounts *m, struct error *err)
{
	auto_free char *path = text_copy(agent->socket);
	struct agent_relay *relay = NULL;
	struct sandbox_mount *mount = NULL;
	int dir_fd = -1;
	char *dir = store_tmp_dir(job->env->store, &dir_fd, err);

	if (dir == NULL)
		return -1;
	m->store = job->env->store;
	array_push(&m->dirs, dir);
	array_push(&m->fds, dir_fd);
	relay = agent_relay_new(dir_fd, path, run_mount_mode(want), want->uid, want->gid,
	                        err);
	if (relay == NULL)
		return -1;
	array_push(&m->relays, relay);
	mount = run_mounts_add(m, SANDBOX_BIND, want->target);
	mount->source_fd = dir_fd;
	mount->source = AGENT_RELAY_NAME;
	mount->is_passing = true;
	return 0;
}

static int
prepare_ssh(const struct step_job *job, const struct step_mount *want,
            struct run_mounts *m, struct error *err)
{
	const struct build_env *env = job->env;
	const struct ssh_agent *agent = NULL;

	/* As in BuildKit, the variable is set even if the socket does not exist. */
	if (!m->has_agent)
		array_push(&m->env,
		           mem_print("SSH_AUTH_SOCK=%.*s", TEXT_ARG(want->target)));
	m->has_agent = true;
	for (size_t i = 0; i < env->n_agents && agent == NULL; i++)
		if (text_equal(env->agents[i].id, want->id))
			agent = &env->agents[i];
	if (agent == NULL && want->required) {
		error_set(err, ERR_SOURCE,
		          "no SSH key \"%.*s\" forwarded from the client",
		          TEXT_ARG(want->id));
		return error_hint(err,
		                  "give the step an agent: --ssh %.*s (after ssh-add)",
		                  TEXT_ARG(want->id));
	}
	if (agent == NULL)
		return 0;
	return add_agent(job, want, agent, m, err);
}

static int
prepare_tmpfs(const struct step_job *job, const struct step_mount *want,
              struct run_mounts *m, struct error *err)
{
	struct sandbox_mount *mount = run_mounts_add(m, SANDBOX_TMPFS, want->target);

	(void)job;
	(void)err;
	mount->size = want->size;
	mount->mode = run_mount_mode(want);
	mount->readonly = want->readonly;
	return 0;
}

#define PREPARE_FUNCTION(constant, name, ...) [MOUNT_##constant] = prepare_##name,
static prepare_fn *const prepare_functions[N_MOUNT_TYPES] = { MOUNT_TYPES(
	PREPARE_FUNCTION) };

static void
prepare_script(const struct step_run *run, struct run_mounts *m)
{
	struct sandbox_mount *mount = run_mounts_add(m, SANDBOX_FILE, run->script_path);

	mount->content = run->script_body;
	mount->mode = 0755;
	mount->readonly = true;
}

static bool
env_has(const struct step_run *run, const char *name)
{
	for (size_t i = 0; i < run->env.n; i++)
		if (text_is(run->env.at[i].name, name))
			return true;
	return false;
}

int
run_mounts_prepare(const struct step_job *job, struct run_mounts *out, struct error *err)
{
	const struct step_run *run = &job->step->run;
	int failed = cache_mounts_open(job, &out->caches, err);

	out->has_agent = env_has(run, "SSH_AUTH_SOCK");
	for (size_t i = 0; i < run->mounts.n && failed == 0; i++) {
		const struct step_mount *want = &run->mounts.at[i];

		failed = prepare_functions[want->type](job, want, out, err);
	}
	if (failed == 0 && run->script_path.p != NULL)
		prepare_script(run, out);
	return failed;
}

void
run_mounts_clear(struct run_mounts *m)
{
	for (size_t i = 0; i < m->env.n; i++)
		free(m->env.at[i]);
	for (size_t i = 0; i < m->texts.n; i++)
		free(m->texts.at[i]);
	for (size_t i = 0; i < m->lowers.n; i++)
		lowers_clear(&m->lowers.at[i]);
	cache_mounts_clear(&m->caches);
	for (size_t i = 0; i < m->fds.n; i++)
		close(m->fds.at[i]);
	for (size_t i = 0; i < m->relays.n; i++)
		agent_relay_free(m->relays.at[i]);
	for (size_t i = 0; i < m->dirs.n; i++) {
		store_trash(m->store, m->dirs.at[i]);
		free(m->dirs.at[i]);
	}
	array_clear(&m->relays);
	array_clear(&m->dirs);
	array_clear(&m->env);
	array_clear(&m->texts);
	array_clear(&m->lowers);
	array_clear(&m->fds);
	array_clear(&m->list);
}
