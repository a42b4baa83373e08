#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/own.h"

/* One line per event, as seen by the sink. */
static struct buf seen;
static int64_t last_time;

static void
note(void *arg, const struct event *e)
{
	static const char *const kinds[] = {
		[EVENT_ANNOUNCE] = "announce", [EVENT_SAME] = "same",
		[EVENT_BEGIN] = "begin",       [EVENT_LOG] = "log",
		[EVENT_STATUS] = "status",     [EVENT_END] = "end",
		[EVENT_WARNING] = "warning",   [EVENT_DEBUG] = "debug",
		[EVENT_MISS] = "miss",         [EVENT_LAYER] = "layer",
	};

	(void)arg;
	assert_true(e->time_ns >= last_time);
	last_time = e->time_ns;
	buf_print(&seen, "%s", kinds[e->kind]);
	if (e->kind == EVENT_LOG)
		buf_print(&seen, "%d", e->stream);
	if (e->kind == EVENT_END)
		buf_print(&seen, "%d", (int)e->outcome);
	if (e->name.n > 0)
		buf_print(&seen, " [%.*s]", (int)e->name.n, e->name.p);
	if (e->step != NULL)
		buf_print(&seen, " %s %.*s %zu", e->step->kind, (int)e->step->command.n,
		          e->step->command.p, e->step->n_inputs);
	if (e->kind == EVENT_STATUS || e->kind == EVENT_LAYER)
		buf_print(&seen, " %d/%d%s", (int)e->done, (int)e->total,
		          e->ended ? " ended" : "");
	buf_print(&seen, " <%.*s>\n", (int)e->text.n, e->text.p == NULL ? "" : e->text.p);
}

static void
expect(const char *want)
{
	assert_string_equal(buf_str(&seen), want);
	buf_truncate(&seen, 0);
}

static void
log_text(int vertex, int stream, const char *text)
{
	event_log(vertex, stream, text, strlen(text));
}

static void
events_reach_the_sink_as_they_are(void **state)
{
	int a = event_begin("one"), b = event_begin("two");

	(void)state;
	assert_true(a >= 1 && b == a + 1);
	log_text(a, 1, "out");
	log_text(b, 2, "err");
	event_log(a, 1, "", 0);
	event_status(b, "sha256:1", 5, 10, false);
	event_status(b, "sha256:1", 10, 10, true);
	event_warn(0, "careful: %d", 7);
	event_miss(a, "x changed");
	event_end(a, OUTCOME_DONE, NULL);
	event_end(b, OUTCOME_FAILED, "because");
	expect("begin <one>\nbegin <two>\nlog1 <out>\nlog2 <err>\n"
	       "status [sha256:1] 5/10 <>\nstatus [sha256:1] 10/10 ended <>\n"
	       "warning <careful: 7>\nmiss <x changed>\nend0 <>\nend2 <because>\n");
}

static void
steps_are_announced_before_they_begin(void **state)
{
	const int inputs[] = { 3, 4 };
	const struct event_step run = { .kind = "run",
		                        .command = TEXT("RUN make"),
		                        .inputs = inputs,
		                        .n_inputs = 2 };
	int a = event_announce("one", &run), b = event_announce("two", NULL);

	(void)state;
	assert_int_equal(b, a + 1);
	event_same(b, a);
	event_miss(a, "");
	event_start(a, "one");
	event_layer(a, "sha256:1", 100, 3);
	event_layer(a, NULL, 0, 0);
	event_end(a, OUTCOME_DONE, NULL);
	expect("announce run RUN make 2 <one>\nannounce <two>\nsame <>\nmiss <>\n"
	       "begin <one>\nlayer 3/100 <sha256:1>\nlayer 0/0 <>\nend0 <>\n");
}

static void
an_error_becomes_a_warning_and_is_cleared(void **state)
{
	auto_error struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, ERR_NETWORK, "no route");
	event_warn_error(0, &err, "cache of %s", "x");
	assert_null(err.text);
	assert_int_equal(err.code, ERR_NONE);
	expect("warning <cache of x: no route>\n");
}

static void
debug_areas_are_switched_on_by_name(void **state)
{
	(void)state;
	event_debug("keys", "dropped");
	event_set_debug("keys, http");
	assert_true(event_debugs("keys"));
	assert_true(event_debugs("http"));
	assert_false(event_debugs("key"));
	assert_false(event_debugs(""));
	event_debug("http", "GET %s", "/v2/");
	event_debug("sandbox", "dropped");
	expect("debug [http] <GET /v2/>\n");
	event_set_debug(NULL);
	assert_false(event_debugs("keys"));
}

static void
secrets_are_masked_in_all_texts(void **state)
{
	auto_error struct error err = ERROR_INIT;
	const struct event_step step = { .kind = "run", .command = TEXT("RUN hunter2!") };
	int v;

	(void)state;
	event_add_secret(TEXT("hunter2!"));
	event_add_secret(TEXT("abc")); /* too short */
	event_announce("RUN hunter2!", &step);
	expect("announce run RUN *** 0 <RUN ***>\n");
	v = event_begin("RUN login hunter2!");
	event_status(v, "hunter2!", 1, 2, false);
	event_warn(v, "hunter2!hunter2! and hunter2");
	error_set(&err, ERR_RUN, "hunter2! abc");
	event_warn_error(v, &err, "x");
	event_end(v, OUTCOME_FAILED, "exit: hunter2!.");
	expect("begin <RUN login ***>\nstatus [***] 1/2 <>\n"
	       "warning <****** and hunter2>\nwarning <x: *** abc>\nend2 <exit: ***.>\n");
}

static void
a_secret_cut_across_log_events_is_masked(void **state)
{
	int v = event_begin("v");

	(void)state;
	expect("begin <v>\n");
	log_text(v, 1, "a hunt");
	expect("log1 <a >\n");
	log_text(v, 2, "er2!");
	expect("log2 <er2!>\n");
	log_text(v, 1, "er2");
	expect("");
	log_text(v, 1, "! b");
	expect("log1 <*** b>\n");
	log_text(v, 1, "hunt hunting hun");
	expect("log1 <hunt hunting >\n");
	log_text(v, 1, "ter2?");
	expect("log1 <hunter2?>\n");
	for (const char *p = "xhunter2!y"; *p != '\0'; p++)
		event_log(v, 1, p, 1);
	expect("log1 <x>\nlog1 <***>\nlog1 <y>\n");
	log_text(v, 1, "hunter2");
	log_text(v, 2, "h");
	expect("");
	event_end(v, OUTCOME_DONE, NULL);
	expect("log1 <hunter2>\nlog2 <h>\nend0 <>\n");
}

static void
overlapping_secrets_leave_nothing_behind(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "abcdefgh", "***" }, /* abcdef and efgh */
		{ "-abcdefgh-", "-***-" },
		{ "abcdefabcdef", "******" },
		{ "abcdabcdef", "abcd***" },
		{ "abcdefefgh", "******" },
		{ "xyxyxyxyz", "***z" }, /* xyxy, three times, overlapping */
		{ "efg", "efg" },
		{ "longer secret", "***" }, /* and its part "longer" */
		{ "longer secre", "*** secre" },
		{ "longer", "***" },
	};

	(void)state;
	event_add_secret(TEXT("abcdef"));
	event_add_secret(TEXT("efgh"));
	event_add_secret(TEXT("xyxy"));
	event_add_secret(TEXT("longer"));
	event_add_secret(TEXT("longer secret"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i].in);

		/* In two pieces, cut anywhere. */
		for (size_t cut = 0; cut <= n; cut++) {
			auto_buf struct buf all = BUF_INIT;
			struct text rest, line;
			int v = event_begin("v");

			buf_truncate(&seen, 0);
			event_log(v, 1, rows[i].in, cut);
			event_log(v, 1, rows[i].in + cut, n - cut);
			event_end(v, OUTCOME_DONE, NULL);
			rest = buf_text(&seen);
			while (text_line(&rest, &line))
				if (text_starts(line, "log1 <"))
					buf_add_text(
					        &all,
					        text_from(text_first(line, line.n - 1),
					                  6));
			if (strcmp(buf_str(&all), rows[i].out) != 0)
				fail_msg("%s cut at %zu gives %s", rows[i].in, cut,
				         buf_str(&all));
		}
	}
	buf_truncate(&seen, 0);
}

static void *
emit_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < 200; i++) {
		int v = event_begin("thread");

		log_text(v, 1, "text hunt");
		log_text(v, 1, "er2! more.");
		event_warn(v, "%d", v);
		event_end(v, OUTCOME_CACHED, NULL);
	}
	return NULL;
}

static size_t n_seen;

static void
count(void *arg, const struct event *e)
{
	(void)arg;
	(void)e;
	n_seen++;
}

static void
count_own(void *arg, const struct event *e)
{
	(void)e;
	++*(int *)arg;
}

static void
several_sinks_get_all_events(void **state)
{
	int n[EVENT_SINKS_MAX] = { 0 };

	(void)state;
	event_set_sink(count, NULL);
	n_seen = 0;
	for (int i = 0; i < EVENT_SINKS_MAX; i++)
		event_add_sink(count_own, &n[i]);
	event_warn(0, "x");
	assert_int_equal(n_seen, 1);
	assert_int_equal(n[0] + n[1] + n[2], 3);
	/* One too many. */
	assert_int_equal(n[3], 0);
	event_remove_sink(count_own, &n[1]);
	event_remove_sink(count_own, &n[1]);
	event_set_sink(NULL, NULL);
	event_warn(0, "x");
	assert_int_equal(n_seen, 1);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 1);
	assert_int_equal(n[2], 2);
	event_remove_sink(count_own, &n[0]);
	event_remove_sink(count_own, &n[2]);
	n_seen = 0;
}

static void
threads_emit_side_by_side(void **state)
{
	pthread_t threads[4];

	(void)state;
	event_set_sink(count, NULL);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, emit_many, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(n_seen, 4 * 200 * 5);
	event_set_sink(NULL, NULL);
	assert_true(event_begin("nobody listens") > 800);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_reach_the_sink_as_they_are),
		cmocka_unit_test(steps_are_announced_before_they_begin),
		cmocka_unit_test(an_error_becomes_a_warning_and_is_cleared),
		cmocka_unit_test(debug_areas_are_switched_on_by_name),
		cmocka_unit_test(secrets_are_masked_in_all_texts),
		cmocka_unit_test(a_secret_cut_across_log_events_is_masked),
		cmocka_unit_test(overlapping_secrets_leave_nothing_behind),
		cmocka_unit_test(several_sinks_get_all_events),
		cmocka_unit_test(threads_emit_side_by_side),
	};

	event_set_sink(note, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
