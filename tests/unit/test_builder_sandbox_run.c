/* How a program in a sandbox starts and ends, what it finds around it. */
#include "tests/lib/sandbox_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>

/* ------------------------------------------------------------ ends */

static void
the_status_is_that_of_the_program(void **state)
{
	static const struct {
		const char *script;
		int status;
	} rows[] = {
		{ "exit 0", 0x0000 },         { "exit 1", 0x0100 },
		{ "exit 42", 0x2a00 },        { "exit 255", 0xff00 },
		{ "kill -TERM $$", SIGTERM }, { "kill -KILL $$", SIGKILL },
		{ "kill -USR1 $$", SIGUSR1 }, { "false", 0x0100 },
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(box_run_sh(b, rows[i].script), 0);
		assert_int_equal(b->result.status & ~0x80, rows[i].status);
		assert_false(b->result.oom);
	}
}

static void
a_program_that_is_not_there_is_told_as_docker_does(void **state)
{
	static const struct {
		const char *program;
		const char *told;
	} rows[] = {
		{ "nope", "exec: \"nope\": executable file not found in $PATH" },
		{ "/bin/nope", "exec: \"/bin/nope\": stat /bin/nope: no such file" },
		{ "./nope", "exec: \"./nope\": stat ./nope: no such file" },
		{ "/etc/passwd/x",
		  "exec: \"/etc/passwd/x\": stat /etc/passwd/x: not a dir" },
		{ "/etc/passwd", "exec: \"/etc/passwd\": permission denied" },
		{ "/etc", "exec: \"/etc\": is a directory" },
		{ "passwd", "exec: \"passwd\": executable file not found in $PATH" },
		{ "/data/no-loader", "exec /data/no-loader: no such file or directory" },
		{ "/data/no-format", "exec /data/no-format: exec format error" },
	};
	struct box *b = box_of(state);

	assert_int_equal(box_file(b->dir_fd, "base/data/no-loader", 0755, "#!/nope\n"),
	                 0);
	assert_int_equal(box_file(b->dir_fd, "base/data/no-format", 0755, "echo\n"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *const argv[] = { rows[i].program, "x", NULL };

		assert_refused(b, argv, ERR_RUN, rows[i].told);
	}
}

static void
a_run_without_a_command_is_refused(void **state)
{
	struct box *b = box_of(state);

	assert_refused(b, ((const char *const[]){ NULL }), ERR_RUN, "no command");
	assert_refused(b, ((const char *const[]){ "", NULL }), ERR_RUN, "no command");
}

static void
resources_are_counted(void **state)
{
	struct box *b = box_of(state);

	box_sh(b, "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; usleep 20000");
	assert_in_range(b->result.wall_ns, 20 * 1000 * 1000, UINT64_C(60) * 1000000000);
	assert_true(b->result.cpu_ns > 0);
	assert_true(b->result.peak_rss > 100 * 1000);
}

/* ------------------------------------------------------------ output */

static void
both_outputs_come_complete_and_apart(void **state)
{
	struct box *b = box_of(state);

	box_sh(b, "echo one; echo two >&2; echo three");
	assert_string_equal(buf_str(&b->out), "one\nthree\n");
	assert_string_equal(buf_str(&b->err_out), "two\n");
	box_sh(b, "dd if=/dev/zero bs=1000000 count=5 2>/dev/null; echo end >&2");
	assert_int_equal(b->out.n, 5000000);
	assert_string_equal(buf_str(&b->err_out), "end\n");
}

/* A daemon may keep the output open; the step ends with its program. */
static void
the_output_of_what_is_left_behind_is_not_waited_for(void **state)
{
	struct box *b = box_of(state);
	int64_t before = clock_monotonic_ns();

	box_sh(b, "echo first; (setsid sleep 1000 &); echo last");
	assert_string_equal(buf_str(&b->out), "first\nlast\n");
	assert_true(clock_monotonic_ns() - before < 20 * INT64_C(1000000000));
}

static void
nobody_needs_to_listen(void **state)
{
	struct box *b = box_of(state);

	b->run.log = NULL;
	box_sh(b, "seq 100000; seq 100000 >&2");
}

/* Terminals want to be read while the program runs. */
static void *
read_terminal(void *arg)
{
	int fd = *(int *)arg;
	auto_buf struct buf text = BUF_INIT;
	struct pollfd polled = { .fd = fd, .events = POLLIN };
	char bytes[512];
	ssize_t n;

	while (strstr(buf_str(&text), "end") == NULL && poll(&polled, 1, 10000) > 0 &&
	       (n = read(fd, bytes, sizeof bytes)) > 0)
		buf_add(&text, bytes, (size_t)n);
	return strdup(buf_str(&text));
}

static void
a_terminal_is_the_programs_own(void **state)
{
	struct box *b = box_of(state);
	int master = -1, slave = -1;
	pthread_t reader;
	void *text = NULL;

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0) {
		print_message("needs a terminal: %s\n", strerror(errno));
		skip();
	}
	b->run.has_terminal = true;
	b->run.terminal_fd = slave;
	assert_int_equal(pthread_create(&reader, NULL, read_terminal, &master), 0);
	assert_int_equal(write(master, "typed\n", 6), 6);
	box_sh(b, "read word; for i in 0 1 2; do [ -t $i ] && echo \"$i $word\"; done;"
	          "[ -c /dev/tty ] && echo controls > /dev/tty; echo end");
	pthread_join(reader, &text);
	assert_non_null(strstr(text, "0 typed\r\n1 typed\r\n2 typed\r\ncontrols\r\n"));
	free(text);
	close(master);
	close(slave);
}

/* ------------------------------------------------------------ surroundings */

static void
the_environment_is_what_was_given(void **state)
{
	static const char *const env[] = { "PATH=/nothing:/bin", "B=2", "A=x y=z",
		                           "EMPTY=", NULL };
	struct box *b = box_of(state);

	b->run.env = env;
	assert_int_equal(box_run(b, (const char *const[]){ "env", NULL }), 0);
	assert_string_equal(buf_str(&b->out),
	                    "PATH=/nothing:/bin\nB=2\nA=x y=z\nEMPTY=\n");
	/* Nothing in it: programs need a path then. */
	b->run.env = (const char *const[]){ NULL };
	assert_refused(b, ((const char *const[]){ "env", NULL }), ERR_RUN, "$PATH");
	assert_int_equal(box_run(b, (const char *const[]){ "/bin/env", NULL }), 0);
	assert_string_equal(buf_str(&b->out), "");
}

static void
arguments_arrive_as_they_are(void **state)
{
	static const char *const argv[] = {
		"/bin/sh", "-c", "for a; do echo \"<$a>\"; done", "sh", "a b", "", "*",
		"\n",      NULL
	};
	struct box *b = box_of(state);

	assert_int_equal(box_run(b, argv), 0);
	assert_string_equal(buf_str(&b->out), "<a b>\n<>\n<*>\n<\n>\n");
}

static void
a_working_directory_is_made_where_it_is_missing(void **state)
{
	struct box *b = box_of(state);
	auto_free char *link = mem_print("%s/base/link", b->dir);

	b->run.cwd = "/data/sub";
	assert_prints(b, "readlink /proc/self/cwd; cat two", "/data/sub\n2\n");
	assert_false(box_changed(b, "/data/sub"));
	b->run.cwd = "/data/new/deep";
	assert_prints(b, "readlink /proc/self/cwd", "/data/new/deep\n");
	assert_int_equal(box_stat(b, "/data/new").st_mode, S_IFDIR | 0755);
	assert_int_equal(box_stat(b, "/data/new/deep").st_mode, S_IFDIR | 0755);
	assert_int_equal(box_stat(b, "/data/new/deep").st_uid, 0);
	/* Below a link it is where the link leads to, inside. */
	assert_int_equal(symlink("/data/../../../../data", link), 0);
	b->run.cwd = "/link/other";
	assert_prints(b, "readlink /proc/self/cwd", "/data/other\n");
	b->run.cwd = "/etc/passwd";
	assert_refused(b, ((const char *const[]){ "/bin/true", NULL }), ERR_RUN,
	               "make the working directory: /etc/passwd: not a directory");
}

static void
the_working_directory_of_a_user_belongs_to_root(void **state)
{
	struct box *b = box_of(state);

	box_need_ids();
	b->run.uid = b->run.gid = 1000;
	b->run.cwd = "/home/app";
	assert_prints(b, "stat -c %u:%g .", "0:0\n");
}

static void
users_and_groups_are_as_told(void **state)
{
	static const gid_t groups[] = { 7, 2000, 65534 };
	struct box *b = box_of(state);

	assert_prints(b, "id -u; id -g", "0\n0\n");
	box_need_ids();
	b->run.uid = 1000;
	b->run.gid = 50;
	b->run.groups = groups;
	b->run.n_groups = 3;
	assert_prints(b, "id -u; id -g; grep Groups: /proc/self/status | tr '\\t' ' '",
	              "1000\n50\nGroups: 7 2000 65534 \n");
	box_sh(b, "echo x > /tmp/mine");
	assert_int_equal(box_stat(b, "/tmp/mine").st_uid, 1000);
	assert_int_equal(box_stat(b, "/tmp/mine").st_gid, 50);
	/* Its output can be opened by name. */
	assert_prints(b, "echo out > /dev/stdout; echo err > /dev/stderr", "out\n");
	assert_string_equal(buf_str(&b->err_out), "err\n");
}

static void
an_id_that_is_not_mapped_is_an_error(void **state)
{
	struct box *b = box_of(state);

	/* With one id others are emulated. */
	if (fixture_mapping == IDS_REAL || fixture_mapping == IDS_SINGLE)
		return;
	b->run.uid = 4000000000U;
	assert_refused(b, ((const char *const[]){ "/bin/true", NULL }), ERR_ENVIRONMENT,
	               "run as user 4000000000:0: setuid");
	assert_non_null(strstr(b->err.hint, "/etc/subuid"));
}

static void
standard_input_is_empty_and_the_umask_022(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b, "read line || echo nothing; umask", "nothing\n0022\n");
	assert_prints(b, "readlink /proc/self/fd/0; ls /proc/self/fd",
	              "/dev/null\n0\n1\n2\n3\n");
}

static void
names_of_the_machine_are_the_sandboxs_own(void **state)
{
	struct box *b = box_of(state);

	b->run.hostname = "builder-7";
	assert_prints(b, "hostname; cat /etc/hosts /etc/resolv.conf",
	              "builder-7\n127.0.0.1 localhost\nnameserver 192.0.2.1\n");
	assert_false(box_changed(b, "/etc/hosts"));
	assert_false(box_changed(b, "/etc/resolv.conf"));
}

static void
no_network_is_a_loopback_that_works(void **state)
{
	struct box *b = box_of(state);

	b->run.network = SANDBOX_NET_NONE;
	assert_prints(b,
	              "ls /sys/class/net; ifconfig lo | grep -c 'UP.*LOOPBACK.*RUNNING'; "
	              "(echo hello | nc -l -p 4321 -w 30 &); i=0; "
	              "until nc 127.0.0.1 4321 -w 30 2>/dev/null || [ $i = 300 ]; "
	              "do usleep 100000; i=$((i + 1)); done",
	              "lo\n1\nhello\n");
}

static void
limits_hold(void **state)
{
	static struct sandbox_limit limits[] = {
		{ RLIMIT_NOFILE, 100, 200 },
		{ RLIMIT_CORE, 0, 0 },
	};
	struct box *b = box_of(state);

	b->run.limits.list.at = limits;
	b->run.limits.list.n = 2;
	assert_prints(b, "ulimit -Sn; ulimit -Hn; ulimit -c", "100\n200\n0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		box_test(the_status_is_that_of_the_program),
		box_test(a_program_that_is_not_there_is_told_as_docker_does),
		box_test(a_run_without_a_command_is_refused),
		box_test(resources_are_counted),
		box_test(both_outputs_come_complete_and_apart),
		box_test(the_output_of_what_is_left_behind_is_not_waited_for),
		box_test(nobody_needs_to_listen),
		box_test(a_terminal_is_the_programs_own),
		box_test(the_environment_is_what_was_given),
		box_test(arguments_arrive_as_they_are),
		box_test(a_working_directory_is_made_where_it_is_missing),
		box_test(the_working_directory_of_a_user_belongs_to_root),
		box_test(users_and_groups_are_as_told),
		box_test(an_id_that_is_not_mapped_is_an_error),
		box_test(standard_input_is_empty_and_the_umask_022),
		box_test(names_of_the_machine_are_the_sandboxs_own),
		box_test(no_network_is_a_loopback_that_works),
		box_test(limits_hold),
	};

	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
