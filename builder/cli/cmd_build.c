#include "builder/cli/cmd.h"

#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/event.h"
#include "base/platform.h"
#include "base/visible.h"
#include "builder/cli/build_options.h"
#include "builder/cli/command.h"
#include "builder/cli/hand_over.h"
#include "builder/cli/report.h"
#include "builder/cli/session.h"
#include "builder/cli/terminal.h"
#include "builder/machine/machine.h"
#include "builder/order/order.h"
#include "builder/ui/log_dir.h"

static void
print_answer(const char *text)
{
	visible_write(stdout, text_of(text), VISIBLE_LINES);
	if (!text_ends(text_of(text), "\n"))
		putchar('\n');
}

/* Nothing else may be written to the descriptors that take results. */
static bool
writes_to_stdout(const struct build_options *o)
{
	for (size_t i = 0; i < o->request.results.n; i++)
		if (destination_is_stdout(o->request.results.at[i]))
			return true;
	return false;
}

/* Results go to standard output, all else is on standard error. */
static void
print_outcome(const struct build_options *o, const struct build_outcome *out)
{
	char text[DIGEST_TEXT_MAX];
	const struct digest *id = digest_known(&out->image_id) ? &out->image_id
	                                                       : &out->root.digest;

	if (out->printed != NULL && !(o->quiet && o->request.dry_run))
		print_answer(out->printed);
	else if (o->quiet && digest_known(id) && !writes_to_stdout(o))
		printf("%s\n", digest_text(id, text));
}

/* For a progress that programs read. */
static void
tell_result(const struct build_options *o, const struct build_outcome *out, struct ui *ui)
{
	char id[DIGEST_TEXT_MAX] = "", digest[DIGEST_TEXT_MAX] = "";
	size_t n = o->request.tags.n;
	auto_free char **names = mem_new_n(n + 1, sizeof *names);
	struct ui_result result = { .names = (const char *const *)names };

	if (digest_known(&out->image_id))
		result.image_id = text_of(digest_text(&out->image_id, id));
	if (digest_known(&out->root.digest))
		result.digest = text_of(digest_text(&out->root.digest, digest));
	for (size_t i = 0; i < n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		auto_reference struct reference ref = { 0 };

		if (reference_parse(&ref, o->request.tags.at[i], &ignored) == 0)
			names[result.n_names++] = reference_print(&ref);
	}
	ui_result(ui, &result);
	while (result.n_names > 0)
		free(names[--result.n_names]);
}

/* Errors of the build itself are introduced as by other front ends, because scripts look
 * for this text. */
static bool
is_of_build(enum error_code code)
{
	switch (code) {
	case ERR_DOCKERFILE:
	case ERR_SOURCE:
	case ERR_RUN:
	case ERR_NETWORK:
	case ERR_AUTH:
	case ERR_POLICY:
	case ERR_DAMAGED:
		return true;
	case ERR_NONE:
	case ERR_INTERNAL:
	case ERR_USAGE:
	case ERR_ENVIRONMENT:
	case ERR_CANCELLED:
		break;
	}
	return false;
}

/* A shell where the step failed, on our terminal. */
static void
open_shell(struct build *failed)
{
	auto_error struct error err = ERROR_INIT;
	struct terminal *terminal = terminal_join(true, &err);

	if (terminal != NULL) {
		fputs("A shell in the root of the failed step; \"exit\" ends it.\n",
		      stderr);
		build_shell(failed, terminal_fd(terminal), &err);
		terminal_leave(terminal);
	}
	if (err.code != ERR_NONE)
		fprintf(stderr, "no shell: %s\n", err.text);
}

/* A build whose logs are not complete has failed. */
static int
run_with_logs(struct build_options *o, struct build_outcome *out, struct buf *source,
              struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	int failed = build_run(&o->request, out, source, err);

	if (o->logs == NULL || log_dir_close(o->logs, &later) == 0)
		return failed;
	if (failed < 0)
		event_warn(0, "%s", later.text);
	else
		error_move(err, &later);
	return -1;
}

static int
build_with_session(struct build_options *o, struct session *session)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf source = BUF_INIT;
	struct build_outcome outcome = { 0 };
	int status = 0;

	o->request.cancel = session->cancel;
	if (run_with_logs(o, &outcome, &source, &err) < 0) {
		ui_finish(session->ui);
		if (outcome.printed != NULL)
			print_answer(outcome.printed);
		fflush(stdout);
		if (o->request.call == CALL_BUILD && is_of_build(err.code))
			error_wrap(&err, "failed to build: failed to solve");
		status = report_error(&err, session->ui, buf_text(&source));
		if (outcome.status != 0)
			status = outcome.status;
		if (outcome.failed != NULL)
			open_shell(outcome.failed);
	} else {
		ui_finish(session->ui);
		if (o->request.call == CALL_BUILD)
			tell_result(o, &outcome, session->ui);
		print_outcome(o, &outcome);
		status = outcome.status;
	}
	build_outcome_clear(&outcome);
	return status;
}

/* Before any thread exists: from here on files get the ids of the image. Invalid
 * platforms are reported later. */
static void
enter(struct build_request *r, char **why)
{
	auto_free const char **archs = mem_new_n(r->platforms.n + 1, sizeof *archs);
	auto_free struct platform *platforms = mem_new_n(r->platforms.n + 1,
	                                                 sizeof *platforms);
	size_t n = 0;

	for (size_t i = 0; i < r->platforms.n; i++) {
		auto_error struct error ignored = ERROR_INIT;

		if (platform_parse(&platforms[n], r->platforms.at[i], &ignored) == 0) {
			archs[n] = platforms[n].arch;
			n++;
		}
	}
	machine_enter_emulated(r->isolation, archs, n, &r->mapping, why);
	for (size_t i = 0; i < n; i++)
		platform_clear(&platforms[i]);
}

/* What is named must be there, even if no server asks who we are. */
static int
check_authfile(const struct build_options *o, struct error *err)
{
	const char *file = o->request.authfile;

	if (file == NULL || access(file, F_OK) == 0)
		return 0;
	return error_set(err, ERR_SOURCE, "--authfile %s: %s", file, strerror(errno));
}

/* Its old content goes when the build begins. */
static int
open_log(struct build_options *o, struct error *err)
{
	int fd = -1;

	if (o->logfile == NULL)
		return 0;
	fd = open(o->logfile, O_WRONLY | O_CREAT | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
	          0644);
	if (fd < 0) {
		error_sys(err, "--logfile %s", o->logfile);
		return error_named(err, ERR_USAGE);
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	o->request.log_fd = fd;
	o->log = fdopen(fd, "w");
	return o->log == NULL ? error_sys(err, "--logfile") : 0;
}

static int
open_logs(struct build_options *o, struct error *err)
{
	if (o->log_dir == NULL)
		return 0;
	o->logs = log_dir_open(o->log_dir, err);
	if (o->logs == NULL)
		return -1;
	o->request.log_dir_fd = log_dir_fd(o->logs);
	return 0;
}

/* Where the Dockerfile is, if it is a file of this machine. */
static void
tell_directory(const struct build_request *r, struct ui *ui)
{
	auto_free char *dir = mem_copy(r->dockerfile != NULL ? r->dockerfile
	                               : r->context != NULL  ? r->context
	                                                     : ".");
	char *slash = r->dockerfile != NULL ? strrchr(dir, '/') : NULL;

	if (slash != NULL)
		slash[slash == dir] = '\0';
	ui_directory(ui, r->dockerfile != NULL && slash == NULL ? "." : dir);
}

static int
start(struct build_options *o, struct session *session, struct error *err)
{
	FILE *log = o->log != NULL ? o->log : stderr;
	struct stat sb;

	if (o->log != NULL && fstat(fileno(log), &sb) == 0 && S_ISREG(sb.st_mode) &&
	    ftruncate(fileno(log), 0) < 0)
		return error_sys(err, "--logfile %s", o->logfile);
	if (session_start_on(session, o->quiet ? PROGRESS_QUIET : o->progress, log, err) <
	    0)
		return -1;
	tell_directory(&o->request, session->ui);
	if (o->logs != NULL)
		log_dir_start(o->logs);
	dialect_tell(o);
	return build_with_session(o, session);
}

static int
cmd_build_work(void *options, const struct words_left *words, struct error *err)
{
	struct build_options *o = options;
	auto_free char *why = NULL;
	struct session session = { .stop_fd = -1 };
	struct hand_over hand_over = HAND_OVER_INIT;
	int status = dialect_settle(o, words, err);
	bool is_answer = o->request.print_plan != PLAN_NOT_PRINTED ||
	                 o->request.call != CALL_BUILD;
	bool is_build = !is_answer && !o->request.dry_run;

	if (status < 0 || build_options_settle(o, err) < 0)
		return -1;
	if (o->request.shell_on_error && !isatty(STDIN_FILENO))
		return error_set(err, ERR_USAGE,
		                 "--on-error=shell: standard input is not a terminal");
	if (is_answer && o->request.dry_run)
		return error_set(err, ERR_USAGE,
		                 "--dry-run: --call, --check and --print-plan build "
		                 "nothing either");
	if (check_authfile(o, err) < 0 || open_log(o, err) < 0 || open_logs(o, err) < 0)
		return -1;
	if (is_build && build_open_results(&o->request, err) < 0)
		return -1;
	if (is_build && o->load &&
	    hand_over_start(&hand_over, &o->request, o->load_docker, err) < 0)
		return -1;
	if (!is_answer)
		enter(&o->request, &why);
	o->request.mapping_why = why;
	status = start(o, &session, err);
	session_end(&session);
	if (status == 0)
		status = hand_over_finish(&hand_over, &o->request, o->quiet, err);
	hand_over_clear(&hand_over);
	return status;
}

static enum dialect speaker_of(const struct command *self);

static int
cmd_build_run(const struct command *self, int argc, char **argv)
{
	auto_error struct error err = ERROR_INIT;
	struct build_options options;
	int status = 0;

	build_options_init(&options);
	options.speaker = speaker_of(self);
	if (dialect_environment(&options, &err) < 0)
		status = report_error(&err, NULL, (struct text){ 0 });
	else
		status = command_run(self, argc, argv, &options, cmd_build_work);
	build_options_clear(&options);
	return status;
}

struct command cmd_build = {
	.name = "build",
	.arguments = "[OPTIONS] PATH | URL | -",
	.summary = "Build an image from a Dockerfile.",
	.options = build_option_rows,
	.run = cmd_build_run,
	.others = &dialect_options,
};

/* The same for those who are used to another builder. */
#define BUILD_LIKE(words, args, whose)                                                   \
	{                                                                                \
		.name = words, .arguments = args,                                        \
		.summary = "Build an image, by a command line for " whose ".",           \
		.options = build_option_rows, .run = cmd_build_run,                      \
		.others = &dialect_options,                                              \
	}

struct command cmd_docker_build = BUILD_LIKE("docker build", "[OPTIONS] PATH | URL | -",
                                             "docker");
struct command cmd_buildah_build = BUILD_LIKE("buildah build",
                                              "[OPTIONS] [PATH | URL | -]", "buildah");
struct command cmd_podman_build = BUILD_LIKE("podman build", "[OPTIONS] [PATH | URL | -]",
                                             "podman");
struct command cmd_kaniko = BUILD_LIKE("kaniko", "[OPTIONS]", "the executor of kaniko");
struct command cmd_buildctl_build = BUILD_LIKE("buildctl build", "[OPTIONS]", "buildctl");

static enum dialect
speaker_of(const struct command *self)
{
	return self == &cmd_docker_build     ? SPEAK_DOCKER
	       : self == &cmd_buildah_build  ? SPEAK_BUILDAH
	       : self == &cmd_podman_build   ? SPEAK_PODMAN
	       : self == &cmd_kaniko         ? SPEAK_KANIKO
	       : self == &cmd_buildctl_build ? SPEAK_BUILDCTL
	                                     : SPEAK_ANY;
}
