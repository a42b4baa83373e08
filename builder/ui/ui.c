#include "builder/ui/ui.h"

#include <poll.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/visible.h"
#include "builder/ui/ci.h"
#include "builder/ui/shown.h"
#include "builder/ui/view.h"

/* The maximum length of a line without LF; a longer one is shown in pieces. */
#define PIECE_MAX ((size_t)64 << 10)

bool
progress_parse(struct text t, enum progress *out)
{
	static const struct {
		const char *name;
		enum progress progress;
	} names[] = {
		{ "auto", PROGRESS_AUTO },   { "plain", PROGRESS_PLAIN },
		{ "tty", PROGRESS_TTY },     { "quiet", PROGRESS_QUIET },
		{ "none", PROGRESS_QUIET },  { "rawjson", PROGRESS_RAWJSON },
		{ "jsonl", PROGRESS_JSONL },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (text_is(t, names[i].name)) {
			*out = names[i].progress;
			return true;
		}
	}
	return false;
}

/* A "dumb" terminal (often an editor's) cannot go back to an earlier line. */
static bool
is_capable(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && (term == NULL || strcmp(term, "dumb") != 0);
}

static const struct ui_view *
view_of(enum progress progress, FILE *out)
{
	switch (progress) {
	case PROGRESS_AUTO:
		return is_capable(out) ? &ui_tty : &ui_plain;
	case PROGRESS_PLAIN:
		return &ui_plain;
	case PROGRESS_TTY:
		return &ui_tty;
	case PROGRESS_RAWJSON:
		return &ui_rawjson;
	case PROGRESS_JSONL:
		return &ui_jsonl;
	case PROGRESS_QUIET:
		return &ui_quiet;
	}
	return &ui_plain;
}

/* ------------------------------------------------------------ output */

/* Standard error is often shared with a program that made it non-blocking; stdio
 * would drop what does not fit at once. */
static void
write_fd(int fd, struct text t)
{
	while (t.n > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLOUT };
		ssize_t n = write(fd, t.p, t.n);

		if (n >= 0)
			t = text_from(t, (size_t)n);
		else if (errno == EAGAIN)
			poll(&wait, 1, -1);
		else if (errno != EINTR)
			return; /* no sink */
	}
}

void
ui_write(struct ui *ui, struct text t)
{
	int fd = fileno(ui->out);

	if (fd >= 0) {
		fflush(ui->out);
		write_fd(fd, t);
	} else {
		fwrite(t.p, 1, t.n, ui->out);
	}
}

void
ui_print_warnings(const struct ui *ui, struct buf *out, bool links)
{
	if (ui->warnings.n == 0)
		return;
	buf_print(out, "\n %zu warning%s found:\n", ui->warnings.n,
	          ui->warnings.n == 1 ? "" : "s");
	for (size_t i = 0; i < ui->warnings.n; i++) {
		const struct ui_warning *w = &ui->warnings.at[i];

		buf_add_str(out, " - ");
		if (links && w->url != NULL)
			buf_print(out, "\033]8;;%s\033\\", w->url);
		visible_add(out, text_of(w->text), VISIBLE_MESSAGE);
		if (links && w->url != NULL)
			buf_add_str(out, "\033]8;;\033\\");
		else if (w->url != NULL)
			buf_print(out, "\n   %s", w->url);
		buf_add_char(out, '\n');
	}
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
finish_line(struct ui *ui, struct ui_vertex *v, int64_t time_ns, int stream, bool whole)
{
	struct buf *buf = &v->lines[stream == 2];
	const struct ui_line line = { buf_text(buf), time_ns, stream, whole };

	log_tail_add(&v->tail, line.text, time_ns - v->start_ns);
	if (ui->view->line != NULL)
		ui->view->line(ui, v, &line);
	buf_truncate(buf, 0);
}

/* A piece of one stream may end anywhere; the rest of its line must not be mixed with
 * the other stream. */
static void
add_log(struct ui *ui, struct ui_vertex *v, const struct event *e)
{
	struct buf *line = &v->lines[e->stream == 2];
	struct text rest = e->text;

	while (rest.n > 0) {
		ptrdiff_t end = text_find(rest, '\n');
		size_t room = PIECE_MAX - line->n;
		size_t n = end < 0 ? rest.n : (size_t)end;

		buf_add_text(line, text_first(rest, n < room ? n : room));
		if (n > room) {
			rest = text_from(rest, room);
		} else if (end < 0) {
			break;
		} else {
			rest = text_from(rest, n + 1);
		}
		finish_line(ui, v, e->time_ns, e->stream == 2 ? 2 : 1, n <= room);
	}
}

static void
end_vertex(struct ui *ui, struct ui_vertex *v, const struct event *e)
{
	for (int stream = 1; stream <= 2; stream++)
		if (v->lines[stream == 2].n > 0)
			finish_line(ui, v, e->time_ns, stream, false);
	v->ended = true;
	v->end_ns = e->time_ns;
	v->outcome = e->outcome;
	if (e->outcome == OUTCOME_FAILED) {
		v->text = text_copy(e->text);
		if (ui->failed == 0)
			ui->failed = e->vertex;
	}
}

struct ui_vertex *
ui_vertex_at(const struct ui *ui, int number)
{
	return &ui->vertices.at[ui->begun.at[number - 1] - 1];
}

static void
begin_vertex(struct ui *ui, struct ui_vertex *v, const struct event *e)
{
	array_push(&ui->begun, e->vertex);
	v->number = (int)ui->begun.n;
	v->start_ns = e->time_ns;
}

/* NULL for vertex 0, and for one that began before this ui. */
static struct ui_vertex *
vertex_of(struct ui *ui, const struct event *e)
{
	struct ui_vertex *v = NULL;

	if (e->vertex <= 0)
		return NULL;
	while (ui->vertices.n < (size_t)e->vertex)
		array_add(&ui->vertices);
	v = &ui->vertices.at[e->vertex - 1];
	v->vertex = e->vertex;
	if ((e->kind == EVENT_BEGIN || e->kind == EVENT_ANNOUNCE) && v->name == NULL)
		v->name = text_copy(e->text);
	if (e->kind == EVENT_BEGIN && v->number == 0)
		begin_vertex(ui, v, e);
	return v->name == NULL ? NULL : v;
}

static void
set_status(struct ui_vertex *v, const struct event *e)
{
	struct ui_status *s = ui_status_of(v, e->name, e->time_ns);

	pace_add(&s->pace, e->done, e->time_ns);
	s->done = e->done;
	s->total = e->total;
	s->ended = e->ended;
	s->end_ns = e->time_ns;
}

static void
set_layer(struct ui_vertex *v, const struct event *e)
{
	free(v->layer);
	v->layer = e->text.n > 0 ? text_copy(e->text) : NULL;
	v->layer_bytes = e->total;
	v->layer_files = e->done;
}

static void
add_warning(struct ui *ui, const struct event *e)
{
	struct ui_warning *w = array_add(&ui->warnings);

	w->text = text_copy(e->text);
	if (e->about != NULL && e->about->url != NULL)
		w->url = mem_copy(e->about->url);
}

static void
update(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	switch (e->kind) {
	case EVENT_LOG:
		add_log(ui, v, e);
		break;
	case EVENT_END:
		end_vertex(ui, v, e);
		break;
	case EVENT_STATUS:
		set_status(v, e);
		break;
	case EVENT_MISS:
		free(v->miss);
		v->miss = text_copy(e->text);
		break;
	case EVENT_SAME:
		v->hidden = true;
		break;
	case EVENT_ANNOUNCE:
	case EVENT_BEGIN:
	case EVENT_WARNING:
	case EVENT_DEBUG:
		break;
	case EVENT_LAYER:
		set_layer(v, e);
		break;
	}
}

void
ui_handle(struct ui *ui, const struct event *e)
{
	struct ui_vertex *v = vertex_of(ui, e);

	/* After its end a vertex only gets warnings, no logs. */
	if (v != NULL && v->ended && e->kind != EVENT_WARNING)
		return;
	if (e->kind == EVENT_WARNING)
		add_warning(ui, e);
	else if (v == NULL && e->kind != EVENT_DEBUG)
		return;
	if (v != NULL)
		update(ui, e, v);
	if (v == NULL || v->number > 0 || ui->view->all)
		ui->view->event(ui, e, v);
	else if (e->kind == EVENT_WARNING)
		ui->view->event(ui, e, NULL);
}

static void
ui_sink(void *arg, const struct event *e)
{
	struct ui *ui = arg;

	pthread_mutex_lock(&ui->lock);
	if (!ui->finished)
		ui_handle(ui, e);
	pthread_mutex_unlock(&ui->lock);
}

/* ------------------------------------------------------------ life */

static void
wait_tick(struct ui *ui)
{
	pthread_mutex_lock(&ui->lock);
	if (!ui->finished)
		clock_wait(&ui->stop, &ui->lock, ui->view->tick_ms * NS_PER_MS);
	pthread_mutex_unlock(&ui->lock);
}

static bool
is_finished(struct ui *ui)
{
	bool finished = false;

	pthread_mutex_lock(&ui->lock);
	finished = ui->finished;
	pthread_mutex_unlock(&ui->lock);
	return finished;
}

static void *
ui_ticker(void *arg)
{
	struct ui *ui = arg;

	for (wait_tick(ui); !is_finished(ui); wait_tick(ui))
		ui->view->tick(ui);
	return NULL;
}

struct ui *
ui_new(enum progress progress, FILE *out)
{
	struct ui *ui = mem_new(sizeof *ui);

	ui->out = out;
	ui->name = "Building";
	ui->view = view_of(progress, out);
	ui->start_ns = clock_monotonic_ns();
	ui->wall_ns = clock_wall_ns() - ui->start_ns;
	pthread_mutex_init(&ui->lock, NULL);
	pthread_cond_init(&ui->stop, NULL);
	/* Without the thread, less is shown in between, but everything at the end. */
	if (ui->view->tick != NULL)
		ui->ticks = pthread_create(&ui->ticker, NULL, ui_ticker, ui) == 0;
	event_set_sink(ui_sink, ui);
	return ui;
}

void
ui_name(struct ui *ui, const char *what)
{
	pthread_mutex_lock(&ui->lock);
	ui->name = what;
	pthread_mutex_unlock(&ui->lock);
}

void
ui_directory(struct ui *ui, const char *dir)
{
	char *found = ci_directory(dir);

	pthread_mutex_lock(&ui->lock);
	free(ui->directory);
	ui->directory = found;
	pthread_mutex_unlock(&ui->lock);
}

void
ui_finish(struct ui *ui)
{
	bool first = false;

	pthread_mutex_lock(&ui->lock);
	first = !ui->finished;
	ui->finished = true;
	pthread_cond_signal(&ui->stop);
	pthread_mutex_unlock(&ui->lock);
	if (!first)
		return;
	if (ui->ticks)
		pthread_join(ui->ticker, NULL);
	if (ui->view->finish != NULL)
		ui->view->finish(ui);
	fflush(ui->out);
}

void
ui_result(struct ui *ui, const struct ui_result *result)
{
	if (ui->view->result != NULL)
		ui->view->result(ui, result);
}

bool
ui_error(struct ui *ui, const struct ui_error *error)
{
	return ui->view->error != NULL && ui->view->error(ui, error);
}

static void
vertex_clear(struct ui_vertex *v)
{
	for (size_t i = 0; i < v->statuses.n; i++)
		free(v->statuses.at[i].name);
	array_clear(&v->statuses);
	log_tail_clear(&v->tail);
	buf_clear(&v->lines[0]);
	buf_clear(&v->lines[1]);
	free(v->name);
	free(v->text);
	free(v->miss);
	free(v->layer);
}

void
ui_free(struct ui *ui)
{
	if (ui == NULL)
		return;
	event_set_sink(NULL, NULL);
	ui_finish(ui);
	if (ui->view->leave != NULL)
		ui->view->leave(ui);
	for (size_t i = 0; i < ui->vertices.n; i++)
		vertex_clear(&ui->vertices.at[i]);
	for (size_t i = 0; i < ui->warnings.n; i++) {
		free(ui->warnings.at[i].text);
		free(ui->warnings.at[i].url);
	}
	array_clear(&ui->vertices);
	array_clear(&ui->begun);
	array_clear(&ui->warnings);
	pthread_mutex_destroy(&ui->lock);
	pthread_cond_destroy(&ui->stop);
	if (ui->view->clear != NULL)
		ui->view->clear(ui);
	free(ui->directory);
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
	visible_add(name, text_of(v->name), VISIBLE_TITLE);
	for (size_t i = n > max ? n - max : 0; i < n; i++) {
		const struct log_line *line = log_tail_get(&v->tail, i);

		buf_print(lines, "%.3f ", (double)line->time_ns / 1e9);
		shown_add(lines, text_of(line->text), SHOWN_LOG);
		buf_add_char(lines, '\n');
	}
}
