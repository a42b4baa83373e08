#include "builder/ui/view.h"

#include "base/base.h"
#include "base/number.h"

/* A running transfer gets a new line after this much more. */
#define STATUS_SHARE   20              /* one twentieth of the total … */
#define STATUS_NS      5000000000LL    /* … or five seconds */

/* Says whose lines follow, as often as that changes. */
static void
switch_to(struct ui *ui, int number, const struct ui_vertex *v)
{
	if (ui->current == number)
		return;
	if (ui->current > 0) {
		if (!ui->vertices.at[ui->current - 1].ended)
			fprintf(ui->out, "#%d ...\n", ui->current);
		fputc('\n', ui->out);
	}
	fprintf(ui->out, "#%d %s\n", number, v->name);
	ui->current = number;
}

static const char *
seconds(int64_t ns, char *out, size_t n)
{
	double s = (double)ns / 1e9;

	snprintf(out, n, s < 10 ? "%.3f" : s < 100 ? "%.2f" : "%.1f", s);
	return out;
}

static void
plain_line(struct ui *ui, int number, struct ui_vertex *v, int stream, struct text line,
           int64_t time_ns)
{
	char time[32];

	(void)stream;
	switch_to(ui, number, v);
	fprintf(ui->out, "#%d %s ", number, seconds(time_ns - v->start_ns, time, sizeof time));
	fwrite(line.p, 1, line.n, ui->out);
	fputc('\n', ui->out);
}

static void
print_end(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	double s = (double)(v->end_ns - v->start_ns) / 1e9;

	switch_to(ui, e->vertex, v);
	switch (e->outcome) {
	case OUTCOME_CACHED:
		fprintf(ui->out, "#%d CACHED\n", e->vertex);
		break;
	case OUTCOME_DONE:
		fprintf(ui->out, "#%d DONE %.1fs\n", e->vertex, s);
		break;
	case OUTCOME_FAILED:
		fprintf(ui->out, "#%d ERROR: %s\n", e->vertex, v->text);
		break;
	case OUTCOME_CANCELLED:
		fprintf(ui->out, "#%d CANCELED\n", e->vertex);
		break;
	}
	fflush(ui->out);
}

static bool
is_worth_a_line(const struct ui_status *s, const struct event *e)
{
	return e->ended || s->shown_ns == 0 || e->time_ns - s->shown_ns >= STATUS_NS
	       || e->done - s->shown >= e->total / STATUS_SHARE + 1;
}

static void
print_status(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	struct ui_status *s = ui_status_of(v, e->name, e->time_ns);
	auto_buf struct buf b = BUF_INIT;

	if (!is_worth_a_line(s, e))
		return;
	s->shown = e->done;
	s->shown_ns = e->time_ns;
	switch_to(ui, e->vertex, v);
	if (e->total > 0) {
		buf_add_char(&b, ' ');
		number_print_size(&b, e->done);
		buf_add_str(&b, " / ");
		number_print_size(&b, e->total);
	}
	fprintf(ui->out, "#%d %s%s %.1fs%s\n", e->vertex, s->name, buf_str(&b),
	        (double)(e->time_ns - s->start_ns) / 1e9, e->ended ? " done" : "");
}

static void
print_warning(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	if (v != NULL) {
		switch_to(ui, e->vertex, v);
		fprintf(ui->out, "#%d WARN: %.*s\n", e->vertex, (int)e->text.n, e->text.p);
	} else {
		fprintf(ui->out, "WARN: %.*s\n", (int)e->text.n, e->text.p);
	}
}

static void
plain_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	switch (e->kind) {
	case EVENT_BEGIN:
		switch_to(ui, e->vertex, v);
		fflush(ui->out);
		break;
	case EVENT_END:
		print_end(ui, e, v);
		break;
	case EVENT_STATUS:
		print_status(ui, e, v);
		break;
	case EVENT_WARNING:
		print_warning(ui, e, v);
		break;
	case EVENT_DEBUG:
		fprintf(ui->out, "DEBUG: %.*s\n", (int)e->text.n, e->text.p);
		break;
	case EVENT_LOG:
		fflush(ui->out);
		break;
	}
}

const struct ui_view ui_plain = { .event = plain_event, .line = plain_line };
