#include "builder/cli/cmd.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/event.h"
#include "base/visible.h"
#include "builder/cli/report.h"
#include "builder/cli/run_options.h"
#include "builder/cli/stored.h"
#include "builder/cli/terminal.h"
#include "builder/machine/machine.h"

/* ------------------------------------------------------------ the image */

/* One that is in the store, or has just come. NAME may have a digest. */
static struct source_image *
load(const struct transfer *t, const struct run_options *o, const char *name,
     const struct descriptor *root, const struct platform *platform, struct error *err)
{
	const struct source_options source = { .store = t->options.store,
		                               .registry = t->options.registry,
		                               .policy = PULL_MISSING,
		                               .offline = o->pull == PULL_NEVER,
		                               .cancel = t->options.cancel };
	char digest[DIGEST_TEXT_MAX];
	struct text rest = text_of(name), untied = text_cut(&rest, '@');
	auto_free char *pinned = mem_print("%.*s@%s", TEXT_ARG(untied),
	                                   digest_text(&root->digest, digest));
	const struct missing_base wanted = { .name = text_of(pinned),
		                             .platform = *platform };

	return source_image_load(&source, &wanted, err);
}

static struct source_image *
pull(const struct transfer *t, const struct run_options *o, const char *word,
     const struct platform *platform, struct error *err)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	auto_free char *name = NULL;

	if (reference_parse(&ref, text_of(word), err) < 0 ||
	    import_pull(&t->options, &ref, platform, &root, err) < 0)
		return NULL;
	name = reference_print(&ref);
	return load(t, o, name, &root, platform, err);
}

static bool
is_for(const struct source_image *image, const struct platform *platform)
{
	return platform_match(platform, &image->base.image_platform) > 0;
}

/* From the store: 1, 0 it is not there (ERR says so), -1. */
static int
find(const struct transfer *t, const struct run_options *o, const char *word,
     const struct platform *platform, struct source_image **out, struct error *err)
{
	auto_descriptor struct descriptor root = DESCRIPTOR_INIT;
	auto_free char *name = NULL;

	if (stored_find(t->options.store, word, &name, &root, err) < 0)
		return err->code == ERR_SOURCE ? 0 : -1;
	*out = load(t, o, name, &root, platform, err);
	return *out == NULL ? -1 : 1;
}

/* That an image is for another machine is no reason not to try, unless a platform was
 * asked for. */
static int
check_platform(const struct run_options *o, const struct source_image *image,
               const char *word, const struct platform *platform, struct error *err)
{
	auto_free char *have = platform_print(&image->base.image_platform);
	auto_free char *want = platform_print(platform);

	if (is_for(image, platform))
		return 0;
	if (o->platform.p != NULL)
		return error_set(err, ERR_SOURCE, "%s is for %s, not for %s", word, have,
		                 want);
	event_warn(0,
	           "%s is for %s, and this machine is %s; --platform=%s looks for an "
	           "emulator",
	           word, have, want, have);
	return 0;
}

static struct source_image *
find_image(const struct transfer *t, const struct run_options *o, const char *word,
           const struct platform *platform, struct error *err)
{
	struct source_image *image = NULL;
	int found = 0;

	if (o->pull != PULL_ALWAYS)
		found = find(t, o, word, platform, &image, err);
	if (found < 0)
		return NULL;
	if (found > 0 && o->platform.p != NULL && o->pull == PULL_MISSING &&
	    !is_for(image, platform)) {
		source_image_free(image);
		image = NULL;
		found = 0;
	}
	if (found == 0 && o->pull != PULL_NEVER) {
		error_clear(err);
		image = pull(t, o, word, platform, err);
	}
	if (image == NULL || check_platform(o, image, word, platform, err) == 0)
		return image;
	source_image_free(image);
	return NULL;
}

/* ------------------------------------------------------------ the program */

static void
cmd_run_signal(void *arg, int number)
{
	run_signal(arg, number);
}

static void
print_healthy(const char *output)
{
	fputs(output == NULL || *output == '\0' ? "healthy\n" : "healthy: ", stderr);
	if (output == NULL || *output == '\0')
		return;
	visible_write(stderr, text_of(output), VISIBLE_LINES);
	fputc('\n', stderr);
}

/* The exit status, like that of a shell. */
static int
status_of(const struct run_options *o, const struct run_outcome *out)
{
	if (out->oom)
		event_warn(0, "the kernel killed it because memory ran out");
	if (o->request.checks_health) {
		print_healthy(out->probe_output);
		return 0;
	}
	return WIFEXITED(out->status) ? WEXITSTATUS(out->status)
	                              : 128 + WTERMSIG(out->status);
}

/* From here on standard error is the program's, and signals are. */
static int
execute(struct transfer *t, const struct run_options *o, struct run *run,
        struct error *err)
{
	struct run_outcome out = { 0 };
	struct terminal *terminal = NULL;
	int failed = 0;

	ui_finish(t->session.ui);
	ui_free(t->session.ui);
	t->session.ui = NULL;
	report_warnings();
	if (o->has_terminal) {
		terminal = terminal_join(o->takes_input, err);
		if (terminal == NULL)
			return -1;
	}
	session_forward(&t->session, cmd_run_signal, run);
	failed = run_execute(run, terminal == NULL ? -1 : terminal_fd(terminal), &out,
	                     err);
	session_forward(&t->session, NULL, NULL);
	terminal_leave(terminal);
	if (failed == 0)
		failed = status_of(o, &out);
	free(out.probe_output);
	return failed;
}

static int
run_image(struct transfer *t, const struct run_options *o, const char *word,
          const struct platform *platform, struct error *err)
{
	struct source_image *image = find_image(t, o, word, platform, err);
	struct run *run = NULL;
	int status = -1;

	if (image != NULL)
		run = run_prepare(&o->request, t->options.store, image, t->options.cancel,
		                  err);
	if (run != NULL)
		status = execute(t, o, run, err);
	run_free(run);
	source_image_free(image);
	return status;
}

/* ------------------------------------------------------------ the command */

static int
read_platform(const struct run_options *o, struct platform *out, struct error *err)
{
	if (o->platform.p == NULL)
		platform_host(out);
	else if (platform_parse(out, o->platform, err) < 0)
		return error_wrap(err, "--platform");
	return 0;
}

/* Before any thread exists: from here on files get the ids of the image. */
static void
enter(struct run_options *o, const struct platform *platform, char **why)
{
	const char *arch = platform->arch;

	if (o->platform.p == NULL)
		machine_enter(o->request.isolation, &o->request.mapping, why);
	else
		machine_enter_emulated(o->request.isolation, &arch, 1,
		                       &o->request.mapping, why);
	o->request.mapping_why = *why;
}

/* The registry of WORD, which may be an id: NULL. The caller frees it. */
static char *
host_of(const char *word)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error ignored = ERROR_INIT;

	return reference_parse(&ref, text_of(word), &ignored) < 0 ? NULL
	                                                          : mem_copy(ref.host);
}

static int
cmd_run_work(void *options, const struct words_left *words, struct error *err)
{
	struct run_options *o = options;
	auto_platform struct platform platform = PLATFORM_INIT;
	auto_free char *why = NULL, *host = NULL;
	struct transfer t;
	int status = command_words(&cmd_run, words, 1, SIZE_MAX, err);

	if (status < 0 || read_platform(o, &platform, err) < 0 ||
	    run_options_settle(o, err) < 0)
		return -1;
	o->request.words = words->list.at + 1;
	o->request.n_words = words->list.n - 1;
	if (o->has_terminal && o->takes_input && !isatty(STDIN_FILENO)) {
		error_set(err, ERR_USAGE, "--tty: standard input is not a terminal");
		return error_hint(err, "without -t it can be a file or a pipe");
	}
	enter(o, &platform, &why);
	session_hold();
	host = host_of(words->list.at[0]);
	status = transfer_start(&t, &o->transfer, "Pulling", host, err);
	if (status == 0)
		status = run_image(&t, o, words->list.at[0], &platform, err);
	transfer_end(&t);
	return status;
}

static int
cmd_run_run(const struct command *self, int argc, char **argv)
{
	struct run_options o;
	int status = 0;

	run_options_init(&o);
	status = command_run(self, argc, argv, &o, cmd_run_work);
	run_options_clear(&o);
	return status;
}

struct command cmd_run = {
	.name = "run",
	.arguments = "[OPTIONS] IMAGE [COMMAND] [ARG…]",
	.summary = "Run an image in the foreground, to try it out.",
	.options = run_option_rows,
	.ends_at_word = true,
	.run = cmd_run_run,
};
