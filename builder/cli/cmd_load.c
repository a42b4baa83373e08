#include "builder/cli/cmd.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/base.h"
#include "base/visible.h"
#include "builder/cli/transfer.h"
#include "builder/export/load.h"

struct load_words {
	struct transfer_options transfer;
	const char *input; /* NULL: standard input */
};

static const struct option_row rows[] = {
	{ "input", 'i', "FILE", OPTION_STRING, offsetof(struct load_words, input), NULL,
	  "an archive, or the directory of a layout (default: standard input)" },
	ROW_PROGRESS,
	ROW_QUIET,
	ROW_ROOT,
	{ 0 },
};

/* Of a pipe that was just opened. Looking at its data takes nothing out of it. */
static bool
has_writer(int fd)
{
	auto_fd int in = -1, out = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return true;
	out = ends[0];
	in = ends[1];
	return tee(fd, in, 1, SPLICE_F_NONBLOCK) != 0;
}

static int
open_input(const char *path, struct error *err)
{
	auto_fd int fd = -1;
	struct stat sb;

	if (path == NULL || strcmp(path, "-") == 0) {
		if (isatty(STDIN_FILENO)) {
			error_set(err, ERR_USAGE, "standard input is a terminal");
			return error_hint(err, "use --input FILE");
		}
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &sb) < 0) {
		error_sys(err, "--input %s", path);
		return error_named(err, ERR_SOURCE);
	}
	if (!S_ISREG(sb.st_mode) && !S_ISDIR(sb.st_mode) && !S_ISFIFO(sb.st_mode))
		return error_set(err, ERR_SOURCE,
		                 "--input %s: neither a file nor a directory", path);
	if (S_ISFIFO(sb.st_mode) && !has_writer(fd))
		return error_set(err, ERR_SOURCE,
		                 "--input %s: is a pipe that nobody writes to", path);
	/* Now that it is open, its reader waits for data. */
	fcntl(fd, F_SETFL, O_RDONLY);
	return take_fd(&fd);
}

static int
load(const struct load_words *o, const struct reference *name, struct loaded *loaded,
     struct error *err)
{
	auto_fd int fd = open_input(o->input, err);
	struct load_options options = {
		.fd = fd,
		.shown = o->input == NULL ? "standard input" : o->input,
		.name = name,
	};
	struct transfer t;
	int failed = 0;

	if (fd < 0)
		return err->code != ERR_NONE ? -1 : error_sys(err, "standard input");
	failed = transfer_start(&t, &o->transfer, "Loading", NULL, err);
	if (failed == 0)
		failed = import_load(&t.options, &options, loaded, err);
	transfer_end(&t);
	return failed;
}

static void
print_loaded(const struct loaded *loaded)
{
	for (size_t i = 0; i < loaded->list.n; i++) {
		auto_error struct error ignored = ERROR_INIT;
		auto_reference struct reference ref = REFERENCE_INIT;
		auto_free char *tag = NULL, *name = NULL;

		if (reference_parse(&ref, text_of(loaded->list.at[i].name), &ignored) < 0)
			continue;
		tag = take(ref.tag);
		ref.tag = mem_copy("latest"); /* which the short form leaves out */
		name = reference_short(&ref);
		fputs("Loaded image: ", stdout);
		visible_write(stdout, text_of(name), VISIBLE_LINE);
		printf(":%s\n", tag);
	}
}

static int
cmd_load_work(void *options, const struct words_left *words, struct error *err)
{
	auto_reference struct reference name = REFERENCE_INIT;
	struct loaded loaded = { 0 };
	bool named = words->list.n > 0;
	int failed = command_words(&cmd_load, words, 0, 1, err);

	if (failed == 0 && named)
		failed = reference_parse(&name, text_of(words->list.at[0]), err);
	if (failed == 0)
		failed = load(options, named ? &name : NULL, &loaded, err);
	print_loaded(&loaded);
	loaded_clear(&loaded);
	return failed;
}

static int
cmd_load_run(const struct command *self, int argc, char **argv)
{
	struct load_words o = { 0 };
	int status = 0;

	transfer_options_init(&o.transfer);
	status = command_run(self, argc, argv, &o, cmd_load_work);
	transfer_options_clear(&o.transfer);
	return status;
}

struct command cmd_load = {
	.name = "load",
	.arguments = "[OPTIONS] [NAME]",
	.summary = "Read images from an archive into the store.",
	.options = rows,
	.run = cmd_load_run,
};
