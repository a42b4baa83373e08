#include "builder/cli/hand_over.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "base/visible.h"
#include "builder/cli/report.h"

#define LOG_MAX ((size_t)64 << 10)

extern char **environ;

/* ------------------------------------------------------------ start */

static int
find_engine(struct engine *out, bool docker, struct error *err)
{
	const char *wanted = getenv("COOPER_LOAD");

	if (docker && !engine_find(ENGINE_DOCKER, out)) {
		error_set(err, ERR_ENVIRONMENT, "docker-daemon: Docker is not reached");
		return error_hint(err, "is it running? May this user use its socket?");
	}
	if (docker)
		return 1;

	if (wanted == NULL || *wanted == '\0' || strcmp(wanted, "auto") == 0)
		return engine_find_any(out);
	if (strcmp(wanted, "docker") == 0)
		return engine_find(ENGINE_DOCKER, out);
	if (strcmp(wanted, "podman") == 0)
		return engine_find(ENGINE_PODMAN, out);
	if (strcmp(wanted, "none") == 0)
		return 0;
	error_set(err, ERR_USAGE, "--load: $COOPER_LOAD is \"%s\"", wanted);
	return error_hint(err, "it may be auto, docker, podman or none");
}

static int
spawn(struct hand_over *h, const char *root, int in)
{
	const char *to = h->engine.kind == ENGINE_DOCKER ? "docker-daemon:"
	                                                 : "containers-storage:";
	const char *argv[] = { "cooper", "push", "--quiet",
		               "--each", to,     root != NULL ? "--root" : NULL,
		               root,     NULL };
	posix_spawn_file_actions_t actions;
	int failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY,
	                                 0);
	posix_spawn_file_actions_adddup2(&actions, h->log, STDERR_FILENO);
	failed = posix_spawn(&h->pid, "/proc/self/exe", &actions, NULL,
	                     (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

int
hand_over_start(struct hand_over *h, const struct build_request *r, bool docker,
                struct error *err)
{
	auto_fd int in = -1;
	int ends[2], found = find_engine(&h->engine, docker, err);

	if (found <= 0)
		return found;
	h->log = memfd_create("log", MFD_CLOEXEC);
	if (h->log < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "--load");
	in = ends[0];
	h->names = ends[1];
	errno = spawn(h, r->root, in);
	if (errno != 0) {
		h->pid = 0;
		return error_sys(err, "--load: start the process that gives the image");
	}
	return 0;
}

/* ------------------------------------------------------------ finish */

static void
add_line(struct buf *lines, struct text name)
{
	buf_add_text(lines, name);
	buf_add_char(lines, '\n');
}

static void
list_names(const struct build_request *r, struct buf *lines)
{
	for (size_t i = 0; i < r->tags.n; i++)
		add_line(lines, r->tags.at[i]);
	for (size_t i = 0; i < r->outputs.n; i++)
		for (size_t j = 0; j < r->outputs.at[i].names.n; j++)
			if (r->outputs.at[i].type == OUTPUT_IMAGE)
				add_line(lines, r->outputs.at[i].names.at[j]);
}

/* The message of the process, without what frames it. */
static char *
read_log(int log)
{
	auto_buf struct buf said = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct text rest, line;

	if (lseek(log, 0, SEEK_SET) == 0)
		file_read_fd(log, LOG_MAX, &said, &ignored);
	rest = buf_text(&said);
	while (text_line(&rest, &line))
		if (text_starts(line, "ERROR: "))
			return text_copy(text_from(line, strlen("ERROR: ")));
	return text_copy(text_trim(buf_text(&said)));
}

static int
tell_failure(const struct hand_over *h, int status, struct error *err)
{
	auto_free char *said = read_log(h->log);
	bool environment = WIFEXITED(status) &&
	                   WEXITSTATUS(status) == report_status(ERR_ENVIRONMENT);

	if (h->engine.kind == ENGINE_DOCKER && environment)
		return error_set(err, ERR_ENVIRONMENT, "--load: %s", said);
	report_warnings();
	event_warn(0, "--load: the image is in cooper's store only: %s", said);
	event_set_sink(NULL, NULL);
	return 0;
}

static void
tell_success(const struct hand_over *h, const struct buf *names)
{
	auto_free char *shown = engine_print(&h->engine);
	struct text rest = buf_text(names), line;

	while (text_line(&rest, &line)) {
		auto_free char *text = mem_print("loaded into %s: %.*s", shown,
		                                 TEXT_ARG(line));

		visible_write(stderr, text_of(text), VISIBLE_LINE);
		fputc('\n', stderr);
	}
}

int
hand_over_finish(struct hand_over *h, const struct build_request *r, bool quiet,
                 struct error *err)
{
	auto_buf struct buf names = BUF_INIT;
	int status = 0;

	if (h->pid == 0)
		return 0;
	list_names(r, &names);
	/* If nobody reads any more, its end says why. */
	if (names.n > 0 && file_write_all(h->names, names.p, names.n, err) < 0)
		error_clear(err);
	own_close(&h->names);
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
	if (status != 0)
		return tell_failure(h, status, err);
	if (!quiet && names.n > 0)
		tell_success(h, &names);
	return 0;
}

void
hand_over_clear(struct hand_over *h)
{
	own_close(&h->names);
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	own_close(&h->log);
	engine_clear(&h->engine);
	h->pid = 0;
}
