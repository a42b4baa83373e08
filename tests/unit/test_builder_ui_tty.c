#include "tests/lib/ui_fixture.h"

#include <stdlib.h>

/* ------------------------------------------------------------ a small terminal
 *
 * Understands what the view writes and nothing else; anything unknown fails the
 * test. Colours are left out.
 */
#define COLUMNS 40
#define ROWS    60

struct terminal {
	char cells[ROWS][COLUMNS + 1];
	size_t row, column, lowest;
	bool hidden;
};

static void
clear_from(struct terminal *t, size_t row, size_t column)
{
	for (; row < ROWS; row++, column = 0)
		memset(&t->cells[row][column], ' ', COLUMNS - column);
}

static const char *
escape(struct terminal *t, const char *p)
{
	unsigned long n = 1;
	char *end = NULL;

	assert_int_equal(*p, '[');
	p++;
	if (strncmp(p, "?25l", 4) == 0 || strncmp(p, "?25h", 4) == 0) {
		t->hidden = p[3] == 'l';
		return p + 4;
	}
	n = strtoul(p, &end, 10);
	p = end + strspn(end, ";0123456789");
	switch (*p) {
	case 'A':
		assert_true(n <= t->row);
		t->row -= n;
		break;
	case 'J':
		clear_from(t, t->row, t->column);
		break;
	case 'K':
		memset(&t->cells[t->row][t->column], ' ', COLUMNS - t->column);
		break;
	case 'm':
		break;
	default:
		fail_msg("unknown sequence ESC [ %s", p);
	}
	return p + 1;
}

static void
terminal_show(struct terminal *t, const char *p)
{
	clear_from(t, 0, 0);
	while (*p != '\0') {
		char c = *p++;

		assert_true(t->row < ROWS);
		if (c == '\033') {
			p = escape(t, p);
		} else if (c == '\r') {
			t->column = 0;
		} else if (c == '\n') {
			t->column = 0;
			t->row++;
		} else {
			assert_true(c >= ' ' && c != 0x7f && t->column < COLUMNS);
			t->cells[t->row][t->column++] = c;
		}
	}
	assert_false(t->hidden);
}

/* Row N without blanks at its end. */
static const char *
terminal_row(struct terminal *t, size_t n)
{
	size_t end = COLUMNS;

	while (end > 0 && t->cells[n][end - 1] == ' ')
		end--;
	t->cells[n][end] = '\0';
	return t->cells[n];
}

/* ------------------------------------------------------------ tests */

static int
set_up(void **state)
{
	(void)state;
	setenv("COLUMNS", "40", 1);
	setenv("LINES", "12", 1);
	setenv("LC_ALL", "C", 1);
	unsetenv("NO_COLOR");
	unsetenv("BUILDKIT_COLORS");
	return 0;
}

static void
check_rows(struct terminal *t, const char *const *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (want[i] != NULL)
			assert_string_equal(terminal_row(t, i), want[i]);
	assert_string_equal(terminal_row(t, n), "");
}

static const struct happening some[] = {
	BEGIN(0, 1, "[internal] load"),
	DONE(100, 1),
	BEGIN(100, 2, "[1/2] FROM docker.io/library/alpine:latest"),
	STATUS(100, 2, "sha256:1", 2000, 2000, true),
	DONE(300, 2),
	BEGIN(300, 3, "RUN make"),
	LOG(300, 3, "\033[2J\033]0;title\007cc a.c\n"),
	WARN(300, 0, "something is odd"),
	END(12800, 3, OUTCOME_FAILED, "x"),
};

static void
the_last_picture_stays(void **state)
{
	static const char *const want[] = {
		NULL,
		" => [internal] load                 0.1s",
		" => [1/2] FROM docker....ine:latest 0.2s",
		" => => sha256:1 2.00kB / 2.00kB     0.0s",
		" => ERROR RUN make                 12.5s",
		"",
		" 1 warning found:",
		" - something is odd",
	};
	struct terminal t = { .row = 0 };
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_TTY);
	screen_happen(&s, some, sizeof some / sizeof *some);
	ui_finish(s.ui);
	terminal_show(&t, screen_text(&s));
	check_rows(&t, want, sizeof want / sizeof *want);
	assert_non_null(strstr(terminal_row(&t, 0), "[+] Building "));
	assert_non_null(strstr(terminal_row(&t, 0), " (3/3) FINISHED"));
	screen_close(&s);
}

/* Real time: the thread draws some pictures over each other. */
static void
pictures_replace_each_other(void **state)
{
	static const char *const want[] = { NULL, " => step", NULL };
	struct terminal t = { .row = 0 };
	struct screen s;
	size_t pictures = 0;

	(void)state;
	screen_open(&s, PROGRESS_TTY);
	s.start_ns = clock_monotonic_ns();
	screen_happen(&s, &(struct happening)BEGIN(0, 1, "step"), 1);
	for (int i = 0; i < 20; i++) {
		char text[40];
		struct happening log = LOG(i, 1, text);

		snprintf(text, sizeof text, "line %d\n", i);
		screen_happen(&s, &log, 1);
		usleep(30000);
	}
	screen_happen(&s, &(struct happening)DONE(600, 1), 1);
	ui_finish(s.ui);
	for (const char *p = screen_text(&s); (p = strstr(p, "[+] ")) != NULL; p++)
		pictures++;
	assert_true(pictures >= 2);
	assert_non_null(strstr(screen_text(&s), " => => # line "));
	terminal_show(&t, screen_text(&s));
	t.cells[1][strlen(" => step")] = '\0';
	check_rows(&t, want, 2);
	screen_close(&s);
}

static void
no_picture_is_higher_than_the_window(void **state)
{
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_TTY);
	for (int n = 1; n <= 50; n++) {
		struct happening step[] = { BEGIN(n, n, "step"), DONE(n, n) };

		screen_happen(&s, step, n % 2 == 0 ? 2 : 1);
	}
	usleep(250000);
	pthread_mutex_lock(&s.ui->lock);
	for (const char *p = screen_text(&s); (p = strstr(p, "\033[?25l")) != NULL; p++) {
		const char *end = strstr(p, "\033[?25h");
		size_t rows = 0;

		assert_non_null(end);
		for (const char *c = p; c < end; c++)
			rows += *c == '\n';
		assert_true(rows <= 11);
	}
	pthread_mutex_unlock(&s.ui->lock);
	screen_close(&s);
}

static void
without_colours_there_are_no_colours(void **state)
{
	struct screen s;

	(void)state;
	setenv("NO_COLOR", "1", 1);
	screen_open(&s, PROGRESS_TTY);
	screen_happen(&s, some, sizeof some / sizeof *some);
	ui_finish(s.ui);
	for (const char *p = screen_text(&s); (p = strstr(p, "\033[")) != NULL; p++)
		assert_int_not_equal(p[2 + strspn(p + 2, "0123456789;")], 'm');
	screen_close(&s);
	unsetenv("NO_COLOR");
}

static void
errors_are_red_and_what_is_done_blue(void **state)
{
	struct screen s;

	(void)state;
	setenv("BUILDKIT_COLORS", "warning=1,2,3", 1);
	screen_open(&s, PROGRESS_TTY);
	screen_happen(&s, some, sizeof some / sizeof *some);
	ui_finish(s.ui);
	assert_non_null(strstr(screen_text(&s), "\033[31m => ERROR RUN make"));
	assert_non_null(strstr(screen_text(&s), "\033[34m => [internal] load"));
	assert_non_null(strstr(screen_text(&s), "\033[38;2;1;2;3m\n 1 warning found:"));
	screen_close(&s);
	unsetenv("BUILDKIT_COLORS");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_last_picture_stays, set_up),
		cmocka_unit_test_setup(pictures_replace_each_other, set_up),
		cmocka_unit_test_setup(no_picture_is_higher_than_the_window, set_up),
		cmocka_unit_test_setup(without_colours_there_are_no_colours, set_up),
		cmocka_unit_test_setup(errors_are_red_and_what_is_done_blue, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
