#include "builder/order/services.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/input.h"
#include "builder/machine/machine.h"
#include "builder/order/reach.h"
#include "layers/housekeeping.h"
#include "layers/owner_notes.h"
#include "layers/store.h"
#include "parser/config.h"

/* The wire limit of BuildKit; larger "secrets" are mistakes. */
#define SECRET_SIZE_MAX ((size_t)500 << 10)

/* Shorter lines of a long secret also occur in harmless words. */
#define HIDDEN_LINE_MIN 8

/* ------------------------------------------------------------ secrets */

/* In logs, a value appears without its final line feed, or line by line. */
static void
secret_hide(struct text value)
{
	struct text line;

	value = text_trim(value);
	event_add_secret(value);
	if (text_find(value, '\n') < 0)
		return;
	while (text_line(&value, &line))
		if (text_trim(line).n >= HIDDEN_LINE_MIN)
			event_add_secret(text_trim(line));
}

static bool
is_proxy(struct text name)
{
	size_t n = strlen("_proxy");

	return name.n > n &&
	       text_equal_nocase(text_from(name, name.n - n), TEXT("_proxy"));
}

/* The user and password of "http://user:password@proxy". Either may hold what needs
 * no escape in the eyes of its owner, so the last @ counts. */
static void
proxy_hide(struct text url)
{
	const char *scheme = memmem(url.p, url.n, "://", 3);
	const char *at = memrchr(url.p, '@', url.n);
	struct text user;

	if (at == NULL)
		return;
	user = text_first(url, (size_t)(at - url.p));
	if (scheme != NULL && scheme + 3 <= at)
		user = text_from(user, (size_t)(scheme + 3 - url.p));
	event_add_secret(user);
	text_cut(&user, ':');
	if (user.p != NULL)
		event_add_secret(user);
}

static int
too_large(struct text id, struct error *err)
{
	error_set(err, ERR_USAGE, "--secret %.*s: larger than 500 KiB", TEXT_ARG(id));
	return error_hint(err, "for a large file: RUN --mount=type=bind,from=NAME with "
	                       "--build-context NAME=DIRECTORY");
}

static int
secret_add(struct services *s, struct text id, struct buf *value, struct error *err)
{
	struct secret *secret = NULL;

	if (value->n > SECRET_SIZE_MAX)
		return too_large(id, err);
	secret = array_add(&s->secrets);
	secret->id = id;
	secret->value.n = value->n;
	secret->value.p = buf_take(value);
	array_push(&s->secret_texts, (char *)secret->value.p);
	secret_hide(secret->value);
	return 0;
}

/* Like docker's --secret: a file if src is given, a variable if env is, else a
 * variable or a file with the id's name. */
static int
secret_read(struct services *s, const struct secret_source *source, struct error *err)
{
	auto_free char *env = text_copy(source->env.p != NULL ? source->env : source->id);
	auto_free char *file = text_copy(source->file.p != NULL ? source->file
	                                                        : source->id);
	const char *value = source->file.p == NULL ? getenv(env) : NULL;
	auto_buf struct buf bytes = BUF_INIT;
	int found = 0;

	if (value != NULL) {
		buf_add_str(&bytes, value);
		return secret_add(s, source->id, &bytes, err);
	}
	if (source->env.p != NULL)
		return error_set(err, ERR_SOURCE, "--secret %.*s: variable %s is not set",
		                 TEXT_ARG(source->id), env);
	found = input_read(AT_FDCWD, file, SECRET_SIZE_MAX, s->request->cancel, &bytes,
	                   err);
	if (found < 0 && err->code == ERR_DAMAGED)
		return too_large(source->id, err);
	if (found < 0)
		return error_wrap(err, "--secret %.*s", TEXT_ARG(source->id));
	if (found == 0)
		return error_set(err, ERR_SOURCE, "--secret %.*s: %s: no such file",
		                 TEXT_ARG(source->id), file);
	return secret_add(s, source->id, &bytes, err);
}

static int
agent_check(struct text id, struct text socket, struct error *err)
{
	auto_free char *path = text_copy(socket);
	struct stat st;

	if (stat(path, &st) < 0) {
		error_sys(err, "--ssh %.*s: %s", TEXT_ARG(id), path);
		err->code = ERR_SOURCE;
		return -1;
	}
	if (S_ISSOCK(st.st_mode))
		return 0;
	error_set(err, ERR_USAGE, "--ssh %.*s: %s is not the socket of an agent",
	          TEXT_ARG(id), path);
	return error_hint(err, "for a key in a file: ssh-add FILE, then --ssh default");
}

/* --ssh default uses our own agent. */
static int
agent_add(struct services *s, const struct variable *v, struct error *err)
{
	const char *socket = getenv("SSH_AUTH_SOCK");
	struct text path = v->value.n > 0 ? v->value : text_of(socket);

	if (path.n == 0) {
		error_set(err, ERR_USAGE, "--ssh %.*s: SSH_AUTH_SOCK is not set",
		          TEXT_ARG(v->name));
		return error_hint(err, "start an agent: eval \"$(ssh-agent)\"; ssh-add");
	}
	if (agent_check(v->name, path, err) < 0)
		return -1;
	array_push(&s->agents, ((struct ssh_agent){ v->name, path }));
	return 0;
}

static int
read_secrets(struct services *s, struct error *err)
{
	const struct build_request *r = s->request;

	for (size_t i = 0; i < r->build_args.n; i++)
		if (is_proxy(r->build_args.at[i].name))
			proxy_hide(r->build_args.at[i].value);
	for (size_t i = 0; i < r->secrets.n; i++)
		if (secret_read(s, &r->secrets.at[i], err) < 0)
			return -1;
	for (size_t i = 0; i < r->agents.n; i++)
		if (agent_add(s, &r->agents.at[i], err) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------------------ sandbox */

static struct sandbox *
make_sandbox(struct services *s, const struct cancel *cancel, struct error *err)
{
	struct sandbox_options options = { .isolation = s->request->isolation,
		                           .mapping = s->request->mapping,
		                           .cancel = cancel };
	auto_free char *why = NULL, *scratch = NULL;
	auto_free char *memory = mem_print("%s/engine", store_path(s->store));
	auto_free char *kept = mem_print("%s/plain", store_path(s->store));
	auto_fd int scratch_fd = -1;
	struct sandbox *sandbox = NULL;

	scratch = store_tmp_dir(s->store, &scratch_fd, err);
	if (scratch == NULL)
		return NULL;
	options.scratch_fd = scratch_fd;
	options.memory = memory;
	options.kept = kept;
	sandbox = sandbox_new(&options, &why, err);
	if (!s->engine_told)
		machine_warn(options.isolation, s->request->mapping_why, sandbox, why);
	s->engine_told = true;
	if (sandbox == NULL)
		return NULL;
	sandbox_tell_limits(sandbox, &s->request->limits);
	/* The sandbox keeps using the directory; it lives until the store is closed. */
	take_fd(&scratch_fd);
	return sandbox;
}

static struct sandbox *
sandbox_of_services(void *arg, struct error *err)
{
	struct services *s = arg;
	struct sandbox *sandbox = NULL;

	pthread_mutex_lock(&s->sandbox_lock);
	if (s->sandbox == NULL)
		s->sandbox = make_sandbox(s, s->request->cancel, err);
	sandbox = s->sandbox;
	pthread_mutex_unlock(&s->sandbox_lock);
	return sandbox;
}

/* ------------------------------------------------------------ failed runs */

static bool
keep_failed(void *arg, struct failed_run *run)
{
	struct services *s = arg;
	bool is_first = false;

	pthread_mutex_lock(&s->sandbox_lock);
	is_first = s->failed == NULL;
	if (is_first)
		s->failed = run;
	pthread_mutex_unlock(&s->sandbox_lock);
	return is_first;
}

int
services_shell(struct services *s, int terminal_fd, struct error *err)
{
	struct sandbox *sandbox = make_sandbox(s, NULL, err);
	int failed = 0;

	if (sandbox == NULL)
		return -1;
	failed = failed_run_shell(s->failed, sandbox, terminal_fd, err);
	sandbox_free(sandbox);
	return failed;
}

/* ------------------------------------------------------------ what is no context */

static void
leave_out_result(struct services *s, const struct destination *d)
{
	auto_free char *told = mem_print("%s, a result of this build,",
	                                 destination_shown(d));
	struct destination_files files = { 0 };

	destination_files(d, &files);
	for (size_t i = 0; i < files.list.n; i++) {
		const struct destination_file *f = &files.list.at[i];

		left_out_add(&s->left_out, f->dev, f->ino, f->name,
		             f->is_made ? NULL : told);
	}
	array_clear(&files.list);
}

/* A cache's directory changes with every build, and no image needs it. */
static void
leave_out_cache(struct services *s, const struct cache_place *place)
{
	const char *dir = cache_place_dir(place);
	auto_free char *told = NULL;
	struct stat sb;

	if (dir == NULL || stat(dir, &sb) < 0)
		return;
	told = mem_print("the cache %s", dir);
	left_out_add(&s->left_out, sb.st_dev, sb.st_ino, NULL, told);
}

/* "cooper build . >log": a file that grows while it is copied. */
static void
leave_out_stream(struct services *s, int fd, const char *told)
{
	struct stat sb;

	if (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode))
		left_out_add(&s->left_out, sb.st_dev, sb.st_ino, NULL, told);
}

/* The store's directory, and what the build is writing. */
static int
leave_out(struct services *s, struct error *err)
{
	const struct build_request *r = s->request;
	auto_free char *told = mem_print("the store %s", store_path(s->store));
	struct stat sb;

	if (fstat(store_fd(s->store), &sb) < 0)
		return error_sys(err, "%s", store_path(s->store));
	left_out_add(&s->left_out, sb.st_dev, sb.st_ino, NULL, told);
	for (size_t i = 0; i < r->results.n; i++)
		leave_out_result(s, r->results.at[i]);
	for (size_t i = 0; i < r->cache_from.n; i++)
		leave_out_cache(s, &r->cache_from.at[i]);
	for (size_t i = 0; i < r->cache_to.n; i++)
		leave_out_cache(s, &r->cache_to.at[i]);
	if (r->log_fd > 0)
		leave_out_stream(s, r->log_fd, "the log of this build");
	if (r->log_dir_fd > 0 && fstat(r->log_dir_fd, &sb) == 0)
		left_out_add(&s->left_out, sb.st_dev, sb.st_ino, NULL,
		             "the directory of logs");
	leave_out_stream(s, STDOUT_FILENO, "the file of standard output");
	leave_out_stream(s, STDERR_FILENO, "the file of standard error");
	s->env.left_out = &s->left_out;
	return 0;
}

static void
fill_env(struct services *s)
{
	const struct build_request *r = s->request;

	s->env = (struct build_env){
		.store = s->store,
		.registry = s->registry,
		.offline = r->offline,
		.sandbox_of = sandbox_of_services,
		.sandbox_arg = s,
		.keep_failed = r->shell_on_error ? keep_failed : NULL,
		.keeps_failed = r->keep_on_error,
		.git_modes = r->git_modes,
		.cancel = r->cancel,
		.epoch = r->epoch,
		.now = clock_wall_ns() / 1000000000,
		.secrets = s->secrets.at,
		.n_secrets = s->secrets.n,
		.agents = s->agents.at,
		.n_agents = s->agents.n,
		.unpack_max = r->unpack_max,
		.limits = r->limits,
		.surroundings = &r->surroundings,
	};
}

int
services_open(const struct build_request *request, struct services *s, struct error *err)
{
	*s = (struct services){ .request = request, .lease_fd = -1 };
	pthread_mutex_init(&s->sandbox_lock, NULL);
	s->store = store_open(request->root, err);
	if (s->store != NULL)
		store_set_cancel(s->store, request->cancel);
	if (s->store == NULL || build_check_store(request, s->store, err) < 0)
		return -1;
	owner_warn_of_times(store_fd(s->store), store_path(s->store));
	s->lease_fd = store_lease(s->store, err);
	if (s->lease_fd < 0 || read_secrets(s, err) < 0)
		return -1;
	s->registry = build_registry(request);
	fill_env(s);
	return leave_out(s, err);
}

/* This comes after the end of the lease, which would keep everything that this build made
 * or used. Tagged images and the youngest content stay anyway. */
static void
trim_store(const struct services *s)
{
	struct gc_options options = { 0 };
	auto_error struct error err = ERROR_INIT;
	uint64_t freed = 0;

	if (s->store == NULL || s->request->store_max == 0 || s->request->dry_run)
		return;
	options.max_bytes = s->request->store_max;
	if (store_gc(s->store, &options, &freed, &err) < 0)
		event_warn_error(0, &err, "the store was not trimmed");
}

void
services_close(struct services *s)
{
	bool hurries = false;

	if (s->request == NULL) /* it was never opened */
		return;
	hurries = cancel_is_set(s->request->cancel);
	if (hurries)
		store_leave(s->store);
	failed_run_free(s->failed);
	sandbox_free(s->sandbox);
	registry_free(s->registry);
	store_lease_end(s->store, &s->lease_fd);
	if (!hurries)
		trim_store(s);
	store_close(s->store);
	for (size_t i = 0; i < s->secret_texts.n; i++) {
		explicit_bzero(s->secret_texts.at[i], s->secrets.at[i].value.n);
		free(s->secret_texts.at[i]);
	}
	array_clear(&s->secret_texts);
	array_clear(&s->secrets);
	array_clear(&s->agents);
	left_out_clear(&s->left_out);
	pthread_mutex_destroy(&s->sandbox_lock);
}
