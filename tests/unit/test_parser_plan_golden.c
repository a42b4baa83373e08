/*
 * Whole plans: testdata/plan/NAME.Dockerfile and what is made of it, NAME.json. A
 * line "# plan: WORDS" of the Dockerfile gives options, see plan_fixture.h.
 *
 *	COOPER_GOLDEN=write out/release/unit/test_parser_plan_golden
 *
 * writes the JSON files anew; look at their difference before it is committed.
 */
#include <fcntl.h>
#include <glob.h>

#include "base/file.h"
#include "parser/plan.h"
#include "tests/lib/plan_fixture.h"

#define OPTIONS         "# plan: "
#define GOLDEN_SIZE_MAX ((size_t)1 << 20)

static void
read_file(const char *path, struct buf *out)
{
	auto_error struct error err = ERROR_INIT;

	if (file_read(AT_FDCWD, path, GOLDEN_SIZE_MAX, out, &err) != 1)
		fail_msg("%s: %s", path, err.text == NULL ? "not there" : err.text);
}

/* The words of the first line that has options. Caller frees. */
static char *
options_of(struct text dockerfile)
{
	struct text line;

	while (text_line(&dockerfile, &line))
		if (text_starts(line, OPTIONS))
			return text_copy(text_from(line, strlen(OPTIONS)));
	return mem_copy("");
}

static char *
plan_json(struct text dockerfile)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *options = options_of(dockerfile);
	auto_buf struct buf out = BUF_INIT;
	auto_free char *json = NULL;
	struct plan_fixture f;
	struct plan *plan;

	plan_fixture_begin(&f, options);
	plan = plan_fixture_make(&f, dockerfile, &err);
	if (err.code != ERR_NONE)
		fail_msg("%s", err.text);
	json = plan_print_json(plan);
	buf_print(&out, "%s\n", json);
	plan_free(plan);
	plan_fixture_end(&f);
	return buf_take(&out);
}

static void
write_golden(const char *path, const char *json)
{
	auto_error struct error err = ERROR_INIT;

	assert_int_equal(file_replace(AT_FDCWD, path, json, strlen(json), 0644, &err), 0);
}

/* Shows the first line that differs. */
static bool
is_same(const char *path, const char *got, const char *want)
{
	struct text a = text_of(got), b = text_of(want), line_a, line_b;

	for (int n = 1;; n++) {
		bool more_a = text_line(&a, &line_a), more_b = text_line(&b, &line_b);

		if (!more_a && !more_b)
			return true;
		if (more_a && more_b && text_equal(line_a, line_b))
			continue;
		print_error("%s:%d\n  got  %.*s\n  want %.*s\n", path, n,
		            more_a ? (int)line_a.n : 0, line_a.p,
		            more_b ? (int)line_b.n : 0, line_b.p);
		return false;
	}
}

static bool
check_golden(const char *path)
{
	auto_buf struct buf dockerfile = BUF_INIT, want = BUF_INIT;
	auto_free char *json_path = NULL, *json = NULL;
	const char *mode = getenv("COOPER_GOLDEN");

	json_path = mem_print("%.*s.json", (int)(strlen(path) - strlen(".Dockerfile")),
	                      path);
	read_file(path, &dockerfile);
	json = plan_json(buf_text(&dockerfile));
	if (mode != NULL && strcmp(mode, "write") == 0)
		write_golden(json_path, json);
	read_file(json_path, &want);
	return is_same(json_path, json, buf_str(&want));
}

static void
plans_are_as_they_were_looked_at(void **state)
{
	size_t wrong = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob("testdata/plan/*.Dockerfile", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		wrong += !check_golden(found.gl_pathv[i]);
	globfree(&found);
	assert_int_equal(wrong, 0);
}

/* The picture is made of the same plan: each step and each input is in it. */
static void
a_plan_can_be_drawn(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *dot = NULL;
	struct plan_fixture f;
	struct plan *plan;

	(void)state;
	plan_fixture_begin(&f, NULL);
	plan = plan_fixture_make(
	        &f, TEXT("FROM scratch AS a\nRUN \"x\nFROM scratch\nCOPY --from=a / /\n"),
	        &err);
	dot = plan_print_dot(plan);
	assert_string_equal(dot, "digraph plan {\n"
	                         "\ts0 [shape=box, label=\"scratch\"];\n"
	                         "\ts1 [shape=box, label=\"[a 1/1] RUN \\\"x\"];\n"
	                         "\ts0 -> s1;\n"
	                         "\ts2 [shape=box, label=\"[stage-1 1/1] COPY --from=a / "
	                         "/\"];\n"
	                         "\ts0 -> s2;\n"
	                         "\ts1 -> s2 [style=dashed];\n"
	                         "}\n");
	plan_free(plan);
	plan_fixture_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_are_as_they_were_looked_at),
		cmocka_unit_test(a_plan_can_be_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
