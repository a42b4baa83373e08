#include "tests/lib/ui_fixture.h"

#include "builder/ui/colours.h"
#include "builder/ui/picture.h"

static void
make(struct screen *s, int64_t ms, size_t height, struct buf *out)
{
	struct picture p = { 0 };

	pthread_mutex_lock(&s->ui->lock);
	s->ui->start_ns = s->start_ns;
	picture_make(&p, s->ui, s->start_ns + ms * 1000000, height);
	pthread_mutex_unlock(&s->ui->lock);
	for (size_t i = 0; i < p.rows.n; i++) {
		const struct picture_row *row = &p.rows.at[i];

		buf_add_str(out, row->left);
		if (row->is_transfer)
			buf_print(out, " %d/%d", (int)row->done, (int)row->total);
		if (row->time_ns >= 0)
			buf_print(out, " | %.1fs", (double)row->time_ns / 1e9);
		buf_print(out, " %c\n", "HPRECLN"[row->kind]);
	}
	picture_clear(&p);
}

static const struct happening some[] = {
	BEGIN(0, 1, "[internal] load"),
	STATUS(10, 1, "transferring:", 231, 0, true),
	DONE(100, 1),
	BEGIN(100, 2, "FROM alpine"),
	STATUS(100, 2, "sha256:1", 1000, 2000, false),
	BEGIN(200, 3, "RUN cached"),
	END(200, 3, OUTCOME_CACHED, NULL),
	BEGIN(300, 4, "RUN make"),
	LOG(400, 4, "1\n2\n3\n4\n5\n6\n\033[31m7\033[0m\n10%\r20%"),
	BEGIN(500, 5, "RUN false"),
	LOG(500, 5, "not shown any more\n"),
	END(600, 5, OUTCOME_FAILED, "x"),
	BEGIN(600, 6, "COPY"),
	END(700, 6, OUTCOME_CANCELLED, NULL),
};

static void
the_picture_shows_what_there_is_room_for(void **state)
{
	static const struct {
		size_t height;
		const char *want;
	} rows[] = {
		{ 40, "[+] Building 1.0s (4/6), 1 cached H\n"
		      " => [internal] load | 0.1s R\n"
		      " => => transferring: 231B | 0.0s R\n"
		      " => FROM alpine | 0.9s P\n"
		      " => => sha256:1 1000/2000 | 0.9s P\n"
		      " => CACHED RUN cached | 0.0s R\n"
		      " => RUN make | 0.7s P\n"
		      " => => # 3 L\n => => # 4 L\n => => # 5 L\n => => # 6 L\n"
		      " => => # 7 L\n => => # 20% L\n"
		      " => ERROR RUN false | 0.1s E\n"
		      " => CANCELED COPY | 0.1s C\n" },
		/* Details of what ended go first, */
		{ 14, "[+] Building 1.0s (4/6), 1 cached H\n"
		      " => [internal] load | 0.1s R\n"
		      " => FROM alpine | 0.9s P\n"
		      " => => sha256:1 1000/2000 | 0.9s P\n"
		      " => CACHED RUN cached | 0.0s R\n"
		      " => RUN make | 0.7s P\n"
		      " => => # 3 L\n => => # 4 L\n => => # 5 L\n => => # 6 L\n"
		      " => => # 7 L\n => => # 20% L\n"
		      " => ERROR RUN false | 0.1s E\n"
		      " => CANCELED COPY | 0.1s C\n" },
		/* then the oldest that ended, */
		{ 12, "[+] Building 1.0s (4/6), 1 cached H\n"
		      " => FROM alpine | 0.9s P\n"
		      " => => sha256:1 1000/2000 | 0.9s P\n"
		      " => RUN make | 0.7s P\n"
		      " => => # 3 L\n => => # 4 L\n => => # 5 L\n => => # 6 L\n"
		      " => => # 7 L\n => => # 20% L\n"
		      " => ERROR RUN false | 0.1s E\n"
		      " => CANCELED COPY | 0.1s C\n" },
		/* then logs, */
		{ 6, "[+] Building 1.0s (4/6), 1 cached H\n"
		     " => FROM alpine | 0.9s P\n"
		     " => => sha256:1 1000/2000 | 0.9s P\n"
		     " => RUN make | 0.7s P\n"
		     " => => # 7 L\n => => # 20% L\n" },
		{ 4, "[+] Building 1.0s (4/6), 1 cached H\n"
		     " => FROM alpine | 0.9s P\n"
		     " => => sha256:1 1000/2000 | 0.9s P\n"
		     " => RUN make | 0.7s P\n" },
		/* then details of what runs, then the oldest of that. */
		{ 3, "[+] Building 1.0s (4/6), 1 cached H\n"
		     " => FROM alpine | 0.9s P\n"
		     " => RUN make | 0.7s P\n" },
		{ 2, "[+] Building 1.0s (4/6), 1 cached H\n"
		     " => ... 2 more running N\n" },
		{ 1, "[+] Building 1.0s (4/6), 1 cached H\n" },
		/* The last one: everything but logs. */
		{ 0, "[+] Building 1.0s (4/6), 1 cached H\n"
		     " => [internal] load | 0.1s R\n"
		     " => => transferring: 231B | 0.0s R\n"
		     " => FROM alpine | 0.9s P\n"
		     " => => sha256:1 1000/2000 | 0.9s P\n"
		     " => CACHED RUN cached | 0.0s R\n"
		     " => RUN make | 0.7s P\n"
		     " => ERROR RUN false | 0.1s E\n"
		     " => CANCELED COPY | 0.1s C\n" },
	};
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_QUIET);
	screen_happen(&s, some, sizeof some / sizeof *some);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf got = BUF_INIT;

		make(&s, 1000, rows[i].height, &got);
		assert_string_equal(buf_str(&got), rows[i].want);
	}
	screen_close(&s);
}

static void
no_picture_is_higher_than_the_screen(void **state)
{
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_QUIET);
	for (int n = 1; n <= 40; n++) {
		struct happening step[] = { BEGIN(n, n, "step"),
			                    STATUS(n, n, "part", 1, 2, false),
			                    LOG(n, n, "1\n2\n3\n"), DONE(n, n) };

		screen_happen(&s, step, n % 3 == 0 ? 3 : 4);
		for (size_t height = 1; height < 60; height++) {
			auto_buf struct buf got = BUF_INIT;
			size_t rows = 0;

			make(&s, n, height, &got);
			for (size_t i = 0; i < got.n; i++)
				rows += got.p[i] == '\n';
			assert_true(rows >= 1 && rows <= height);
		}
	}
	screen_close(&s);
}

static void
the_end_is_told_when_nothing_runs_any_more(void **state)
{
	auto_buf struct buf got = BUF_INIT;
	struct happening happen[] = { BEGIN(0, 1, "a"), DONE(100, 1) };
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_QUIET);
	ui_name(s.ui, "Pulling");
	screen_happen(&s, happen, 2);
	ui_finish(s.ui);
	make(&s, 200, 0, &got);
	assert_string_equal(buf_str(&got),
	                    "[+] Pulling 0.2s (1/1) FINISHED R\n => a | 0.1s R\n");
	screen_close(&s);
}

/* All steps of the plan count, also those that will never begin. */
static void
announced_steps_count_before_they_begin(void **state)
{
	static const struct happening happen[] = {
		ANNOUNCE(1, "COPY a"),
		ANNOUNCE(2, "RUN b"),
		ANNOUNCE(3, "RUN c"),
		ANNOUNCE(4, "RUN c"),
		{ 0, EVENT_SAME, 4, NULL, 0, NULL, 0, 0, false },
		MISS(2, "a changed"),
		BEGIN(0, 1, "COPY a"),
		END(0, 1, OUTCOME_SKIPPED, NULL),
		BEGIN(0, 2, "RUN b"),
		MISS(3, ""),
	};
	auto_buf struct buf got = BUF_INIT;
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_QUIET);
	screen_happen(&s, happen, sizeof happen / sizeof *happen);
	make(&s, 200, 20, &got);
	assert_string_equal(buf_str(&got), "[+] Building 0.2s (1/3), 1 skipped H\n"
	                                   " => SKIPPED COPY a | 0.0s R\n"
	                                   " => RUN b | 0.2s P\n"
	                                   " => => MISS: a changed N\n");
	screen_happen(&s,
	              &(struct happening){ .kind = EVENT_END,
	                                   .vertex = 3,
	                                   .outcome = OUTCOME_CANCELLED },
	              1);
	buf_truncate(&got, 0);
	make(&s, 200, 2, &got);
	assert_string_equal(buf_str(&got), "[+] Building 0.2s (1/2), 1 skipped H\n"
	                                   " => RUN b | 0.2s P\n");
	screen_close(&s);
}

static void
steps_without_room_are_counted(void **state)
{
	struct screen s;

	(void)state;
	screen_open(&s, PROGRESS_QUIET);
	for (int i = 1; i <= 44; i++)
		screen_happen(&s, &(struct happening)BEGIN(0, i, "step"), 1);
	for (size_t height = 2; height <= 44; height++) {
		auto_buf struct buf got = BUF_INIT;
		auto_free char *want = mem_print(" => ... %zu more running N\n",
		                                 46 - height);

		make(&s, 0, height, &got);
		assert_non_null(strstr(buf_str(&got), want));
	}
	screen_close(&s);
}

static void
a_meter_is_as_wide_as_there_is_room(void **state)
{
	static const struct {
		uint64_t done, total;
		double rate;
		size_t room;
		bool utf8;
		const char *want;
	} rows[] = {
		{ 31200000, 68400000, 12.1e6, 99, true,
		  "━━━━━━━━━───────────   45%  31.2/68.4 MB  12.1 MB/s  4s" },
		{ 31200000, 68400000, 12.1e6, 48, false,
		  "[=====      ]   45%  31.2/68.4 MB  12.1 MB/s  4s" },
		{ 31200000, 68400000, 12.1e6, 35, false,
		  " 45%  31.2/68.4 MB  12.1 MB/s  4s" },
		{ 31200000, 68400000, 12.1e6, 30, false,
		  " 45%  31.2/68.4 MB  12.1 MB/s" },
		{ 31200000, 68400000, 12.1e6, 20, false, " 45%  31.2/68.4 MB" },
		{ 31200000, 68400000, 12.1e6, 17, false, "[====     ]   45%" },
		{ 31200000, 68400000, 12.1e6, 4, false, " 45%" },
		{ 31200000, 68400000, 12.1e6, 3, false, "" },
		{ 1500, 0, 999, 99, true, "1.5 kB  999 B/s" },
		{ 5, 10, 0, 99, false, "[==========          ]   50%  5/10 B" },
		{ 20, 10, 1, 40, false, "[================]  100%  20/10 B  1 B/s" },
		{ 0, UINT64_MAX, 1e3, 60, false,
		  "[                    ]    0%  0.0/18.4 EB  1.0 kB/s  99h59m" },
		{ 0, 60000, 1e3, 60, false,
		  "[                    ]    0%  0.0/60.0 kB  1.0 kB/s  1m01s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_buf struct buf got = BUF_INIT;
		size_t n = meter_add(&got, rows[i].done, rows[i].total, rows[i].rate,
		                     rows[i].room, rows[i].utf8);

		assert_string_equal(buf_str(&got), rows[i].want);
		assert_true(n <= rows[i].room);
	}
}

static void
a_pace_follows_the_last_seconds(void **state)
{
	struct pace p = { 0 };
	const int64_t s = INT64_C(1000000000);

	(void)state;
	assert_true(pace_rate(&p, s) == 0);
	pace_add(&p, 0, s);
	assert_true(pace_rate(&p, s) == 0);
	pace_add(&p, 500, s + s / 2);
	assert_true(pace_rate(&p, s + s / 2) == 1000);
	for (int i = 1; i <= 20; i++)
		pace_add(&p, 500 + (uint64_t)i * 100, (2 + i) * s);
	assert_true(pace_rate(&p, 22 * s) > 99 && pace_rate(&p, 22 * s) < 101);
	/* Nothing comes any more; a retry starts anew. */
	assert_true(pace_rate(&p, 26 * s) == 0);
	pace_add(&p, 0, 27 * s);
	pace_add(&p, 10, 28 * s);
	assert_true(pace_rate(&p, 28 * s) == 10);
}

static void
colours_are_set_by_name_or_number(void **state)
{
	static const struct {
		const char *setting, *run, *warning, *error, *cancel;
	} rows[] = {
		{ NULL, "34", "33", "31", "33" },
		{ "", "34", "33", "31", "33" },
		{ "run=green:warning=magenta", "32", "35", "31", "33" },
		{ "error=cyan:cancel=255,165,0", "34", "33", "36", "38;2;255;165;0" },
		{ "run=nosuch:error=256,0,0:cancel=1,2", "34", "33", "31", "33" },
		{ "run=1,2,3,4:other=red:run:=:warning=black", "34", "30", "31", "33" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct colours c;
		auto_free char *run = mem_print("\033[%sm", rows[i].run);
		auto_free char *warning = mem_print("\033[%sm", rows[i].warning);
		auto_free char *error = mem_print("\033[%sm", rows[i].error);
		auto_free char *cancel = mem_print("\033[%sm", rows[i].cancel);

		colours_init(&c, false, rows[i].setting);
		assert_string_equal(c.run, run);
		assert_string_equal(c.warning, warning);
		assert_string_equal(c.error, error);
		assert_string_equal(c.cancel, cancel);
		colours_init(&c, true, rows[i].setting);
		assert_string_equal(c.run, "");
		assert_string_equal(c.reset, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_picture_shows_what_there_is_room_for),
		cmocka_unit_test(no_picture_is_higher_than_the_screen),
		cmocka_unit_test(the_end_is_told_when_nothing_runs_any_more),
		cmocka_unit_test(announced_steps_count_before_they_begin),
		cmocka_unit_test(steps_without_room_are_counted),
		cmocka_unit_test(a_meter_is_as_wide_as_there_is_room),
		cmocka_unit_test(a_pace_follows_the_last_seconds),
		cmocka_unit_test(colours_are_set_by_name_or_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
