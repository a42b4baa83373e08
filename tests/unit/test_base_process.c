#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/process.h"

#define SHELL(script) ((const char *const[]){ "sh", "-c", (script), NULL })

static void
output_log_and_status_are_told(void **state)
{
	const struct process p = { .argv = SHELL("echo out; echo err >&2; exit 3"),
		                   .dir_fd = -1,
		                   .output_max = 100 };
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT, log = BUF_INIT;
	int status = -1;

	(void)state;
	buf_add_str(&out, "before ");
	assert_int_equal(process_run(&p, &out, &log, &status, &err), 0);
	assert_string_equal(buf_str(&out), "before out\n");
	assert_string_equal(buf_str(&log), "err\n");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(process_run(&p, NULL, NULL, &status, &err), 0);
}

static void
input_larger_than_a_pipe_passes_through(void **state)
{
	const size_t n = 1000000;
	auto_free char *bytes = mem_new(n);
	const char *const cat[] = { "cat", NULL };
	struct process p = {
		.argv = cat, .dir_fd = -1, .input = { bytes, n }, .output_max = n
	};
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	int status;

	(void)state;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + i / 251);
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), 0);
	assert_int_equal(status, 0);
	assert_int_equal(out.n, n);
	assert_memory_equal(out.p, bytes, n);
	buf_truncate(&out, 10);
	p.output_max = n - 1;
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), -1);
	assert_string_equal(err.text, "run cat: too much output");
}

static void
a_program_need_not_read_its_input(void **state)
{
	auto_free char *bytes = mem_new(1000000);
	const struct process p = {
		.argv = SHELL("exec <&-; echo done"),
		.dir_fd = -1,
		.input = { bytes, 1000000 },
		.output_max = 100,
	};
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	sigset_t pending;
	int status;

	(void)state;
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), 0);
	assert_string_equal(buf_str(&out), "done\n");
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

static void
environment_and_directory_are_those_given(void **state)
{
	const char *const env[] = { "A=1 2", NULL };
	auto_fd int usr = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct process p = { .argv = SHELL(
		                           "echo \"$A:$B:$(pwd)\"; read x || echo end"),
		                   .env = env,
		                   .dir_fd = usr,
		                   .output_max = 100 };
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	int status;

	(void)state;
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), 0);
	assert_string_equal(buf_str(&out), "1 2::/usr\nend\n");
}

static void
pipes_of_ours_are_not_inherited(void **state)
{
	const struct process p = { .argv = SHELL("ls /proc/self/fd | wc -w"),
		                   .dir_fd = -1,
		                   .output_max = 200 };
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	int status;

	(void)state;
	for (int fd = 3; fd < 256; fd++) /* what this test itself was given */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), 0);
	assert_string_equal(buf_str(&out), "4\n"); /* 0, 1, 2 and what ls reads */
}

static void
signals_are_neither_blocked_nor_ignored(void **state)
{
	const struct process p = { .argv = SHELL("kill -USR1 $$; echo alive"),
		                   .dir_fd = -1,
		                   .output_max = 200 };
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	sigset_t all, saved;
	int status, result;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &saved);
	signal(SIGUSR1, SIG_IGN);
	result = process_run(&p, &out, NULL, &status, &err);
	signal(SIGUSR1, SIG_DFL);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	assert_int_equal(result, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGUSR1);
}

static void
a_program_that_is_not_there_is_an_error(void **state)
{
	const char *const argv[] = { "/no/such/program", NULL };
	const struct process p = { .argv = argv, .dir_fd = -1 };
	auto_error struct error err = ERROR_INIT;
	int status = 77;

	(void)state;
	assert_int_equal(process_run(&p, NULL, NULL, &status, &err), -1);
	assert_string_equal(err.text, "run /no/such/program: No such file or directory");
	assert_int_equal(err.sys, ENOENT);
	assert_int_equal(status, 77);
}

static void
death_by_signal_is_told(void **state)
{
	const struct process p = { .argv = SHELL("kill -9 $$"), .dir_fd = -1 };
	auto_error struct error err = ERROR_INIT;
	int status;

	(void)state;
	assert_int_equal(process_run(&p, NULL, NULL, &status, &err), 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
endless_output_is_stopped(void **state)
{
	const struct process p = { .argv = SHELL("yes; :"),
		                   .dir_fd = -1,
		                   .output_max = 100000 };
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	int status;

	(void)state;
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), -1);
	assert_true(out.n <= 100000);
}

static void *
trigger_soon(void *c)
{
	usleep(100000);
	cancel_trigger(c);
	return NULL;
}

static void
cancelling_kills_the_whole_group(void **state)
{
	static const char *const scripts[] = {
		"sleep 100 & sleep 100; :",    /* quiet */
		"yes; :",                      /* loud, and nobody listens */
		"exec >&- 2>&-; sleep 100; :", /* its pipes closed */
		"trap '' TERM INT HUP; sleep 100; :",
	};
	int64_t start = clock_monotonic_ns();

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		auto_error struct error err = ERROR_INIT;
		struct cancel *c = cancel_new(&err);
		const struct process p = { .argv = SHELL(scripts[i]),
			                   .dir_fd = -1,
			                   .cancel = c };
		pthread_t thread;
		int status;

		assert_int_equal(pthread_create(&thread, NULL, trigger_soon, c), 0);
		assert_int_equal(process_run(&p, NULL, NULL, &status, &err), -1);
		assert_int_equal(err.code, ERR_CANCELLED);
		pthread_join(thread, NULL);
		assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
		assert_int_equal(process_run(&p, NULL, NULL, &status, &err), -1);
		cancel_free(c);
	}
	assert_true(clock_monotonic_ns() - start < (int64_t)20 * 1000000000);
}

static void
a_daemon_left_behind_is_not_waited_for(void **state)
{
	const struct process p = { .argv = SHELL("sleep 30 & echo $!; exit 0"),
		                   .dir_fd = -1,
		                   .output_max = 100 };
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf out = BUF_INIT;
	int64_t start = clock_monotonic_ns();
	int status;

	(void)state;
	assert_int_equal(process_run(&p, &out, NULL, &status, &err), 0);
	assert_true(clock_monotonic_ns() - start < (int64_t)10 * 1000000000);
	kill((pid_t)strtol(buf_str(&out), NULL, 10), SIGKILL);
}

static void
the_end_of_the_output_is_never_lost(void **state)
{
	const struct process p = { .argv = SHELL("printf '%060000d' 1"),
		                   .dir_fd = -1,
		                   .output_max = 60000 };

	(void)state;
	for (int i = 0; i < 50; i++) {
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf out = BUF_INIT;
		int status;

		assert_int_equal(process_run(&p, &out, NULL, &status, &err), 0);
		assert_int_equal(out.n, 60000);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_log_and_status_are_told),
		cmocka_unit_test(input_larger_than_a_pipe_passes_through),
		cmocka_unit_test(a_program_need_not_read_its_input),
		cmocka_unit_test(environment_and_directory_are_those_given),
		cmocka_unit_test(pipes_of_ours_are_not_inherited),
		cmocka_unit_test(signals_are_neither_blocked_nor_ignored),
		cmocka_unit_test(a_program_that_is_not_there_is_an_error),
		cmocka_unit_test(death_by_signal_is_told),
		cmocka_unit_test(endless_output_is_stopped),
		cmocka_unit_test(cancelling_kills_the_whole_group),
		cmocka_unit_test(a_daemon_left_behind_is_not_waited_for),
		cmocka_unit_test(the_end_of_the_output_is_never_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
