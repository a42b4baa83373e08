#include "builder/machine/doctor_advice.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "builder/machine/machine.h"
#include "builder/sandbox/sandbox.h"

static void
every_row_says_what_was_seen(void **state)
{
	char scratch[] = "/tmp/cooper-doctor-XXXXXX";
	auto_error struct error err = ERROR_INIT;
	struct doctor d = { 0 };
	auto_fd int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(scratch));
	fd = file_open_dir(AT_FDCWD, scratch, &err);
	assert_int_equal(doctor_run(fd, ISOLATION_AUTO, &d, &err), 0);
	assert_true(d.n > 5);
	for (size_t i = 0; i < d.n; i++) {
		assert_true(*d.rows[i].detail != '\0');
		/* What is missing has a remedy, what works has none. */
		assert_true(d.rows[i].ok == (d.rows[i].remedy == NULL));
	}
	/* It leaves nothing behind. */
	assert_int_equal(rmdir(scratch), 0);
	doctor_clear(&d);
}

static void
the_report_is_a_table_and_json(void **state)
{
	struct doctor_row rows[] = { { "one", true, (char *)"works", NULL },
		                     { "two", false, (char *)"refused", "a setting" } };
	struct doctor d = { .rows = rows, .n = 2, .engine = "ns" };
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = doctor_print(&d, false), *json = doctor_print(&d, true);
	auto_json json_t *parsed = jsonio_parse(text_of(json), "doctor", &err);

	(void)state;
	assert_non_null(strstr(text, "ok  one"));
	assert_non_null(strstr(text, "no  two"));
	assert_non_null(strstr(text, "helps: a setting"));
	assert_string_equal(json_string_value(json_object_get(parsed, "engine")), "ns");
	assert_int_equal(json_array_size(json_object_get(parsed, "rows")), 2);
}

/* What helps depends on where it failed. */
static void
advice_fits_the_place(void **state)
{
	static const struct {
		struct doctor_scene scene;
		enum doctor_subject subject;
		int sys;
		const char *says; /* part of it */
	} rows[] = {
		{ { 0 }, DOCTOR_USER, ENOSPC, "user.max_user_namespaces" },
		{ { .hides_users = true },
		  DOCTOR_USER,
		  EPERM,
		  "unprivileged_userns_clone=1" },
		{ { .is_contained = true, .is_filtered = true },
		  DOCTOR_USER,
		  EPERM,
		  "seccompProfile" },
		{ { .is_filtered = true, .failed[DOCTOR_USER] = true },
		  DOCTOR_MOUNTS,
		  EPERM,
		  "as for the user namespace" },
		{ { .guards_users = true }, DOCTOR_MOUNTS, EACCES, "apparmor_restrict" },
		{ { .is_filtered = true }, DOCTOR_MOUNTS, EACCES, "appArmorProfile" },
		{ { .is_filtered = true }, DOCTOR_MOUNTS, EPERM, "seccompProfile" },
		{ { 0 }, DOCTOR_RANGES, ENOENT, "/etc/subuid" },
		{ { .is_contained = true }, DOCTOR_RANGES, ENOENT, "runAsUser: 0" },
		{ { .is_contained = true }, DOCTOR_RANGES, EPERM, "setcap cap_setuid" },
		{ { .no_new_privs = true },
		  DOCTOR_RANGES,
		  EACCES,
		  "without no_new_privs" },
		{ { .no_new_privs = true, .is_contained = true },
		  DOCTOR_RANGES,
		  EACCES,
		  "allowPrivilegeEscalation" },
		{ { .failed[DOCTOR_USER] = true },
		  DOCTOR_RANGES,
		  EPERM,
		  "as for the user namespace" },
		{ { 0 }, DOCTOR_OVERLAY, EINVAL, "since Linux 6.6, tmpfs" },
		{ { 0 }, DOCTOR_OVERLAY, EINVAL, "--root" },
		{ { .is_contained = true }, DOCTOR_PROC, EPERM, "procMount" },
		{ { 0 }, DOCTOR_LANDLOCK, EOPNOTSUPP, "lsm=landlock" },
		{ { 0 }, DOCTOR_LANDLOCK, ENOSYS, "Linux 5.19" },
		{ { .has_cgroups = true }, DOCTOR_LIMITS, EACCES, "systemd-run --user" },
		{ { .has_cgroups = true, .is_root = true },
		  DOCTOR_LIMITS,
		  EACCES,
		  "systemd-run --scope" },
		{ { .is_contained = true }, DOCTOR_LIMITS, EACCES, "for the container" },
		{ { 0 }, DOCTOR_EMULATOR, ENOENT, "qemu-user-static" },
		{ { 0 }, DOCTOR_EMULATOR, EPERM, "Linux 6.7" },
		{ { .is_contained = true, .failed[DOCTOR_USER] = true },
		  DOCTOR_RUN,
		  EPERM,
		  "runAsUser: 0" },
		{ { .failed[DOCTOR_USER] = true },
		  DOCTOR_RUN,
		  EPERM,
		  "as for the user namespace" },
		{ { .failed[DOCTOR_USER] = true, .failed[DOCTOR_TRACING] = true },
		  DOCTOR_RUN,
		  EPERM,
		  "engine \"trap\" needs" },
		{ { .is_root = true }, DOCTOR_RUN, EPERM, "--isolation=auto" },
		{ { .guards_traces = true }, DOCTOR_TRACING, EPERM, "ptrace_scope=1" },
		{ { .is_filtered = true }, DOCTOR_TRACING, EPERM, "allows ptrace" },
		{ { 0 }, DOCTOR_NOTIFICATION, ENOSYS, "gVisor" },
		{ { .is_filtered = true, .failed[DOCTOR_USER] = true },
		  DOCTOR_FASTER,
		  0,
		  "seccompProfile" },
		{ { .is_filtered = true }, DOCTOR_FASTER, 0, "allows chroot" },
		{ { 0 }, DOCTOR_FASTER, 0, "--isolation=auto" },
		{ { 0 }, DOCTOR_FILTER, ENOSYS, "CONFIG_SECCOMP_FILTER" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *advice = doctor_advice(rows[i].subject, &rows[i].scene,
		                                   rows[i].sys);

		if (strstr(advice, rows[i].says) == NULL)
			fail_msg("row %zu: \"%s\" lacks \"%s\"", i, advice, rows[i].says);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_says_what_was_seen),
		cmocka_unit_test(the_report_is_a_table_and_json),
		cmocka_unit_test(advice_fits_the_place)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
