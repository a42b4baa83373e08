#include "builder/export/engines.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/base.h"
#include "base/file.h"
#include "base/http/unix_post.h"
#include "base/jsonio.h"
#include "base/path.h"
#include "builder/export/save.h"

#define ANSWER_MAX ((size_t)1 << 20)

extern char **environ;

/* ------------------------------------------------------------ finding */

static bool
answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || *path != '/' || strlen(path) >= sizeof address.sun_path)
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

/* DIR is a variable's value. */
static bool
take_socket(struct engine *out, const char *dir, const char *name)
{
	auto_free char *path = NULL;

	if (dir == NULL || *dir == '\0')
		return false;
	path = mem_print("%s%s", dir, name);
	if (!answers(path))
		return false;
	out->socket = take(path);
	return true;
}

/* A variable that names another machine means that no socket of this one is meant. */
static int
find_by_variable(const char *variable, struct engine *out)
{
	const char *value = getenv(variable);

	if (value == NULL || *value == '\0')
		return -1;
	if (strncmp(value, "unix://", 7) != 0)
		return 0;
	return take_socket(out, value + 7, "") ? 1 : 0;
}

static bool
has_program(const char *name)
{
	const char *path = getenv("PATH");
	struct text rest = text_of(path == NULL ? "" : path);

	while (rest.n > 0) {
		struct text dir = text_cut(&rest, ':');
		auto_free char *file = mem_print("%.*s/%s", TEXT_ARG(dir), name);

		if (dir.n > 0 && dir.p[0] == '/' && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

int
engine_find(enum engine_kind kind, struct engine *out)
{
	const char *variable = kind == ENGINE_DOCKER ? "DOCKER_HOST" : "CONTAINER_HOST";
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int found = 0;

	*out = (struct engine){ .kind = kind };
	found = find_by_variable(variable, out);
	if (found >= 0)
		return found;
	if (kind == ENGINE_DOCKER)
		return take_socket(out, runtime, "/docker.sock") ||
		       take_socket(out, "/var/run", "/docker.sock");
	return has_program("podman") ||
	       take_socket(out, runtime, "/podman/podman.sock") ||
	       take_socket(out, "/run", "/podman/podman.sock");
}

int
engine_find_any(struct engine *out)
{
	return engine_find(ENGINE_DOCKER, out) || engine_find(ENGINE_PODMAN, out);
}

void
engine_clear(struct engine *e)
{
	free(e->socket);
	e->socket = NULL;
}

char *
engine_print(const struct engine *e)
{
	const char *name = e->kind == ENGINE_DOCKER ? "Docker" : "Podman";

	return e->socket == NULL ? mem_copy(name)
	                         : mem_print("%s at %s", name, e->socket);
}

/* ------------------------------------------------------------ answers */

/* Lines of JSON; one that has "error" says what went wrong, whatever the status. */
static int
read_answer(const struct unix_answer *answer, struct error *err)
{
	struct text rest = buf_text(&answer->body), line;

	while (text_line(&rest, &line)) {
		auto_error struct error ignored = ERROR_INIT;
		auto_json json_t *json = jsonio_parse(text_trim(line), "", &ignored);
		const char *said = json_string_value(json_object_get(json, "error"));

		if (said == NULL && answer->status / 100 != 2)
			said = json_string_value(json_object_get(json, "message"));
		if (said != NULL)
			return error_set(err, ERR_ENVIRONMENT, "%s", said);
	}
	if (answer->status / 100 != 2)
		return error_set(err, ERR_ENVIRONMENT, "status %d", answer->status);
	return 0;
}

/* ------------------------------------------------------------ receivers */

/* Who takes the archive from the pipe, in a thread of its own. */
struct receiver {
	const struct engine *engine;
	const struct cancel *cancel;
	int fd; /* the end to read from */
	struct error err;
	int failed;
};

static int
receive_by_socket(struct receiver *r)
{
	struct unix_answer answer = { 0 };
	int failed = unix_post(r->engine->socket, "/images/load?quiet=1",
	                       "application/x-tar", r->fd, ANSWER_MAX, r->cancel, &answer,
	                       &r->err);

	if (failed == 0)
		failed = read_answer(&answer, &r->err);
	buf_clear(&answer.body);
	return failed;
}

static int
spawn(const char *const *argv, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int failed = 0;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
	                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	failed = posix_spawnp(pid, argv[0], &actions, &attributes,
	                      (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

/* What PODMAN printed, without "Error: ". */
static int
tell_program(struct receiver *r, int log, int status)
{
	auto_buf struct buf said = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct text t;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (lseek(log, 0, SEEK_SET) == 0)
		file_read_fd(log, ANSWER_MAX, &said, &ignored);
	t = text_trim(buf_text(&said));
	if (text_starts(t, "Error: "))
		t = text_from(t, strlen("Error: "));
	return error_set(&r->err, ERR_ENVIRONMENT, "podman load: %.*s",
	                 TEXT_ARG(t.n > 0 ? t : TEXT("it failed silently")));
}

static int
receive_by_program(struct receiver *r)
{
	static const char *const argv[] = { "podman", "load", "-q", NULL };
	auto_fd int log = memfd_create("log", MFD_CLOEXEC);
	int status = 0, failed;
	pid_t pid = -1;

	if (log < 0)
		return error_sys(&r->err, "memfd_create");
	failed = spawn(argv, r->fd, log, &pid);
	if (failed != 0) {
		errno = failed;
		return error_sys(&r->err, "run podman");
	}
	/* The pipe ends when the archive is complete, or was given up. */
	own_close(&r->fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return tell_program(r, log, status);
}

static void *
engines_receive(void *arg)
{
	struct receiver *r = arg;

	r->failed = r->engine->socket != NULL ? receive_by_socket(r)
	                                      : receive_by_program(r);
	/* Who writes sees it, and stops. */
	own_close(&r->fd);
	return NULL;
}

/* ------------------------------------------------------------ loading */

/* Writes the archive to FD. */
static int
send_archive(const struct export_options *options, const char *name,
             const struct reference *as, size_t n_as, int fd, struct error *err)
{
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	struct save_options save = { .form = SAVE_DOCKER_ARCHIVE,
		                     .compressor = { .kind = COMPRESS_NONE } };
	struct save_image image = { .name = name };
	int failed = 0;

	for (size_t i = 0; i < n_as; i++)
		reference_copy(array_add(&image.names.list), &as[i]);
	save.destination = destination_of_pipe(fd, "the pipe", err);
	failed = save.destination == NULL
	                 ? -1
	                 : export_save(options, &save, &image, 1, &root, err);
	destination_drop(save.destination);
	save_image_clear(&image);
	return failed;
}

int
engine_load(const struct engine *e, const struct export_options *options,
            const char *name, const struct reference *as, size_t n_as, struct error *err)
{
	struct receiver r = { .engine = e, .cancel = options->cancel, .fd = -1 };
	auto_free char *shown = engine_print(e);
	auto_fd int in = -1;
	pthread_t thread;
	int ends[2];
	int failed = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "pipe");
	r.fd = ends[0];
	in = ends[1];
	if (pthread_create(&thread, NULL, engines_receive, &r) != 0) {
		own_close(&r.fd);
		return error_set(err, ERR_ENVIRONMENT, "cannot start a thread");
	}
	failed = send_archive(options, name, as, n_as, in, err);
	own_close(&in);
	pthread_join(thread, NULL);
	/* A pipe that breaks says less than who broke it. */
	if (r.failed < 0 && (failed == 0 || err->sys == EPIPE))
		error_move(err, &r.err);
	failed = failed < 0 || r.failed < 0 ? -1 : 0;
	error_clear(&r.err);
	return failed < 0 ? error_wrap(err, "load into %s", shown) : 0;
}
