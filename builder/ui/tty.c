#include "builder/ui/view.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/visible.h"
#include "builder/ui/colours.h"
#include "builder/ui/picture.h"
#include "builder/ui/shown.h"

#define DRAW_MS 100

/* A name with fewer columns only keeps its beginning. */
#define NAME_MIN 20

/* Used by the ticking thread and, after it has ended, by finish(); only ABOVE is
 * shared and under the ui's lock. */
struct tty {
	struct colours colours;
	bool utf8;
	ARRAY(size_t) drawn; /* columns of each row on the screen now */
	size_t columns;      /* of the screen then */
	struct buf above;    /* text to print above the picture */
};

static struct tty *
tty_of(struct ui *ui)
{
	const char *none = getenv("NO_COLOR");
	struct tty *t = ui->own;

	if (t == NULL) {
		t = ui->own = mem_new(sizeof *t);
		colours_init(&t->colours, none != NULL && *none != '\0',
		             getenv("BUILDKIT_COLORS"));
		t->utf8 = meter_has_utf8();
	}
	return t;
}

/* ------------------------------------------------------------ terminal */

static size_t
size_or(size_t found, const char *variable, size_t otherwise)
{
	const char *set = getenv(variable);
	uint64_t n = 0;

	if (found > 0)
		return found;
	return set != NULL && number_u64(text_of(set), &n) && n > 0 && n < 10000
	               ? (size_t)n
	               : otherwise;
}

/* Read again for every picture, because the window may have been resized. */
static void
screen_size(const struct ui *ui, size_t *columns, size_t *rows)
{
	struct winsize size = { 0 };

	ioctl(fileno(ui->out), TIOCGWINSZ, &size);
	*columns = size_or(size.ws_col, "COLUMNS", 80);
	*rows = size_or(size.ws_row, "LINES", 24);
}

/* Moves to the start of the current picture. Terminals wrap rows that do not fit in a
 * smaller window, so one row may have become several. */
static void
go_back(const struct tty *t, struct buf *out, size_t columns)
{
	size_t up = 0;

	for (size_t i = 0; i < t->drawn.n; i++) {
		size_t width = t->drawn.at[i];

		up += width == 0 ? 1 : (width + columns - 1) / columns;
	}
	buf_add_char(out, '\r');
	if (up > 0)
		buf_print(out, "\033[%zuA", up);
}

/* ------------------------------------------------------------ drawing */

static const char *
colour_of(const struct colours *c, enum row_kind kind)
{
	switch (kind) {
	case ROW_RUN:
		return c->run;
	case ROW_ERROR:
		return c->error;
	case ROW_CANCEL:
		return c->cancel;
	case ROW_LOG:
	case ROW_NOTE:
		return c->faint;
	case ROW_HEADER:
	case ROW_PLAIN:
		break;
	}
	return "";
}

/* T in at most ROOM columns. Of a name, the beginning and the end are kept. Returns the
 * columns that it takes. */
static size_t
add_cut(const struct tty *t, struct buf *out, struct text shown, size_t room,
        bool is_name)
{
	const char *dots = t->utf8 ? "…" : "...";
	size_t n_dots = t->utf8 ? 1 : 3, width = shown_width(shown), end = 0;
	struct text part;

	if (width <= room) {
		buf_add_text(out, shown);
		return width;
	}
	if (room < n_dots) {
		buf_print(out, "%.*s", (int)room, "...");
		return room;
	}
	if (is_name && room > NAME_MIN)
		end = (room - n_dots) / 3;
	part = shown_cut(shown, room - n_dots - end);
	width = shown_width(part) + n_dots;
	buf_add_text(out, part);
	buf_add_str(out, dots);
	part = shown_cut_start(shown, end);
	buf_add_text(out, part);
	return width + shown_width(part);
}

/* The columns that a row takes. */
static size_t
add_line(const struct tty *t, struct buf *out, const struct picture_row *row,
         const char *right, size_t columns)
{
	size_t n_right = strlen(right), room = columns, width = 0;

	if (n_right > 0)
		room = columns > n_right + 1 ? columns - n_right - 1 : 0;
	width = add_cut(t, out, text_of(row->left), room,
	                row->kind != ROW_LOG && row->kind != ROW_HEADER);
	if (row->is_transfer && width + 2 < room) {
		buf_add_str(out, "  ");
		width += 2 + meter_add(out, row->done, row->total, row->rate,
		                       room - width - 2, t->utf8);
	}
	if (n_right == 0)
		return width;
	buf_print(out, "%*s%s",
	          (int)(columns > width + n_right ? columns - width - n_right : 0), "",
	          right);
	return columns;
}

static void
draw_row(struct tty *t, const struct picture_row *row, struct buf *out, size_t columns)
{
	const char *colour = colour_of(&t->colours, row->kind);
	char time[32] = "";
	size_t width = 0;

	if (row->time_ns >= 0)
		snprintf(time, sizeof time, "%.1fs", (double)row->time_ns / 1e9);
	buf_add_str(out, colour);
	width = add_line(t, out, row, time, columns);
	array_push(&t->drawn, width);
	if (*colour != '\0')
		buf_add_str(out, t->colours.reset);
	/* On some terminals, the cursor stays on the last column after it was written. */
	buf_add_str(out, width < columns ? "\033[K\n" : "\n");
}

/* The cursor is hidden while it moves only, so that it is there however we end. */
static void
draw(struct tty *t, const struct picture *p, struct text above, struct buf *out,
     size_t columns)
{
	buf_add_str(out, "\033[?25l");
	go_back(t, out, columns);
	t->drawn.n = 0;
	/* Rows that were wrapped by a smaller window stay so until they are cleared. */
	if (above.n > 0 || columns != t->columns)
		buf_add_str(out, "\033[J");
	buf_add_text(out, above);
	t->columns = columns;
	for (size_t i = 0; i < p->rows.n; i++)
		draw_row(t, &p->rows.at[i], out, columns);
	buf_add_str(out, "\033[J\033[?25h");
}

static void
tty_draw(struct ui *ui, bool last)
{
	auto_buf struct buf out = BUF_INIT, above = BUF_INIT;
	struct picture picture = { 0 };
	struct tty *t = NULL;
	size_t columns = 0, rows = 0;
	bool is_blank = false;

	screen_size(ui, &columns, &rows);
	pthread_mutex_lock(&ui->lock);
	t = tty_of(ui);
	/* Nothing has happened yet, and perhaps nothing will. */
	is_blank = ui->begun.n == 0 && t->above.n == 0;
	/* The cursor is in the row below the picture. */
	picture_make(&picture, ui, clock_monotonic_ns(),
	             last       ? 0
	             : rows > 2 ? rows - 1
	                        : 1);
	buf_add_text(&above, buf_text(&t->above));
	buf_truncate(&t->above, 0);
	pthread_mutex_unlock(&ui->lock);
	if (!is_blank)
		draw(t, &picture, buf_text(&above), &out, columns);
	picture_clear(&picture);
	/* Outside the lock: a stopped terminal stops the picture, not the build. */
	ui_write(ui, buf_text(&out));
}

/* ------------------------------------------------------------ the view */

static void
tty_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	struct tty *t = tty_of(ui);

	(void)v;
	if (e->kind != EVENT_DEBUG)
		return;
	buf_print(&t->above, "DEBUG: %.*s: ", TEXT_ARG(e->name));
	visible_add(&t->above, e->text, VISIBLE_MESSAGE);
	buf_add_char(&t->above, '\n');
}

static void
tty_tick(struct ui *ui)
{
	tty_draw(ui, false);
}

static void
tty_finish(struct ui *ui)
{
	auto_buf struct buf out = BUF_INIT;
	struct tty *t = tty_of(ui);

	tty_draw(ui, true);
	if (ui->warnings.n == 0)
		return;
	buf_add_str(&out, t->colours.warning);
	ui_print_warnings(ui, &out, isatty(fileno(ui->out)));
	buf_add_str(&out, t->colours.reset);
	ui_write(ui, buf_text(&out));
}

static void
tty_clear(struct ui *ui)
{
	struct tty *t = ui->own;

	if (t == NULL)
		return;
	array_clear(&t->drawn);
	buf_clear(&t->above);
}

const struct ui_view ui_tty = {
	.event = tty_event,
	.tick = tty_tick,
	.tick_ms = DRAW_MS,
	.finish = tty_finish,
	.clear = tty_clear,
};
