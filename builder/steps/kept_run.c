#include "builder/steps/kept_run.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/listing.h"
#include "base/path.h"
#include "layers/store.h"
#include "parser/step.h"

#define ID_LENGTH 12
#define JSON_MAX  ((size_t)16 << 20)

/* ------------------------------------------------------------ writing */

static json_t *
list_of(const char *const *texts, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, jsonio_string(text_of(texts[i])));
	return list;
}

static bool
holds_secret(const struct build_env *env, const char *text)
{
	for (size_t i = 0; i < env->n_secrets; i++) {
		struct text value = text_trim(env->secrets[i].value);

		if (value.n > 0 && memmem(text, strlen(text), value.p, value.n) != NULL)
			return true;
	}
	return false;
}

static bool
is_proxy(const struct step_run *run, const char *text)
{
	for (size_t i = 0; i < run->proxy.n; i++) {
		struct text name = run->proxy.at[i].name;

		if (strncmp(text, name.p, name.n) == 0 && text[name.n] == '=')
			return true;
	}
	return false;
}

static json_t *
environment_of(const struct step_job *job, const struct sandbox_run *r)
{
	json_t *list = json_array();

	for (const char *const *e = r->env; *e != NULL; e++)
		if (!holds_secret(job->env, *e) && !is_proxy(&job->step->run, *e))
			json_array_append_new(list, jsonio_string(text_of(*e)));
	return list;
}

/* The path is absolute, because the next program does not have our descriptors. */
static char *
path_of_source(const struct sandbox_mount *m)
{
	char link[FILE_FD_PATH_MAX], dir[PATH_MAX];
	ssize_t n = readlink(file_fd_path(m->source_fd, link), dir, sizeof dir - 1);

	if (n < 0)
		return NULL;
	dir[n] = '\0';
	return m->source == NULL || *m->source == '\0' ? mem_copy(dir)
	                                               : path_join(dir, m->source);
}

static void
set_text(json_t *object, const char *name, const char *text)
{
	if (text != NULL)
		jsonio_set(object, name, jsonio_string(text_of(text)));
}

static void
set_number(json_t *object, const char *name, uint64_t value)
{
	jsonio_set(object, name, json_integer((json_int_t)value));
}

/* NULL if it is not to be kept. */
static json_t *
mount_of(const struct build_env *env, const struct sandbox_mount *m)
{
	json_t *object = NULL;
	auto_free char *source = NULL, *content = NULL;

	if (m->is_passing)
		return NULL;
	if (m->kind == SANDBOX_FILE) {
		content = text_copy(m->content);
		if (holds_secret(env, content))
			return NULL;
	}
	object = json_object();
	if (m->kind == SANDBOX_BIND)
		source = path_of_source(m);
	else if (m->source != NULL)
		source = mem_copy(m->source);
	set_number(object, "kind", m->kind);
	set_text(object, "target", m->target);
	jsonio_set(object, "readonly", json_boolean(m->readonly));
	jsonio_set(object, "foreign", json_boolean(m->is_foreign));
	set_text(object, "source", source);
	if (m->kind == SANDBOX_OVERLAY)
		jsonio_set(object, "lowers", list_of(m->lowers, m->n_lowers));
	set_text(object, "content", content);
	set_number(object, "size", m->size);
	set_number(object, "mode", m->mode);
	set_number(object, "uid", m->uid);
	set_number(object, "gid", m->gid);
	return object;
}

static json_t *
limit_of(const struct sandbox_limit *limit)
{
	json_t *object = json_object();

	set_number(object, "resource", (uint64_t)limit->resource);
	set_number(object, "soft", limit->soft);
	set_number(object, "hard", limit->hard);
	return object;
}

static json_t *
run_of(const struct step_job *job, const struct sandbox_run *r)
{
	json_t *object = json_object(), *groups = json_array(), *mounts = json_array(),
	       *limits = json_array();

	jsonio_set(object, "lowers", list_of(r->lowers, r->n_lowers));
	jsonio_set(object, "env", environment_of(job, r));
	set_text(object, "cwd", r->cwd);
	set_number(object, "uid", r->uid);
	set_number(object, "gid", r->gid);
	for (size_t i = 0; i < r->n_groups; i++)
		json_array_append_new(groups, json_integer(r->groups[i]));
	jsonio_set(object, "groups", groups);
	set_number(object, "network", r->network);
	jsonio_set(object, "insecure", json_boolean(r->insecure));
	set_text(object, "hostname", r->hostname);
	jsonio_set(object, "hosts", jsonio_string(r->hosts));
	jsonio_set(object, "resolv", jsonio_string(r->resolv));
	set_number(object, "shm_size", r->limits.shm_size);
	for (size_t i = 0; i < r->n_mounts; i++) {
		json_t *one = mount_of(job->env, &r->mounts[i]);

		if (one != NULL)
			json_array_append_new(mounts, one);
	}
	jsonio_set(object, "mounts", mounts);
	for (size_t i = 0; i < r->limits.list.n; i++)
		json_array_append_new(limits, limit_of(&r->limits.list.at[i]));
	jsonio_set(object, "limits", limits);
	set_number(object, "memory_max", r->limits.memory_max);
	set_number(object, "pids_max", r->limits.pids_max);
	set_number(object, "cpu_percent", r->limits.cpu_percent);
	return object;
}

int
kept_run_save(const struct step_job *job, const struct sandbox_run *run, const char *tmp,
              char **id, struct error *err)
{
	auto_json json_t *object = run_of(job, run);
	auto_free char *text = jsonio_print_pretty(object), *name = NULL;
	auto_fd int tmp_fd = file_open_dir(AT_FDCWD, tmp, err);
	char hex[ID_LENGTH + 1];

	file_random_name(hex, ID_LENGTH);
	name = mem_print("failed/%s", hex);
	if (tmp_fd < 0 ||
	    file_replace(tmp_fd, "run.json", text, strlen(text), 0600, err) < 0 ||
	    file_make_dirs(store_fd(job->env->store), "failed", 0700, err) < 0)
		return -1;
	if (renameat(AT_FDCWD, tmp, store_fd(job->env->store), name) < 0)
		return error_sys(err, "keep the failed step");
	*id = mem_copy(hex);
	return 0;
}

/* ------------------------------------------------------------ reading */

/* A run and what it borrows. */
struct kept {
	struct sandbox_run run;
	json_t *json;
	ARRAY(const char *) lowers, env;
	ARRAY(gid_t) groups;
	ARRAY(struct sandbox_mount) mounts;
	struct sandbox_limits limits;
	ARRAY(const char **) lists;
	ARRAY(char *) texts;
	int root_fd; /* of the machine: where binds start */
};

static void
kept_clear(struct kept *k)
{
	for (size_t i = 0; i < k->lists.n; i++)
		free(k->lists.at[i]);
	for (size_t i = 0; i < k->texts.n; i++)
		free(k->texts.at[i]);
	array_clear(&k->lowers);
	array_clear(&k->env);
	array_clear(&k->groups);
	array_clear(&k->mounts);
	array_clear(&k->limits.list);
	array_clear(&k->lists);
	array_clear(&k->texts);
	json_decref(k->json);
	own_close(&k->root_fd);
}
#define auto_kept __attribute__((cleanup(kept_clear)))

static const char *
text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static uint64_t
number_at(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static struct text
bytes_at(const json_t *object, const char *name)
{
	const char *text = text_at(object, name);

	return text_of(text == NULL ? "" : text);
}

static void
read_mount(struct kept *k, const json_t *object)
{
	const json_t *lowers = json_object_get(object, "lowers");
	struct sandbox_mount *m = array_add(&k->mounts);
	const char **list = mem_new_n(json_array_size(lowers) + 1, sizeof *list);

	array_push(&k->lists, list);
	for (size_t i = 0; i < json_array_size(lowers); i++)
		list[i] = json_string_value(json_array_get(lowers, i));
	*m = (struct sandbox_mount){
		.kind = (enum sandbox_mount_kind)number_at(object, "kind"),
		.target = text_at(object, "target"),
		.readonly = json_is_true(json_object_get(object, "readonly")),
		.is_foreign = json_is_true(json_object_get(object, "foreign")),
		.source_fd = k->root_fd,
		.source = text_at(object, "source"),
		.lowers = list,
		.n_lowers = json_array_size(lowers),
		.size = number_at(object, "size"),
		.content = bytes_at(object, "content"),
		.mode = (uint32_t)number_at(object, "mode"),
		.uid = (uint32_t)number_at(object, "uid"),
		.gid = (uint32_t)number_at(object, "gid"),
	};
}

static void
read_limit(struct kept *k, const json_t *object)
{
	array_push(
	        &k->limits.list,
	        ((struct sandbox_limit){ .resource = (int)number_at(object, "resource"),
	                                 .soft = number_at(object, "soft"),
	                                 .hard = number_at(object, "hard") }));
}

static void
read_lists(struct kept *k)
{
	const json_t *lowers = json_object_get(k->json, "lowers");
	const json_t *env = json_object_get(k->json, "env");
	const json_t *groups = json_object_get(k->json, "groups");
	const json_t *mounts = json_object_get(k->json, "mounts");
	const json_t *limits = json_object_get(k->json, "limits");
	const char *term = getenv("TERM");
	char *own = mem_print("TERM=%s", term == NULL ? "dumb" : term);

	for (size_t i = 0; i < json_array_size(lowers); i++)
		array_push(&k->lowers, json_string_value(json_array_get(lowers, i)));
	for (size_t i = 0; i < json_array_size(env); i++)
		array_push(&k->env, json_string_value(json_array_get(env, i)));
	array_push(&k->texts, own);
	array_push(&k->env, own);
	array_push(&k->env, NULL);
	for (size_t i = 0; i < json_array_size(groups); i++)
		array_push(&k->groups,
		           (gid_t)json_integer_value(json_array_get(groups, i)));
	for (size_t i = 0; i < json_array_size(mounts); i++)
		read_mount(k, json_array_get(mounts, i));
	for (size_t i = 0; i < json_array_size(limits); i++)
		read_limit(k, json_array_get(limits, i));
	k->limits.shm_size = number_at(k->json, "shm_size");
	k->limits.memory_max = number_at(k->json, "memory_max");
	k->limits.pids_max = number_at(k->json, "pids_max");
	k->limits.cpu_percent = (uint32_t)number_at(k->json, "cpu_percent");
}

static int
check_layers(const struct kept *k, const char *id, struct error *err)
{
	for (size_t i = 0; i < k->lowers.n; i++)
		if (k->lowers.at[i] == NULL || access(k->lowers.at[i], F_OK) < 0)
			return error_set(
			        err, ERR_SOURCE,
			        "step %s: a layer below it is not in the store any more",
			        id);
	return 0;
}

static int
kept_read(struct store *store, const char *id, struct kept *k, struct error *err)
{
	auto_free char *name = mem_print("failed/%s/run.json", id);
	auto_buf struct buf bytes = BUF_INIT;
	int found = file_read(store_fd(store), name, JSON_MAX, &bytes, err);

	if (found < 0)
		return -1;
	if (found == 0) {
		error_set(err, ERR_SOURCE, "%s: no such failed step in the store", id);
		return error_hint(err, "cooper build --on-error=keep keeps failed steps");
	}
	k->json = jsonio_parse(buf_text(&bytes), name, err);
	if (k->json == NULL)
		return -1;
	k->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	read_lists(k);
	return check_layers(k, id, err);
}

/* The failed step that was kept last; caller frees. */
static char *
latest(struct store *store, struct error *err)
{
	auto_listing struct listing list = listing_open(store_fd(store), "failed");
	const char *name = NULL;
	struct timespec newest = { 0 };
	char *id = NULL;
	struct stat st;

	while ((name = listing_next(&list)) != NULL)
		if (name[0] != '.' && fstatat(listing_fd(&list), name, &st, 0) == 0 &&
		    (id == NULL || st.st_ctim.tv_sec > newest.tv_sec ||
		     (st.st_ctim.tv_sec == newest.tv_sec &&
		      st.st_ctim.tv_nsec > newest.tv_nsec))) {
			free(id);
			id = mem_copy(name);
			newest = st.st_ctim;
		}
	if (id == NULL) {
		error_set(err, ERR_SOURCE, "no failed step is kept in the store");
		error_hint(err, "cooper build --on-error=keep keeps failed steps");
	}
	return id;
}

int
kept_run_shell(struct store *store, const char *id, struct sandbox *sandbox,
               int terminal_fd, struct error *err)
{
	static const char *const argv[] = { "/bin/sh", NULL };
	auto_free char *name = id == NULL ? latest(store, err) : mem_copy(id);
	auto_free char *upper = NULL, *work = NULL;
	auto_kept struct kept k = { .root_fd = -1 };
	struct sandbox_result result = { 0 };

	if (name == NULL)
		return -1;
	if (strchr(name, '/') != NULL || name[0] == '.')
		return error_set(err, ERR_USAGE, "%s: not the name of a failed step",
		                 name);
	if (kept_read(store, name, &k, err) < 0)
		return -1;
	upper = mem_print("%s/failed/%s/upper", store_path(store), name);
	/* An overlay needs a new work directory each time. */
	work = store_tmp_dir(store, NULL, err);
	if (work == NULL)
		return -1;
	k.run = (struct sandbox_run){
		.lowers = k.lowers.at,
		.n_lowers = k.lowers.n,
		.upper = upper,
		.work = work,
		.argv = argv,
		.env = k.env.at,
		.cwd = text_at(k.json, "cwd"),
		.uid = (uid_t)number_at(k.json, "uid"),
		.gid = (gid_t)number_at(k.json, "gid"),
		.groups = k.groups.at,
		.n_groups = k.groups.n,
		.mounts = k.mounts.at,
		.n_mounts = k.mounts.n,
		.network = (enum sandbox_network)number_at(k.json, "network"),
		.insecure = json_is_true(json_object_get(k.json, "insecure")),
		.hostname = text_at(k.json, "hostname"),
		.hosts = bytes_at(k.json, "hosts"),
		.resolv = bytes_at(k.json, "resolv"),
		.limits = k.limits,
		.has_terminal = true,
		.terminal_fd = terminal_fd,
	};
	return sandbox_run(sandbox, &k.run, &result, err);
}
