#include "builder/ui/ui.h"

#include <stdlib.h>

#include "base/base.h"
#include "base/clock.h"
#include "builder/ui/view.h"

bool
progress_parse(struct text t, enum progress *out)
{
	static const struct {
		const char   *name;
		enum progress progress;
	} names[] = {
		{ "auto", PROGRESS_AUTO },       { "plain", PROGRESS_PLAIN },
		{ "tty", PROGRESS_TTY },         { "quiet", PROGRESS_QUIET },
		{ "none", PROGRESS_QUIET },      { "rawjson", PROGRESS_RAWJSON },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (text_is(t, names[i].name)) {
			*out = names[i].progress;
			return true;
		}
	}
	return false;
}

static const struct ui_view *
view_of(enum progress progress, FILE *out)
{
	switch (progress) {
	case PROGRESS_AUTO:
		return isatty(fileno(out)) ? &ui_tty : &ui_plain;
	case PROGRESS_PLAIN:
		return &ui_plain;
	case PROGRESS_TTY:
		return &ui_tty;
	case PROGRESS_RAWJSON:
		return &ui_rawjson;
	case PROGRESS_QUIET:
		return &ui_quiet;
	}
	return &ui_plain;
}

/* ------------------------------------------------------------ state */

struct ui_status *
ui_status_of(struct ui_vertex *v, struct text name, int64_t now_ns)
{
	struct ui_status *s = NULL;

	for (size_t i = 0; i < v->statuses.n; i++)
		if (text_is(name, v->statuses.at[i].name))
			return &v->statuses.at[i];
	s = array_add(&v->statuses);
	s->name = text_copy(name);
	s->start_ns = now_ns;
	return s;
}

static void
finish_line(struct ui *ui, int number, struct ui_vertex *v, int stream, int64_t time_ns)
{
	log_tail_add(&v->tail, buf_text(&v->line), time_ns - v->start_ns);
	ui->view->line(ui, number, v, stream, buf_text(&v->line), time_ns);
	buf_truncate(&v->line, 0);
}

static void
add_log(struct ui *ui, struct ui_vertex *v, const struct event *e)
{
	struct text rest = e->text;

	while (rest.n > 0) {
		ptrdiff_t end = text_find(rest, '\n');

		buf_add_text(&v->line, end < 0 ? rest : text_first(rest, (size_t)end));
		if (end < 0)
			break;
		finish_line(ui, e->vertex, v, e->stream, e->time_ns);
		rest = text_from(rest, (size_t)end + 1);
	}
}

static void
end_vertex(struct ui *ui, struct ui_vertex *v, const struct event *e)
{
	if (v->line.n > 0)
		finish_line(ui, e->vertex, v, 1, e->time_ns);
	v->ended = true;
	v->end_ns = e->time_ns;
	v->outcome = e->outcome;
	if (e->outcome == OUTCOME_FAILED) {
		v->text = text_copy(e->text);
		if (ui->failed == 0)
			ui->failed = e->vertex;
	}
}

static struct ui_vertex *
vertex_of(struct ui *ui, const struct event *e)
{
	struct ui_vertex *v = NULL;

	if (e->vertex <= 0)
		return NULL;
	while (ui->vertices.n < (size_t)e->vertex)
		array_add(&ui->vertices);
	v = &ui->vertices.at[e->vertex - 1];
	if (e->kind == EVENT_BEGIN) {
		v->name = text_copy(e->text);
		v->start_ns = e->time_ns;
	}
	return v;
}

static void
handle(struct ui *ui, const struct event *e)
{
	struct ui_vertex *v = vertex_of(ui, e);
	struct ui_status *s = NULL;

	if (e->kind == EVENT_LOG && v != NULL)
		add_log(ui, v, e);
	if (e->kind == EVENT_END && v != NULL)
		end_vertex(ui, v, e);
	if (e->kind == EVENT_WARNING)
		array_push(&ui->warnings, text_copy(e->text));
	if (e->kind == EVENT_STATUS && v != NULL) {
		s = ui_status_of(v, e->name, e->time_ns);
		s->done = e->done;
		s->total = e->total;
		s->ended = e->ended;
	}
	ui->view->event(ui, e, v);
}

static void
sink(void *arg, const struct event *e)
{
	struct ui *ui = arg;

	pthread_mutex_lock(&ui->lock);
	if (!ui->finished)
		handle(ui, e);
	pthread_mutex_unlock(&ui->lock);
}

/* ------------------------------------------------------------ life */

struct ui *
ui_new(enum progress progress, FILE *out)
{
	struct ui *ui = mem_new(sizeof *ui);

	ui->out = out;
	ui->view = view_of(progress, out);
	ui->start_ns = clock_monotonic_ns();
	pthread_mutex_init(&ui->lock, NULL);
	if (ui->view->start != NULL)
		ui->view->start(ui);
	event_set_sink(sink, ui);
	return ui;
}

void
ui_finish(struct ui *ui)
{
	bool first = false;

	pthread_mutex_lock(&ui->lock);
	first = !ui->finished;
	ui->finished = true;
	pthread_mutex_unlock(&ui->lock);
	if (first && ui->view->finish != NULL)
		ui->view->finish(ui);
	fflush(ui->out);
}

static void
vertex_clear(struct ui_vertex *v)
{
	for (size_t i = 0; i < v->statuses.n; i++)
		free(v->statuses.at[i].name);
	array_clear(&v->statuses);
	log_tail_clear(&v->tail);
	buf_clear(&v->line);
	free(v->name);
	free(v->text);
}

void
ui_free(struct ui *ui)
{
	if (ui == NULL)
		return;
	ui_finish(ui);
	event_set_sink(NULL, NULL);
	for (size_t i = 0; i < ui->vertices.n; i++)
		vertex_clear(&ui->vertices.at[i]);
	for (size_t i = 0; i < ui->warnings.n; i++)
		free(ui->warnings.at[i]);
	array_clear(&ui->vertices);
	array_clear(&ui->warnings);
	pthread_mutex_destroy(&ui->lock);
	free(ui->own);
	free(ui);
}

void
ui_failure(struct ui *ui, size_t max, struct buf *name, struct buf *lines)
{
	const struct ui_vertex *v = NULL;
	size_t n = 0;

	if (ui->failed == 0)
		return;
	v = &ui->vertices.at[ui->failed - 1];
	n = log_tail_count(&v->tail);
	buf_add_str(name, v->name);
	for (size_t i = n > max ? n - max : 0; i < n; i++) {
		const struct log_line *line = log_tail_get(&v->tail, i);

		buf_print(lines, "%.3f %s\n", (double)line->time_ns / 1e9, line->text);
	}
}
