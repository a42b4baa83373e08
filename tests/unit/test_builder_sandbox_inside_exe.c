/* No step gets at the file of the program that runs it. */
#include "tests/lib/sandbox_fixture.h"

#include "builder/sandbox/inside/exe.h"

static void
make_script(struct box *b, const char *name, const char *content)
{
	auto_fd int base_fd = openat(b->dir_fd, "base", O_RDONLY | O_DIRECTORY);

	assert_int_equal(box_file(base_fd, name, 0755, content), 0);
}

static void
the_program_before_a_step_cannot_be_executed(void **state)
{
	static const char *const programs[] = {
		"/proc/self/exe",
		"/proc/thread-self/exe",
		"/script",
		"/script-of-script",
		"/link",
		"/proc/self/task/../exe",
		"/proc/self/root/../proc/self/exe",
	};
	struct box *b = box_of(state);
	auto_fd int base_fd = openat(b->dir_fd, "base", O_RDONLY | O_DIRECTORY);

	make_script(b, "script", "#!/proc/self/exe\n");
	make_script(b, "script-of-script", "#!/script --version\n");
	assert_int_equal(symlinkat("/proc/self/exe", base_fd, "link"), 0);
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		const char *const argv[] = { programs[i], "--help", NULL };

		if (box_run(b, argv) == 0)
			fail_msg("%s: %s%s", programs[i], buf_str(&b->out),
			         buf_str(&b->err_out));
		assert_int_equal(b->err.code, ERR_RUN);
		if (strstr(b->err.text, "exec format error") == NULL)
			fail_msg("%s: %s", programs[i], b->err.text);
	}
}

static void
process_1_tells_nothing(void **state)
{
	static const char *const scripts[] = {
		"readlink /proc/1/exe",  "readlink /proc/1/cwd", "readlink /proc/1/root",
		"cat /proc/1/environ",   "cat /proc/1/maps",     "readlink /proc/1/fd/3",
		"head -c 1 /proc/1/mem",
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		assert_int_equal(box_run_sh(b, scripts[i]), 0);
		if (b->result.status == 0 || b->out.n > 0)
			fail_msg("%s: %s", scripts[i], buf_str(&b->out));
	}
	assert_prints(b, "cat /proc/1/cmdline", "");
}

/* ------------------------------------------------------------ by itself */

static int value = 7; /* in what is copied */

/* In a child: its exit status. */
static int
let_go(void)
{
	char link[64] = "";
	ssize_t n = 0;
	int fd = -1;

	value++;
	if (exe_let_go() < 0)
		return errno == EPERM || errno == EINVAL ? 77 : 1;
	n = readlink("/proc/self/exe", link, sizeof link - 1);
	if (n <= 0 || strncmp(link, "/memfd:nothing", 14) != 0)
		return 2;
	fd = open("/proc/self/exe", O_RDWR);
	if (fd >= 0 && write(fd, "x", 1) == 1)
		return 3;
	value++;
	return value == 9 ? 0 : 4;
}

static void
a_process_goes_on_from_memory(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	if (child == 0)
		_exit(let_go());
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("needs CAP_SYS_ADMIN and CONFIG_CHECKPOINT_RESTORE\n");
		skip();
	}
	assert_int_equal(status, 0);
	assert_int_equal(value, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(the_program_before_a_step_cannot_be_executed),
		box_test(process_1_tells_nothing),
		cmocka_unit_test(a_process_goes_on_from_memory),
	};

	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
