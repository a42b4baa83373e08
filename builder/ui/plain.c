#include "builder/ui/view.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/ui/ci.h"
#include "builder/ui/shown.h"

/* A running transfer gets a new line after this much more … */
#define STATUS_SHARE  20           /* one twentieth of the total */
#define STATUS_MIN_NS 200000000LL  /* but not that often */
#define STATUS_NS     5000000000LL /* … or after this time */

/* When steps run in parallel, one of them is shown at a time. The others wait for its
 * end, for this long, or until they have this much to show. */
#define TURN_NS   1000000000LL
#define TURN_MS   250 /* how often the time is checked */
#define SAY_BYTES ((size_t)256 << 10)

/* The part of a vertex that has not been shown yet. */
struct waiting {
	int number;
	struct buf text; /* whole lines, without the vertex's header */
	bool ended;      /* its last line is in text */
};

struct plain {
	ARRAY(struct waiting) queue; /* in the order in which they began to wait */
	int current;                 /* vertex shown last, 0 none */
	bool current_ended;
	int64_t turn_ns; /* when the current one got its turn */
	struct buf out;  /* due to be written */
	struct ci ci;

	/* "#N 0.123 ", the same for all lines of one event. */
	struct buf prefix;
	int prefix_number;
	int64_t prefix_ns;
};

static struct plain *
plain_of(struct ui *ui)
{
	struct plain *p = ui->own;

	if (p == NULL) {
		p = ui->own = mem_new(sizeof *p);
		ci_init(&p->ci);
		ci_obey(&p->ci, &p->out, false);
	}
	return p;
}

static void
flush(struct ui *ui)
{
	struct plain *p = plain_of(ui);

	if (p->out.n > 0)
		ui_write(ui, buf_text(&p->out));
	buf_truncate(&p->out, 0);
}

/* ------------------------------------------------------------ turns */

static int64_t
unix_time(const struct ui *ui)
{
	return (ui->wall_ns + clock_monotonic_ns()) / NS_PER_S;
}

static void
print_title(struct ui *ui, int number)
{
	auto_buf struct buf title = BUF_INIT;
	struct plain *p = plain_of(ui);

	visible_add(&title, text_of(ui_vertex_at(ui, number)->name), VISIBLE_TITLE);
	if (p->ci.kind == CI_NONE)
		buf_print(&p->out, "#%d %s\n", number, buf_str(&title));
	else
		ci_open(&p->ci, &p->out, number, buf_text(&title), unix_time(ui));
}

/* From now on, lines belong to NUMBER; prints a header if that is new. */
static void
switch_to(struct ui *ui, int number, int64_t now_ns)
{
	struct plain *p = plain_of(ui);

	if (p->current == number)
		return;
	if (p->current > 0 && !p->current_ended)
		buf_print(&p->out, "#%d ...\n", p->current);
	if (p->current > 0 && p->ci.kind == CI_NONE)
		buf_add_char(&p->out, '\n');
	print_title(ui, number);
	p->current = number;
	p->current_ended = false;
	p->turn_ns = now_ns;
}

static struct waiting *
find_waiting(struct plain *p, int number)
{
	for (size_t i = 0; i < p->queue.n; i++)
		if (p->queue.at[i].number == number)
			return &p->queue.at[i];
	return NULL;
}

/* The vertex's place in the queue; a new one is added at the end. */
static struct waiting *
waiting_of(struct plain *p, int number)
{
	struct waiting *w = find_waiting(p, number);

	if (w == NULL) {
		w = array_add(&p->queue);
		w->number = number;
	}
	return w;
}

/* Shows the waiting lines of the I-th in the queue, and removes it. */
static void
let_speak(struct ui *ui, size_t i, int64_t now_ns)
{
	struct plain *p = plain_of(ui);
	struct waiting *w = &p->queue.at[i];

	switch_to(ui, w->number, now_ns);
	buf_add_text(&p->out, buf_text(&w->text));
	p->current_ended = w->ended;
	buf_clear(&w->text);
	memmove(w, w + 1, (p->queue.n - i - 1) * sizeof *w);
	p->queue.n--;
}

/* The current turn is over: finished vertices are shown completely, then the one that
 * waited longest has its turn. */
static void
next_turn(struct ui *ui, int64_t now_ns)
{
	struct plain *p = plain_of(ui);

	for (size_t i = 0; i < p->queue.n;)
		if (p->queue.at[i].ended)
			let_speak(ui, i, now_ns);
		else
			i++;
	if (p->queue.n > 0)
		let_speak(ui, 0, now_ns);
}

static bool
turn_is_over(const struct plain *p, int64_t now_ns)
{
	return p->current == 0 || p->current_ended || now_ns - p->turn_ns >= TURN_NS;
}

/* Where lines of vertex NUMBER go. */
static struct buf *
lines_of(struct ui *ui, int number)
{
	struct plain *p = plain_of(ui);

	if (p->current == number && !p->current_ended)
		return &p->out;
	return &waiting_of(p, number)->text;
}

static void
show(struct ui *ui, int number, int64_t now_ns)
{
	struct plain *p = plain_of(ui);
	const struct waiting *w = find_waiting(p, number);

	if (p->queue.n > 0 &&
	    (turn_is_over(p, now_ns) || (w != NULL && w->text.n > SAY_BYTES)))
		next_turn(ui, now_ns);
	flush(ui);
}

/* ------------------------------------------------------------ lines */

static struct text
prefix_of(struct plain *p, int number, int64_t ns)
{
	double s = (double)ns / 1e9;
	int digits = s < 10 ? 3 : s < 100 ? 2 : 1;

	if (p->prefix.n == 0 || p->prefix_number != number || p->prefix_ns != ns) {
		buf_truncate(&p->prefix, 0);
		buf_print(&p->prefix, "#%d %.*f ", number, digits, s);
		p->prefix_number = number;
		p->prefix_ns = ns;
	}
	return buf_text(&p->prefix);
}

/* One line per update: progress bars go back with "\r", and no part of a log may be
 * lost. */
static void
plain_line(struct ui *ui, struct ui_vertex *v, const struct ui_line *l)
{
	struct buf *out = lines_of(ui, v->number);
	struct text line = l->text;
	struct text prefix = prefix_of(plain_of(ui), v->number, l->time_ns - v->start_ns);

	if (text_ends(line, "\r"))
		line.n--;
	do {
		buf_add_text(out, prefix);
		shown_add(out, text_cut(&line, '\r'), SHOWN_LOG);
		buf_add_char(out, '\n');
	} while (line.p != NULL);
}

static void
print_end(struct ui *ui, const struct event *e, const struct ui_vertex *v)
{
	struct plain *p = plain_of(ui);
	struct buf *out = lines_of(ui, v->number);

	switch (e->outcome) {
	case OUTCOME_CACHED:
		buf_print(out, "#%d CACHED\n", v->number);
		break;
	case OUTCOME_SKIPPED:
		buf_print(out, "#%d SKIPPED\n", v->number);
		break;
	case OUTCOME_DONE:
		buf_print(out, "#%d DONE %.1fs\n", v->number,
		          (double)(v->end_ns - v->start_ns) / 1e9);
		break;
	case OUTCOME_FAILED:
		buf_print(out, "#%d ERROR: ", v->number);
		visible_add(out, text_of(v->text), VISIBLE_MESSAGE);
		buf_add_char(out, '\n');
		break;
	case OUTCOME_CANCELLED:
		buf_print(out, "#%d CANCELED\n", v->number);
		break;
	}
	if (out == &p->out)
		p->current_ended = true;
	else
		waiting_of(p, v->number)->ended = true;
}

static bool
is_worth_a_line(const struct ui_status *s, const struct event *e)
{
	int64_t since_ns = e->time_ns - s->shown_ns;
	bool much = e->total > 0 && e->done > s->shown &&
	            e->done - s->shown >= e->total / STATUS_SHARE + 1;

	return e->ended || s->shown_ns == 0 || since_ns >= STATUS_NS ||
	       (much && since_ns >= STATUS_MIN_NS);
}

static void
print_status(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	struct ui_status *s = ui_status_of(v, e->name, e->time_ns);
	double seconds = (double)(e->time_ns - s->start_ns) / 1e9;
	struct buf *out = NULL;

	if (!is_worth_a_line(s, e))
		return;
	s->shown = e->done;
	s->shown_ns = e->time_ns;
	out = lines_of(ui, v->number);
	buf_print(out, "#%d ", v->number);
	visible_add(out, text_of(s->name), VISIBLE_TITLE);
	if (e->done > 0 || e->total > 0) {
		buf_add_char(out, ' ');
		number_print_size(out, e->done);
	}
	if (e->total > 0) {
		buf_add_str(out, " / ");
		number_print_size(out, e->total);
	}
	if (seconds >= 0.05)
		buf_print(out, " %.1fs", seconds);
	buf_add_str(out, e->ended ? " done\n" : "\n");
}

static void
print_miss(struct ui *ui, const struct ui_vertex *v)
{
	struct buf *out = lines_of(ui, v->number);

	if (v->miss == NULL || *v->miss == '\0')
		return;
	buf_print(out, "#%d MISS: ", v->number);
	visible_add(out, text_of(v->miss), VISIBLE_MESSAGE);
	buf_add_char(out, '\n');
}

/* Warnings without a vertex are only listed at the end. */
static void
print_warning(struct ui *ui, const struct event *e, const struct ui_vertex *v)
{
	struct buf *out = lines_of(ui, v->number);

	buf_print(out, "#%d WARN: ", v->number);
	visible_add(out, e->text, VISIBLE_MESSAGE);
	buf_add_char(out, '\n');
	if (v->ended)
		waiting_of(plain_of(ui), v->number)->ended = true;
}

/* FILE is the name of the Dockerfile, as shown; NULL: none. */
static void
annotate(struct ui *ui, const char *word, const char *file, int line, int last,
         struct text message)
{
	struct plain *p = plain_of(ui);
	auto_free char *path = NULL;

	if (file != NULL)
		path = mem_print("%s%s", ui->directory == NULL ? "" : ui->directory,
		                 file);
	ci_annotate(&p->ci, &p->out, word, path, line, last, message);
}

static void
annotate_warning(struct ui *ui, const struct event *e)
{
	auto_buf struct buf text = BUF_INIT;
	const struct event_about *about = e->about;

	if (about == NULL)
		return;
	visible_add(&text, e->text, VISIBLE_LINES);
	if (about->url != NULL)
		buf_print(&text, "\n%s", about->url);
	annotate(ui, "warning", about->file, about->line, about->last, buf_text(&text));
}

static void
print_debug(struct ui *ui, const struct event *e)
{
	struct buf *out = &plain_of(ui)->out;

	buf_print(out, "DEBUG: %.*s: ", TEXT_ARG(e->name));
	visible_add(out, e->text, VISIBLE_MESSAGE);
	buf_add_char(out, '\n');
}

static void
plain_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	switch (e->kind) {
	case EVENT_BEGIN:
		waiting_of(plain_of(ui), v->number);
		print_miss(ui, v);
		break;
	case EVENT_END:
		print_end(ui, e, v);
		break;
	case EVENT_STATUS:
		print_status(ui, e, v);
		break;
	case EVENT_MISS:
		print_miss(ui, v);
		break;
	case EVENT_WARNING:
		if (v != NULL)
			print_warning(ui, e, v);
		annotate_warning(ui, e);
		break;
	case EVENT_DEBUG:
		print_debug(ui, e);
		break;
	case EVENT_ANNOUNCE:
	case EVENT_SAME:
	case EVENT_LAYER:
	case EVENT_LOG:
		break;
	}
	show(ui, v == NULL ? 0 : v->number, e->time_ns);
}

static void
plain_tick(struct ui *ui)
{
	int64_t now_ns = clock_monotonic_ns();
	struct plain *p = NULL;

	pthread_mutex_lock(&ui->lock);
	p = plain_of(ui);
	if (p->queue.n > 0 && turn_is_over(p, now_ns)) {
		next_turn(ui, now_ns);
		flush(ui);
	}
	pthread_mutex_unlock(&ui->lock);
}

static void
plain_finish(struct ui *ui)
{
	struct plain *p = plain_of(ui);

	while (p->queue.n > 0)
		let_speak(ui, 0, 0);
	ci_close(&p->ci, &p->out, unix_time(ui));
	ui_print_warnings(ui, &p->out, false);
	flush(ui);
}

/* The message itself follows as text. */
static bool
plain_error(struct ui *ui, const struct ui_error *e)
{
	auto_buf struct buf text = BUF_INIT;
	auto_free char *file = e->file.p == NULL ? NULL : text_copy(e->file);
	visible_add(&text, e->text, VISIBLE_LINES);
	if (e->hint.n > 0) {
		buf_add_str(&text, "\nhint: ");
		visible_add(&text, e->hint, VISIBLE_LINES);
	}
	annotate(ui, "error", file, e->line, e->last, buf_text(&text));
	flush(ui);
	return false;
}

static void
plain_leave(struct ui *ui)
{
	struct plain *p = plain_of(ui);

	ci_obey(&p->ci, &p->out, true);
	flush(ui);
}

static void
plain_clear(struct ui *ui)
{
	struct plain *p = ui->own;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->queue.n; i++)
		buf_clear(&p->queue.at[i].text);
	array_clear(&p->queue);
	buf_clear(&p->out);
	buf_clear(&p->prefix);
}

const struct ui_view ui_plain = {
	.event = plain_event,
	.line = plain_line,
	.tick = plain_tick,
	.tick_ms = TURN_MS,
	.finish = plain_finish,
	.error = plain_error,
	.leave = plain_leave,
	.clear = plain_clear,
};
