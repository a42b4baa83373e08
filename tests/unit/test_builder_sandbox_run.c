/* What a program in a sandbox sees, and what becomes of it. */
#include "tests/lib/sandbox_fixture.h"

#include <poll.h>
#include <pty.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/cancel.h"
#include "base/number.h"

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
	assert_refused(b, ((const char *const[]){ "/bin/true", NULL }), ERR_ENVIRONMENT,
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

	if (fixture_mapping == IDS_REAL)
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
	              "(echo hello | nc -l -p 4321 -w 3 &); usleep 100000; "
	              "nc 127.0.0.1 4321 -w 3",
	              "lo\n1\nhello\n");
}

static void
limits_hold(void **state)
{
	static const struct sandbox_limit limits[] = {
		{ RLIMIT_NOFILE, 100, 200 },
		{ RLIMIT_CORE, 0, 0 },
	};
	struct box *b = box_of(state);

	b->run.limits = limits;
	b->run.n_limits = 2;
	assert_prints(b, "ulimit -Sn; ulimit -Hn; ulimit -c", "100\n200\n0\n");
}

/* ------------------------------------------------------------ confinement */

static void
capabilities_and_filter_are_those_of_docker(void **state)
{
	static const char script[] = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' "
	                             "/proc/self/status | tr '\\t' ' '";
	struct box *b = box_of(state);

	assert_prints(b, script,
	              "CapInh: 0000000000000000\nCapPrm: 00000000a80425fb\n"
	              "CapEff: 00000000a80425fb\nCapBnd: 00000000a80425fb\n"
	              "CapAmb: 0000000000000000\nNoNewPrivs: 0\nSeccomp: 2\n");
	box_need_ids();
	b->run.uid = 1000;
	assert_prints(b, script,
	              "CapInh: 0000000000000000\nCapPrm: 0000000000000000\n"
	              "CapEff: 0000000000000000\nCapBnd: 00000000a80425fb\n"
	              "CapAmb: 0000000000000000\nNoNewPrivs: 0\nSeccomp: 2\n");
}

static void
what_administrators_do_is_refused(void **state)
{
	static const char *const scripts[] = {
		"mount -t tmpfs none /tmp",
		"unshare -U true",
		"mount -o remount,rw /sys",
		"hostname other",
		"echo x > /proc/sysrq-trigger",
		"echo 1 > /proc/sys/vm/drop_caches",
		"ls /proc/1/root/",
		"head -c 1 /proc/1/mem",
		"mkdir /sys/fs/cgroup/cooper-no",
		"echo x > /proc/1/oom_score_adj",
	};
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		assert_int_equal(box_run_sh(b, scripts[i]), 0);
		if (b->result.status == 0)
			fail_msg("%s: it worked", scripts[i]);
	}
	/* Durability is answered, not done. */
	box_sh(b, "sync; dd if=/dev/zero of=/tmp/f bs=1 count=1 conv=fsync 2>/dev/null");
}

static void
parts_of_proc_are_hidden(void **state)
{
	static const char *const files[] = { "/proc/kcore", "/proc/keys",
		                             "/proc/timer_list", "/proc/interrupts",
		                             "/proc/latency_stats" };
	static const char *const dirs[] = { "/proc/acpi", "/proc/scsi", "/proc/asound",
		                            "/sys/firmware" };
	struct box *b = box_of(state);

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		auto_free char *script = mem_print("[ ! -e %s ] || cat %s", files[i],
		                                   files[i]);

		assert_prints(b, script, "");
	}
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		auto_free char *script = mem_print("[ ! -e %s ] || ls -A %s", dirs[i],
		                                   dirs[i]);

		assert_prints(b, script, "");
	}
}

static void
insecure_means_all_capabilities_and_no_filter(void **state)
{
	struct box *b = box_of(state);

	b->run.insecure = true;
	assert_prints(b, "mount -t tmpfs none /tmp && echo x > /tmp/gone && echo mounted",
	              "mounted\n");
	assert_false(box_changed(b, "/tmp/gone"));
	box_sh(b, "unshare -m true");
}

static void
devices_are_few_and_work(void **state)
{
	struct box *b = box_of(state);

	assert_prints(
	        b, "cd /dev && ls | grep -v mqueue | tr '\\n' ' '",
	        "core fd full null ptmx pts random shm stderr stdin stdout tty urandom "
	        "zero ");
	assert_prints(
	        b,
	        "echo x > /dev/null; head -c 3 /dev/zero | wc -c; "
	        "head -c 5 /dev/urandom | wc -c; echo x > /dev/full || echo full; "
	        "echo x > /dev/shm/f; stat -c %a /dev /dev/null /dev/shm /dev/pts/ptmx",
	        "3\n5\nfull\n755\n666\n1777\n666\n");
	b->run.shm_size = 1 << 20;
	assert_prints(
	        b,
	        "df -k /dev/shm | tail -1 | sed 's/  */ /g' | { read d n r; echo $n; }",
	        "1024\n");
}

static void
other_processes_are_not_seen(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b, "echo $$; cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l; :",
	              "2\ninit\n4\n");
}

/* ------------------------------------------------------------ processes */

/* How many processes of this machine sleep for WORD. */
static int
count_sleepers(const char *word)
{
	auto_dir DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		auto_free char *name = mem_print("/proc/%s/cmdline", entry->d_name);
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf line = BUF_INIT;

		if (file_read(AT_FDCWD, name, 1 << 20, &line, &err) > 0 && line.n > 6 &&
		    memcmp(line.p, "sleep", 6) == 0 && strcmp(line.p + 6, word) == 0)
			n++;
	}
	return n;
}

/* Waits for there to be N of them, for some seconds; how many there are. */
static int
await_sleepers(const char *word, int n)
{
	int found = -1;

	for (int i = 0; i < 500 && (found = count_sleepers(word)) != n; i++)
		usleep(20 * 1000);
	return found;
}

/* A number that nobody else sleeps for. */
static char *
some_time(void)
{
	static int n;

	return mem_print("%d.%d", 100000 + n++, (int)getpid());
}

static void
processes_that_are_left_behind_end_with_the_program(void **state)
{
	struct box *b = box_of(state);
	auto_free char *word = some_time();
	auto_free char *script =
	        mem_print("sleep %s & (setsid sleep %s >/dev/null 2>&1 &); "
	                  "usleep 50000; ls -d /proc/[0-9]* | wc -l",
	                  word, word);

	assert_prints(b, script, "6\n");
	assert_int_equal(count_sleepers(word), 0);
}

static void
orphans_are_reaped(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b,
	              "for i in 1 2 3; do (sh -c 'sleep 0 & exec true' &); done; usleep "
	              "200000; "
	              "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || true",
	              "0\n");
}

static void
signals_to_the_first_process_reach_the_program(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b, "trap 'echo got it; exit 0' TERM; kill -TERM 1; sleep 5",
	              "got it\n");
}

struct trigger {
	struct cancel *cancel;
	int delay_ms;
};

static void *
trigger_later(void *arg)
{
	const struct trigger *t = arg;

	usleep((useconds_t)t->delay_ms * 1000);
	cancel_trigger(t->cancel);
	return NULL;
}

static void
cancelling_ends_everything(void **state)
{
	struct box *b = box_of(state);
	struct trigger trigger = { b->cancel, 200 };
	auto_free char *word = some_time();
	auto_free char *script =
	        mem_print("trap '' TERM INT; (setsid sleep %s &); sleep %s & sleep %s",
	                  word, word, word);
	int64_t before = clock_monotonic_ns();
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, trigger_later, &trigger), 0);
	assert_int_equal(box_run_sh(b, script), -1);
	pthread_join(thread, NULL);
	assert_int_equal(b->err.code, ERR_CANCELLED);
	assert_true(clock_monotonic_ns() - before < 10 * INT64_C(1000000000));
	assert_int_equal(count_sleepers(word), 0);
	/* No more runs from then on. */
	assert_int_equal(box_run_sh(b, "true"), -1);
	assert_int_equal(b->err.code, ERR_CANCELLED);
}

static void
tell_started(void *arg, int stream, const void *bytes, size_t n)
{
	(void)stream;
	(void)bytes;
	if (n > 0 && write(*(int *)arg, "x", 1) < 0)
		_exit(1);
}

/* However the builder ends, nothing of a step may go on. */
static void
processes_end_with_a_builder_that_is_killed(void **state)
{
	struct box *b = box_of(state);
	auto_free char *word = some_time();
	auto_free char *script =
	        mem_print("(setsid sleep %s &); echo started; exec sleep %s", word, word);
	int ends[2], started;
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sandbox_options options = { .mapping = fixture_mapping,
			                           .scratch_fd = b->scratch_fd };
		char *why = NULL;

		b->sb = sandbox_new(&options, &why, &b->err);
		b->run.log = tell_started;
		b->run.log_arg = &ends[1];
		_exit(b->sb == NULL || box_run_sh(b, script) < 0 ? 1 : 0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	started = await_sleepers(word, 2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(started, 2);
	assert_int_equal(await_sleepers(word, 0), 0);
}

/* ------------------------------------------------------------ many */

struct worker {
	struct box *b;
	pthread_t thread;
	int number, failed;
};

static void
collect(void *arg, int stream, const void *bytes, size_t n)
{
	(void)stream;
	buf_add(arg, bytes, n);
}

/* 0, or the line that failed. */
static int
run_one(const struct worker *w, int i)
{
	auto_free char *upper = mem_print("%s/u%d-%d", w->b->dir, w->number, i);
	auto_free char *work = mem_print("%s/w%d-%d", w->b->dir, w->number, i);
	auto_free char *file = mem_print("%s/u%d-%d/tmp/f", w->b->dir, w->number, i);
	auto_free char *script = mem_print("echo %d; echo %d > /tmp/f; exit %d",
	                                   w->number, i, w->number);
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	auto_free char *expected = mem_print("%d\n", w->number);
	auto_buf struct buf out = BUF_INIT;
	auto_error struct error err = ERROR_INIT;
	struct sandbox_run run = w->b->run;
	struct sandbox_result result;

	run.argv = argv;
	run.upper = upper;
	run.work = work;
	run.log = collect;
	run.log_arg = &out;
	if (mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0)
		return __LINE__;
	if (sandbox_run(w->b->sb, &run, &result, &err) < 0)
		return __LINE__;
	if (result.status != w->number << 8)
		return __LINE__;
	if (strcmp(buf_str(&out), expected) != 0)
		return __LINE__;
	return access(file, F_OK) < 0 ? __LINE__ : 0;
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < 6 && w->failed == 0; i++)
		w->failed = run_one(w, i);
	return NULL;
}

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
eight_threads_run_at_once_and_leave_no_descriptor(void **state)
{
	struct box *b = box_of(state);
	struct worker workers[8];
	int before = count_descriptors();

	for (int i = 0; i < 8; i++) {
		workers[i] = (struct worker){ .b = b, .number = i };
		assert_int_equal(
		        pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].failed, 0);
	}
	assert_int_equal(count_descriptors(), before);
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
		box_test(capabilities_and_filter_are_those_of_docker),
		box_test(what_administrators_do_is_refused),
		box_test(parts_of_proc_are_hidden),
		box_test(insecure_means_all_capabilities_and_no_filter),
		box_test(devices_are_few_and_work),
		box_test(other_processes_are_not_seen),
		box_test(processes_that_are_left_behind_end_with_the_program),
		box_test(orphans_are_reaped),
		box_test(signals_to_the_first_process_reach_the_program),
		box_test(cancelling_ends_everything),
		box_test(processes_end_with_a_builder_that_is_killed),
		box_test(eight_threads_run_at_once_and_leave_no_descriptor),
	};

	sandbox_fixture_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
