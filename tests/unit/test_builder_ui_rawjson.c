#include "tests/lib/ui_fixture.h"

#include "base/jsonio.h"

static const struct happening some[] = {
	BEGIN(0, 1, "RUN make"),
	LOG(10, 1, "caf\xe9 \n"),
	STATUS(20, 1, "sha256:1", 5, 10, false),
	STATUS(30, 1, "sha256:1", 10, 10, true),
	WARN(40, 1, "odd"),
	WARN(40, 0, "about nothing"),
	BEGIN(45, 2, "RUN make"),
	END(50, 1, OUTCOME_FAILED, "exit code: 1"),
	END(60, 2, OUTCOME_CACHED, NULL),
	BEGIN(70, 3, "late"),
	END(80, 3, OUTCOME_CANCELLED, NULL),
};

/* The I-th line's only object, in its list NAME. */
static json_t *
object_of(json_t *const *lines, size_t i, const char *name)
{
	json_t *list = json_object_get(lines[i], name);

	assert_int_equal(json_object_size(lines[i]), 1);
	assert_int_equal(json_array_size(list), 1);
	return json_array_get(list, 0);
}

static const char *
member(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static size_t
read_lines(struct screen *s, json_t **lines, size_t max)
{
	struct text rest = text_of(screen_text(s)), line;
	size_t n = 0;

	while (text_line(&rest, &line)) {
		auto_error struct error err = ERROR_INIT;

		assert_true(n < max);
		lines[n] = jsonio_parse(line, "line", &err);
		assert_non_null(lines[n]);
		n++;
	}
	return n;
}

static void
check_vertices(json_t *const *lines)
{
	json_t *begin = object_of(lines, 0, "vertexes"),
	       *end = object_of(lines, 7, "vertexes");

	assert_string_equal(member(begin, "name"), "RUN make");
	assert_memory_equal(member(begin, "digest"), "sha256:", 7);
	assert_non_null(member(begin, "started"));
	assert_null(member(begin, "completed"));
	assert_null(json_object_get(begin, "cached"));
	assert_string_equal(member(end, "digest"), member(begin, "digest"));
	assert_string_equal(member(end, "started"), member(begin, "started"));
	assert_string_equal(member(end, "error"), "exit code: 1");
	assert_non_null(member(end, "completed"));
	/* The same name again is another vertex. */
	assert_string_not_equal(member(object_of(lines, 6, "vertexes"), "digest"),
	                        member(begin, "digest"));
	assert_true(
	        json_is_true(json_object_get(object_of(lines, 8, "vertexes"), "cached")));
	assert_non_null(member(object_of(lines, 10, "vertexes"), "error"));
}

static void
check_details(json_t *const *lines)
{
	const char *vertex = member(object_of(lines, 0, "vertexes"), "digest");
	json_t *log = object_of(lines, 1, "logs");
	json_t *status = object_of(lines, 2, "statuses"),
	       *last = object_of(lines, 3, "statuses");
	json_t *warning = object_of(lines, 4, "warnings");

	assert_string_equal(member(log, "vertex"), vertex);
	assert_string_equal(member(log, "data"), "Y2Fm6SAK");
	assert_int_equal(json_integer_value(json_object_get(log, "stream")), 1);
	assert_string_equal(member(status, "vertex"), vertex);
	assert_string_equal(member(status, "id"), "sha256:1");
	assert_int_equal(json_integer_value(json_object_get(status, "current")), 5);
	assert_int_equal(json_integer_value(json_object_get(status, "total")), 10);
	assert_null(member(status, "completed"));
	assert_string_equal(member(last, "started"), member(status, "started"));
	assert_non_null(member(last, "completed"));
	assert_string_equal(member(warning, "vertex"), vertex);
	assert_string_equal(member(warning, "short"), "b2Rk");
	assert_null(member(object_of(lines, 5, "warnings"), "vertex"));
}

static void
every_event_is_one_object_on_one_line(void **state)
{
	json_t *lines[20] = { NULL };
	struct screen s;
	size_t n = 0;

	(void)state;
	screen_open(&s, PROGRESS_RAWJSON);
	screen_happen(&s, some, sizeof some / sizeof *some);
	ui_finish(s.ui);
	n = read_lines(&s, lines, 20);
	assert_int_equal(n, sizeof some / sizeof *some);
	check_vertices(lines);
	check_details(lines);
	for (size_t i = 0; i < n; i++)
		json_decref(lines[i]);
	screen_close(&s);
}

static void
the_names_of_progress_are_known(void **state)
{
	static const struct {
		const char *name;
		bool known;
		enum progress progress;
	} rows[] = {
		{ "auto", true, PROGRESS_AUTO },  { "plain", true, PROGRESS_PLAIN },
		{ "tty", true, PROGRESS_TTY },    { "quiet", true, PROGRESS_QUIET },
		{ "none", true, PROGRESS_QUIET }, { "rawjson", true, PROGRESS_RAWJSON },
		{ "", false, PROGRESS_AUTO },     { "Plain", false, PROGRESS_AUTO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum progress got = PROGRESS_AUTO;

		assert_int_equal(progress_parse(text_of(rows[i].name), &got),
		                 rows[i].known);
		assert_int_equal(got, rows[i].progress);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_is_one_object_on_one_line),
		cmocka_unit_test(the_names_of_progress_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
