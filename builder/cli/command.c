#include "builder/cli/command.h"

#include <stdio.h>

#include "base/base.h"
#include "builder/cli/report.h"

/* A full disk or a closed pipe must not look like success. */
static int
flush_output(struct error *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return error_sys(err, "write to standard output");
}

int
command_run(const struct command *self, int argc, char **argv, void *options,
            command_fn *work)
{
	auto_error struct error err = ERROR_INIT;
	struct words_left words = { 0 };
	enum options_outcome outcome = options_read(self, argc, argv, options, &words,
	                                            &err);
	int status = outcome == OPTIONS_BAD ? -1 : 0;

	if (outcome == OPTIONS_HELP) {
		options_print_help(self, stdout);
	} else if (outcome == OPTIONS_OK) {
		report_warnings();
		status = work(options, &words, &err);
	}
	if (status >= 0 && flush_output(&err) < 0)
		status = -1;
	array_clear(&words.list);
	return status < 0 ? report_error(&err, NULL, (struct text){ 0 }) : status;
}

int
command_words(const struct command *self, const struct words_left *words, size_t min,
              size_t max, struct error *err)
{
	if (words->list.n < min)
		error_set(err, ERR_USAGE, "a word is missing");
	else if (words->list.n > max)
		error_set(err, ERR_USAGE, "unexpected word \"%s\"", words->list.at[max]);
	else
		return 0;
	return error_hint(err, "cooper %s %s", self->name, self->arguments);
}

int
command_set_format(void *target, struct text value, struct error *err)
{
	if (!text_is(value, "json") && !text_is(value, "text"))
		return error_set(err, ERR_USAGE, "must be text or json");
	((struct store_options *)target)->json = text_is(value, "json");
	return 0;
}
