#include "builder/ui/picture.h"

#include "base/base.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/ui/shown.h"

#define LOG_ROWS 6 /* of a running step, if there is room */

/* How much of each kind of row is shown. */
struct measure {
	size_t skip_ended, skip_running; /* number of oldest vertices that are left out */
	size_t logs;                     /* last lines of each running one */
	bool ended_details, running_details; /* statuses */
	bool reasons;                        /* why running ones are not cached */
};

/* ------------------------------------------------------------ measuring */

/* An unfinished line counts: a prompt or progress bar is all some programs say. */
static size_t
open_lines(const struct ui_vertex *v)
{
	return (v->lines[0].n > 0) + (v->lines[1].n > 0);
}

static size_t
log_rows(const struct ui_vertex *v, const struct measure *m)
{
	size_t n = log_tail_count(&v->tail) + open_lines(v);

	return v->ended ? 0 : n < m->logs ? n : m->logs;
}

static bool
has_reason(const struct ui_vertex *v)
{
	return v->miss != NULL && *v->miss != '\0';
}

static bool
shows_details(const struct ui_vertex *v, const struct measure *m)
{
	return v->ended ? m->ended_details : m->running_details;
}

static bool
shows_reason(const struct ui_vertex *v, const struct measure *m)
{
	return has_reason(v) && (v->ended ? m->ended_details : m->reasons);
}

static size_t
detail_rows(const struct ui_vertex *v, const struct measure *m)
{
	return (shows_details(v, m) ? v->statuses.n : 0) + shows_reason(v, m);
}

/* All rows but the header. */
static size_t
count_rows(const struct ui *ui, const struct measure *m)
{
	size_t n = 0;

	for (size_t i = 0; i < ui->begun.n; i++) {
		const struct ui_vertex *v = ui_vertex_at(ui, (int)i + 1);

		n += 1 + detail_rows(v, m) + log_rows(v, m);
	}
	return n;
}

static void
count_vertices(const struct ui *ui, size_t *n_ended, size_t *n_running)
{
	*n_ended = *n_running = 0;
	for (size_t i = 0; i < ui->begun.n; i++)
		++*(ui_vertex_at(ui, (int)i + 1)->ended ? n_ended : n_running);
}

/* Gives up what matters least until ROOM rows are enough: details of what ended, the
 * oldest that ended, the reasons of what runs, logs, details, the oldest of these. */
static struct measure
measure(const struct ui *ui, size_t room)
{
	struct measure m = { 0, 0, LOG_ROWS, true, true, true };
	size_t n_ended = 0, n_running = 0, n = count_rows(ui, &m);

	count_vertices(ui, &n_ended, &n_running);
	if (n <= room)
		return m;
	m.ended_details = false;
	n = count_rows(ui, &m);
	if (n <= room)
		return m;
	m.skip_ended = n - room < n_ended ? n - room : n_ended;
	m.reasons = count_rows(ui, &m) - m.skip_ended <= room;
	while (m.logs > 0 && count_rows(ui, &m) - m.skip_ended > room)
		m.logs--;
	n = count_rows(ui, &m) - m.skip_ended;
	if (n <= room)
		return m;
	m.running_details = false;
	n = count_rows(ui, &m) - m.skip_ended;
	if (n <= room)
		return m;
	/* One more row tells how many are left out. */
	n -= room > 0 ? room - 1 : 0;
	m.skip_running = n < n_running ? n : n_running;
	return m;
}

/* ------------------------------------------------------------ rows */

static void
add_row(struct picture *p, enum row_kind kind, struct buf *left, int64_t time_ns)
{
	struct picture_row *row = array_add(&p->rows);

	row->kind = kind;
	row->left = buf_take(left);
	row->time_ns = time_ns;
}

static bool
is_coming(const struct ui_vertex *v)
{
	return v->name != NULL && v->number == 0 && !v->hidden && !v->ended;
}

static void
add_count(struct buf *out, const struct ui *ui, enum event_outcome outcome,
          const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < ui->begun.n; i++) {
		const struct ui_vertex *v = ui_vertex_at(ui, (int)i + 1);

		n += v->ended && v->outcome == outcome;
	}
	if (n > 0)
		buf_print(out, ", %zu %s", n, word);
}

static void
add_header(struct picture *p, const struct ui *ui, int64_t now_ns)
{
	auto_buf struct buf left = BUF_INIT;
	size_t n_ended = 0, n_running = 0, n_coming = 0;
	bool over = false;

	count_vertices(ui, &n_ended, &n_running);
	for (size_t i = 0; i < ui->vertices.n; i++)
		n_coming += is_coming(&ui->vertices.at[i]);
	over = ui->finished && n_running == 0;
	buf_print(&left, "[+] %s %.1fs (%zu/%zu)%s", ui->name,
	          (double)(now_ns - ui->start_ns) / 1e9, n_ended,
	          n_ended + n_running + n_coming, over ? " FINISHED" : "");
	add_count(&left, ui, OUTCOME_CACHED, "cached");
	add_count(&left, ui, OUTCOME_SKIPPED, "skipped");
	add_row(p, over ? ROW_RUN : ROW_HEADER, &left, -1);
}

static void
add_vertex(struct picture *p, const struct ui_vertex *v, int64_t now_ns)
{
	static const struct {
		const char *word;
		enum row_kind kind;
	} outcomes[] = {
		[OUTCOME_DONE] = { "", ROW_RUN },
		[OUTCOME_CACHED] = { "CACHED ", ROW_RUN },
		[OUTCOME_SKIPPED] = { "SKIPPED ", ROW_RUN },
		[OUTCOME_FAILED] = { "ERROR ", ROW_ERROR },
		[OUTCOME_CANCELLED] = { "CANCELED ", ROW_CANCEL },
	};
	auto_buf struct buf left = BUF_INIT;
	enum row_kind kind = v->ended ? outcomes[v->outcome].kind : ROW_PLAIN;

	buf_print(&left, " => %s", v->ended ? outcomes[v->outcome].word : "");
	visible_add(&left, text_of(v->name), VISIBLE_TITLE);
	add_row(p, kind, &left, (v->ended ? v->end_ns : now_ns) - v->start_ns);
}

static void
add_reason(struct picture *p, const struct ui_vertex *v)
{
	auto_buf struct buf left = BUF_INIT;

	buf_add_str(&left, " => => MISS: ");
	visible_add(&left, text_of(v->miss), VISIBLE_TITLE);
	add_row(p, ROW_NOTE, &left, -1);
}

static void
add_status(struct picture *p, const struct ui_vertex *v, const struct ui_status *s,
           int64_t now_ns)
{
	auto_buf struct buf left = BUF_INIT;
	bool over = s->ended || v->ended;
	struct picture_row *row = NULL;

	buf_add_str(&left, " => => ");
	visible_add(&left, text_of(s->name), VISIBLE_TITLE);
	if (over && (s->done > 0 || s->total > 0)) {
		buf_add_char(&left, ' ');
		number_print_size(&left, s->done);
	}
	if (over && s->total > 0) {
		buf_add_str(&left, " / ");
		number_print_size(&left, s->total);
	}
	add_row(p, over ? ROW_RUN : ROW_PLAIN, &left,
	        (s->ended   ? s->end_ns
	         : v->ended ? v->end_ns
	                    : now_ns) -
	                s->start_ns);
	row = &p->rows.at[p->rows.n - 1];
	row->is_transfer = !over && (s->done > 0 || s->total > 0);
	row->done = s->done;
	row->total = s->total;
	row->rate = pace_rate(&s->pace, now_ns);
}

static void
add_hidden(struct picture *p, size_t n)
{
	auto_buf struct buf left = BUF_INIT;

	buf_print(&left, " => ... %zu more running", n);
	add_row(p, ROW_NOTE, &left, -1);
}

static void
add_log(struct picture *p, struct text line)
{
	auto_buf struct buf left = BUF_INIT;

	buf_add_str(&left, " => => # ");
	shown_add(&left, line, SHOWN_SCREEN);
	add_row(p, ROW_LOG, &left, -1);
}

static void
add_logs(struct picture *p, const struct ui_vertex *v, size_t n)
{
	size_t kept = log_tail_count(&v->tail);
	size_t open = open_lines(v);
	size_t whole = n > open ? n - open : 0;

	for (size_t i = kept > whole ? kept - whole : 0; i < kept; i++)
		add_log(p, text_of(log_tail_get(&v->tail, i)->text));
	for (size_t i = 0, left = n; i < 2 && left > 0; i++)
		if (v->lines[i].n > 0) {
			add_log(p, buf_text(&v->lines[i]));
			left--;
		}
}

static void
add_details(struct picture *p, const struct ui_vertex *v, const struct measure *m,
            int64_t now_ns)
{
	if (shows_reason(v, m))
		add_reason(p, v);
	for (size_t i = 0; shows_details(v, m) && i < v->statuses.n; i++)
		add_status(p, v, &v->statuses.at[i], now_ns);
}

void
picture_make(struct picture *p, const struct ui *ui, int64_t now_ns, size_t height)
{
	struct measure m = { 0, 0, 0, true, true, true };
	size_t n_hidden = 0;

	if (height > 0)
		m = measure(ui, height - 1);
	n_hidden = m.skip_running;
	add_header(p, ui, now_ns);
	for (size_t i = 0; i < ui->begun.n; i++) {
		const struct ui_vertex *v = ui_vertex_at(ui, (int)i + 1);
		size_t *skip = v->ended ? &m.skip_ended : &m.skip_running;

		if (*skip > 0) {
			--*skip;
			continue;
		}
		add_vertex(p, v, now_ns);
		add_details(p, v, &m, now_ns);
		add_logs(p, v, log_rows(v, &m));
	}
	if (n_hidden > 0 && height != 1)
		add_hidden(p, n_hidden);
}

void
picture_clear(struct picture *p)
{
	for (size_t i = 0; i < p->rows.n; i++)
		free(p->rows.at[i].left);
	array_clear(&p->rows);
}
