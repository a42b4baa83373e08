#include "builder/sandbox/failure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "builder/sandbox/recipe_draft.h"

struct row {
	enum recipe_stage stage;
	int sys;
	const char *text;
	enum error_code code;
	const char *told;
	const char *hint; /* a part of it, NULL: there is none */
};

static void
every_failure_has_the_words_that_users_know(void **state)
{
	static const struct row rows[] = {
		{ STAGE_LOOKUP, 0, "nope", ERR_RUN,
		  "exec: \"nope\": executable file not found in $PATH", NULL },
		{ STAGE_LOOKUP, ENOENT, "/bin/nope", ERR_RUN,
		  "exec: \"/bin/nope\": stat /bin/nope: no such file or directory",
		  NULL },
		{ STAGE_LOOKUP, EACCES, "/etc/passwd", ERR_RUN,
		  "exec: \"/etc/passwd\": permission denied", NULL },
		{ STAGE_LOOKUP, EISDIR, "/etc", ERR_RUN, "exec: \"/etc\": is a directory",
		  NULL },
		{ STAGE_EXEC, ENOENT, "/bin/app", ERR_RUN,
		  "exec /bin/app: no such file or directory", "interpreter" },
		{ STAGE_EXEC, ENOEXEC, "/bin/app", ERR_RUN,
		  "exec /bin/app: exec format error", "architecture" },
		{ STAGE_IDS, EINVAL, "setuid", ERR_ENVIRONMENT,
		  "run as user 33:44: setuid: invalid argument", "/etc/subuid" },
		{ STAGE_MOUNT, ENOTDIR, "", ERR_SOURCE,
		  "mount on /target: not a directory", NULL },
		{ STAGE_MOUNT, EINVAL, "e tmpfs: odd", ERR_ENVIRONMENT,
		  "mount on /target: invalid argument (e tmpfs: odd)", NULL },
		{ STAGE_ROOT, EINVAL, "", ERR_ENVIRONMENT,
		  "mount the layers: invalid argument", "--root" },
		{ STAGE_ROOT, E2BIG, "", ERR_ENVIRONMENT,
		  "mount the layers: argument list too long", "too many layers" },
		{ STAGE_SOURCE, ENOENT, "lib/x", ERR_SOURCE, "\"lib/x\": not found",
		  NULL },
		{ STAGE_CWD, ENOTDIR, "/etc/passwd", ERR_RUN,
		  "make the working directory: /etc/passwd: not a directory", NULL },
		{ STAGE_CWD, EACCES, "/d", ERR_ENVIRONMENT,
		  "make the working directory: /d: permission denied", NULL },
		{ STAGE_PIVOT, EPERM, "", ERR_ENVIRONMENT,
		  "change the root: operation not permitted", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		auto_recipe_draft struct recipe_draft d = { 0 };
		auto_error struct error err = ERROR_INIT;
		auto_fd int fd = -1;
		struct recipe *recipe = NULL;

		d.head.uid = 33;
		d.head.gid = 44;
		recipe_add_op(&d, OP_TMPFS, "/target");
		recipe = recipe_seal(&d, &fd, &err);
		assert_non_null(recipe);
		recipe_fail(recipe, rows[i].stage, rows[i].sys, rows[i].text);
		assert_int_equal(failure_tell(recipe, &err), -1);
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(err.text, rows[i].told);
		assert_int_equal(err.sys, rows[i].sys);
		if (rows[i].hint == NULL)
			assert_null(err.hint);
		else
			assert_non_null(strstr(err.hint, rows[i].hint));
		recipe_unmap(recipe);
	}
}

/* The memory was within reach of a process in the sandbox. */
static void
a_report_out_of_range_is_told_nevertheless(void **state)
{
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_fd int fd = -1;
	struct recipe *recipe = recipe_seal(&d, &fd, &err);

	(void)state;
	assert_non_null(recipe);
	recipe_report(recipe)->stage = 12345;
	recipe_report(recipe)->sys = 99999;
	recipe_report(recipe)->op = UINT32_MAX;
	memset(recipe_report(recipe)->text, 'x', RECIPE_TEXT_MAX);
	assert_int_equal(failure_tell(recipe, &err), -1);
	assert_non_null(strstr(err.text, "error 99999"));
	error_clear(&err);
	recipe_report(recipe)->stage = STAGE_MOUNT;
	assert_int_equal(failure_tell(recipe, &err), -1);
	recipe_unmap(recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_has_the_words_that_users_know),
		cmocka_unit_test(a_report_out_of_range_is_told_nevertheless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
