#include "builder/cli/report.h"

#include <stdio.h>

#include "base/base.h"
#include "base/event.h"
#include "base/visible.h"
#include "parser/frame.h"

#define LOG_LINES 40 /* of a failed step */

/* The maximum length of a message: values and answers have no limit. */
#define MESSAGE_MAX ((size_t)4 << 10)

int
report_status(enum error_code code)
{
	switch (code) {
	case ERR_NONE:
		return 0;
	case ERR_USAGE:
		return 2;
	case ERR_DOCKERFILE:
		return 3;
	case ERR_SOURCE:
		return 4;
	case ERR_RUN:
		return 5;
	case ERR_NETWORK:
		return 6;
	case ERR_AUTH:
		return 7;
	case ERR_POLICY:
		return 8;
	case ERR_DAMAGED:
		return 9;
	case ERR_ENVIRONMENT:
		return 10;
	case ERR_CANCELLED:
		return 130;
	case ERR_INTERNAL:
		return 1;
	}
	return 1;
}

static void
print_log(struct ui *ui)
{
	auto_buf struct buf name = BUF_INIT, lines = BUF_INIT;

	ui_failure(ui, LOG_LINES, &name, &lines);
	if (name.n == 0)
		return;
	fprintf(stderr, "------\n > %s:\n%s", buf_str(&name), buf_str(&lines));
	fprintf(stderr, "------\n");
}

/* Messages often contain untrusted text. */
static void
print_message(const char *word, struct text text)
{
	auto_buf struct buf line = BUF_INIT;

	buf_add_str(&line, word);
	visible_add_part(&line, text, MESSAGE_MAX, VISIBLE_MESSAGE);
	fprintf(stderr, "%s\n", buf_str(&line));
}

static void
print_masked(const char *word, const char *text)
{
	auto_buf struct buf masked = BUF_INIT;

	print_message(word, event_masked(text_of(text), &masked));
}

/* Texts of events are masked already. Masking again would wait for the lock under which
 * a sink is called. */
static void
print_warning(void *arg, const struct event *e)
{
	(void)arg;
	if (e->kind == EVENT_WARNING)
		print_message("WARNING: ", e->text);
}

void
report_warnings(void)
{
	event_set_sink(print_warning, NULL);
}

/* An interrupted build needs no message: whoever pressed the key knows. */
static void
print_cancelled(void)
{
	fputs("ERROR: cancelled\n", stderr);
}

static void
print_others(const struct error *err)
{
	if (err->others == NULL)
		return;
	fprintf(stderr, "also wrong:\n");
	visible_write(stderr, text_of(err->others), VISIBLE_LINES);
	if (err->n_others > ERROR_OTHERS_MAX)
		fprintf(stderr, "and %zu more\n", err->n_others - ERROR_OTHERS_MAX);
}

/* True if UI told all of it. */
static bool
tell(const struct error *err, struct ui *ui)
{
	auto_buf struct buf text = BUF_INIT, hint = BUF_INIT;
	struct ui_error told = { .file = text_of(err->file),
		                 .status = report_status(err->code) };

	told.text = err->code == ERR_CANCELLED
	                    ? TEXT("cancelled")
	                    : event_masked(text_of(err->text == NULL ? "unknown error"
	                                                             : err->text),
	                                   &text);
	told.hint = event_masked(text_of(err->hint), &hint);
	if (err->n_at > 0) {
		told.line = err->at[0].line;
		told.last = err->at[0].last;
	}
	return ui_error(ui, &told);
}

int
report_error(const struct error *err, struct ui *ui, struct text source)
{
	auto_buf struct buf frame = BUF_INIT;

	if (ui != NULL && tell(err, ui))
		return report_status(err->code);
	if (err->code == ERR_CANCELLED) {
		print_cancelled();
		return report_status(err->code);
	}
	if (ui != NULL)
		print_log(ui);
	if (err->n_at > 0 && err->file != NULL && source.n > 0)
		frame_print(&frame, source, err->file, err->at, err->n_at);
	fputs(buf_str(&frame), stderr);
	print_others(err);
	print_masked("ERROR: ", err->text == NULL ? "unknown error" : err->text);
	if (err->hint != NULL)
		print_masked("hint: ", err->hint);
	return report_status(err->code);
}
