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
	bool ended_statuses, running_statuses;
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

static size_t
status_rows(const struct ui_vertex *v, const struct measure *m)
{
	return (v->ended ? m->ended_statuses : m->running_statuses) ? v->statuses.n : 0;
}

/* All rows but the header. */
static size_t
count_rows(const struct ui *ui, const struct measure *m)
{
	size_t n = 0;

	for (size_t i = 0; i < ui->begun.n; i++) {
		const struct ui_vertex *v = ui_vertex_at(ui, (int)i + 1);

		n += 1 + status_rows(v, m) + log_rows(v, m);
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
 * oldest that ended, logs, details of what runs, the oldest of these. */
static struct measure
measure(const struct ui *ui, size_t room)
{
	struct measure m = { 0, 0, LOG_ROWS, true, true };
	size_t n_ended = 0, n_running = 0, n = count_rows(ui, &m);

	count_vertices(ui, &n_ended, &n_running);
	if (n <= room)
		return m;
	m.ended_statuses = false;
	n = count_rows(ui, &m);
	if (n <= room)
		return m;
	m.skip_ended = n - room < n_ended ? n - room : n_ended;
	while (m.logs > 0 && count_rows(ui, &m) - m.skip_ended > room)
		m.logs--;
	n = count_rows(ui, &m) - m.skip_ended;
	if (n <= room)
		return m;
	m.running_statuses = false;
	n = count_rows(ui, &m) - m.skip_ended;
	m.skip_running = n <= room ? 0 : n - room < n_running ? n - room : n_running;
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
add_status(struct picture *p, const struct ui_vertex *v, const struct ui_status *s,
           int64_t now_ns)
{
	auto_buf struct buf left = BUF_INIT;
	bool over = s->ended || v->ended;

	buf_add_str(&left, " => => ");
	visible_add(&left, text_of(s->name), VISIBLE_TITLE);
	if (s->done > 0 || s->total > 0) {
		buf_add_char(&left, ' ');
		number_print_size(&left, s->done);
	}
	if (s->total > 0) {
		buf_add_str(&left, " / ");
		number_print_size(&left, s->total);
	}
	add_row(p, over ? ROW_RUN : ROW_PLAIN, &left,
	        (s->ended   ? s->end_ns
	         : v->ended ? v->end_ns
	                    : now_ns) -
	                s->start_ns);
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

void
picture_make(struct picture *p, const struct ui *ui, int64_t now_ns, size_t height)
{
	struct measure m = { 0, 0, 0, true, true };

	if (height > 0)
		m = measure(ui, height - 1);
	add_header(p, ui, now_ns);
	for (size_t i = 0; i < ui->begun.n; i++) {
		const struct ui_vertex *v = ui_vertex_at(ui, (int)i + 1);
		size_t *skip = v->ended ? &m.skip_ended : &m.skip_running;

		if (*skip > 0) {
			--*skip;
			continue;
		}
		add_vertex(p, v, now_ns);
		for (size_t k = 0; k < status_rows(v, &m); k++)
			add_status(p, v, &v->statuses.at[k], now_ns);
		add_logs(p, v, log_rows(v, &m));
	}
}

void
picture_clear(struct picture *p)
{
	for (size_t i = 0; i < p->rows.n; i++)
		free(p->rows.at[i].left);
	array_clear(&p->rows);
}
