#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/base.h"
#include "base/event.h"
#include "base/file.h"
#include "builder/cli/report.h"

static struct {
	int saved, file;
} stderr_fds;

static void
catch_stderr(void)
{
	fflush(stderr);
	stderr_fds.saved = dup(STDERR_FILENO);
	stderr_fds.file = memfd_create("stderr", MFD_CLOEXEC);
	dup2(stderr_fds.file, STDERR_FILENO);
}

static char *
caught_stderr(void)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;

	fflush(stderr);
	dup2(stderr_fds.saved, STDERR_FILENO);
	close(stderr_fds.saved);
	lseek(stderr_fds.file, 0, SEEK_SET);
	assert_int_equal(file_read_fd(stderr_fds.file, 100000, &text, &err), 1);
	close(stderr_fds.file);
	return buf_take(&text);
}

static void
every_class_of_error_has_its_status(void **state)
{
	static const struct {
		enum error_code code;
		int status;
	} rows[] = {
		{ ERR_NONE, 0 },       { ERR_INTERNAL, 1 },     { ERR_USAGE, 2 },
		{ ERR_DOCKERFILE, 3 }, { ERR_SOURCE, 4 },       { ERR_RUN, 5 },
		{ ERR_NETWORK, 6 },    { ERR_AUTH, 7 },         { ERR_POLICY, 8 },
		{ ERR_DAMAGED, 9 },    { ERR_ENVIRONMENT, 10 }, { ERR_CANCELLED, 130 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(report_status(rows[i].code), rows[i].status);
}

static void
an_error_is_told_with_its_hint(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *said = NULL;

	(void)state;
	error_set(&err, ERR_USAGE, "unknown option --taag");
	error_hint(&err, "did you mean --tag?");
	catch_stderr();
	assert_int_equal(report_error(&err, NULL, (struct text){ 0 }), 2);
	said = caught_stderr();
	assert_string_equal(said,
	                    "ERROR: unknown option --taag\nhint: did you mean --tag?\n");
}

static void
foreign_text_is_shown_and_not_obeyed(void **state)
{
	auto_error struct error err = ERROR_INIT, other = ERROR_INIT;
	auto_free char *said = NULL, *longer = NULL;
	struct text whole;

	(void)state;
	error_set(&err, ERR_SOURCE, "%s: not there", "\033[2Jevil\nERROR: all is well\r");
	error_set(&other, ERR_SOURCE, "unknown %s", "\033]0;x\007");
	error_also(&err, &other);
	error_hint(&err, "did you mean %s?",
	           "\xc2\x9b"
	           "31m\xe2\x80\xae");
	catch_stderr();
	report_error(&err, NULL, (struct text){ 0 });
	said = caught_stderr();
	assert_string_equal(said, "also wrong:\nline 0: unknown \\x1b]0;x\\x07\n"
	                          "ERROR: \\x1b[2Jevil\n  ERROR: all is well\\x0d: not "
	                          "there\nhint: did you mean \\u009b31m\\u202e?\n");
	longer = mem_new(100001);
	memset(longer, 'y', 100000);
	error_set(&err, ERR_USAGE, "%s: too long", longer);
	catch_stderr();
	report_error(&err, NULL, (struct text){ 0 });
	free(said);
	said = caught_stderr();
	whole = text_of(said);
	assert_true(whole.n < 5000);
	assert_true(text_ends(whole, "yyy: too long\n"));
}

static void
a_failed_step_is_told_with_its_log_and_place(void **state)
{
	static const char source[] = "FROM scratch\nRUN false\n";
	auto_error struct error err = ERROR_INIT;
	auto_free char *said = NULL;
	struct ui *ui = ui_new(PROGRESS_QUIET, stderr);
	int vertex = event_begin("[1/1] RUN false");

	(void)state;
	event_log(vertex, 2, "went wrong\n", 11);
	event_end(vertex, OUTCOME_FAILED, "x");
	error_set(&err, ERR_RUN,
	          "process \"x\" did not complete successfully: exit code: 1");
	error_at(&err, (struct place){ 2, 2, 0 });
	err.file = mem_copy("Dockerfile");
	ui_finish(ui);
	catch_stderr();
	assert_int_equal(report_error(&err, ui, text_of(source)), 5);
	said = caught_stderr();
	memcpy(strstr(said, "went wrong") - 6, "0.000", 5);
	assert_string_equal(
	        said,
	        "------\n > [1/1] RUN false:\n0.000 went wrong\n------\n"
	        "Dockerfile:2\n--------------------\n   1 |     FROM scratch\n"
	        "   2 | >>> RUN false\n   3 |     \n--------------------\n"
	        "ERROR: process \"x\" did not complete successfully: exit code: 1\n");
	ui_free(ui);
}

static void
of_an_interrupt_nothing_else_is_told(void **state)
{
	auto_error struct error err = ERROR_INIT;
	auto_free char *said = NULL;
	struct ui *ui = ui_new(PROGRESS_QUIET, stderr);
	int vertex = event_begin("[1/1] RUN sleep");

	(void)state;
	event_log(vertex, 1, "zzz\n", 4);
	event_end(vertex, OUTCOME_FAILED, "cancelled");
	error_set(&err, ERR_CANCELLED, "cancelled");
	error_wrap(&err, "step 1");
	error_at(&err, (struct place){ 1, 1, 0 });
	err.file = mem_copy("Dockerfile");
	catch_stderr();
	assert_int_equal(report_error(&err, ui, TEXT("FROM scratch\n")), 130);
	said = caught_stderr();
	assert_string_equal(said, "ERROR: cancelled\n");
	ui_free(ui);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_of_error_has_its_status),
		cmocka_unit_test(an_error_is_told_with_its_hint),
		cmocka_unit_test(foreign_text_is_shown_and_not_obeyed),
		cmocka_unit_test(a_failed_step_is_told_with_its_log_and_place),
		cmocka_unit_test(of_an_interrupt_nothing_else_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
