#include "builder/cli/cmd.h"

#include <stdio.h>

#include "base/base.h"
#include "builder/build/build.h"
#include "builder/cli/build_options.h"
#include "builder/cli/report.h"
#include "builder/cli/session.h"

/* The one word that is no option: PATH, URL or "-". */
static int
take_context(struct build_options *o, const struct words_left *words, struct error *err)
{
	if (words->list.n == 1) {
		o->request.context = words->list.at[0];
		return 0;
	}
	error_set(err, ERR_USAGE,
	          words->list.n == 0 ? "no context is given"
	                             : "more than one context is given");
	return error_hint(
	        err, "cooper build [OPTIONS] PATH | URL | -   (often: cooper build .)");
}

/* Results go to standard output, all else is on standard error. */
static void
print_outcome(const struct build_options *o, const struct build_outcome *out)
{
	char text[DIGEST_TEXT_MAX];
	const struct digest *id = digest_known(&out->image_id) ? &out->image_id
	                                                       : &out->root.digest;

	if (out->printed != NULL)
		fputs(out->printed, stdout);
	else if (o->quiet && digest_known(id))
		printf("%s\n", digest_text(id, text));
	fflush(stdout);
}

static int
build_with_session(struct build_options *o, struct session *session)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf source = BUF_INIT;
	struct build_outcome outcome = { 0 };
	int status = 0;

	o->request.cancel = session->cancel;
	if (build_run(&o->request, &outcome, &source, &err) < 0) {
		ui_finish(session->ui);
		status = report_error(&err, session->ui, buf_text(&source));
	} else {
		ui_finish(session->ui);
		print_outcome(o, &outcome);
		status = outcome.status;
	}
	build_outcome_clear(&outcome);
	return status;
}

static int
build_checked(struct build_options *o)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *why = NULL;
	struct session session;
	int status = 0;

	/* Before any thread exists: from here on files get the ids of the image. */
	if (o->request.print_plan == PLAN_NOT_PRINTED && o->request.call == CALL_BUILD)
		sandbox_enter(o->request.isolation, &o->request.mapping, &why);
	o->request.mapping_why = why;
	if (session_start(&session, o->quiet ? PROGRESS_QUIET : o->progress, &err) < 0)
		return report_error(&err, NULL, (struct text){ 0 });
	status = build_with_session(o, &session);
	session_end(&session);
	return status;
}

static int
run(const struct command *self, int argc, char **argv)
{
	auto_error struct error err = ERROR_INIT;
	struct build_options options;
	struct words_left words = { 0 };
	enum options_outcome outcome = OPTIONS_OK;
	int status = 0;

	build_options_init(&options);
	outcome = options_read(self, argc, argv, &options, &words, &err);
	if (outcome == OPTIONS_HELP)
		options_print_help(self, stdout);
	else if (outcome == OPTIONS_BAD || take_context(&options, &words, &err) < 0)
		status = report_error(&err, NULL, (struct text){ 0 });
	else
		status = build_checked(&options);
	array_clear(&words.list);
	build_options_clear(&options);
	return status;
}

struct command cmd_build = {
	.name = "build",
	.arguments = "[OPTIONS] PATH | URL | -",
	.summary = "Build an image from a Dockerfile.",
	.options = build_option_rows,
	.run = run,
};
