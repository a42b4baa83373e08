/* What a program in a sandbox may not do, and that nothing of it goes on. */
#include "base/listing.h"
#include "tests/lib/sandbox_fixture.h"

#include <pthread.h>
#include <signal.h>

#include "base/cancel.h"

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
	b->run.limits.shm_size = 1 << 20;
	assert_prints(
	        b,
	        "df -k /dev/shm | tail -1 | sed 's/  */ /g' | { read d n r; echo $n; }",
	        "1024\n");
}

static void
other_processes_are_not_seen(void **state)
{
	struct box *b = box_of(state);

	assert_prints(b, "echo $$; cat /proc/1/comm; set -- /proc/[0-9]*; echo $#",
	              "2\ninit\n2\n");
}

/* ------------------------------------------------------------ processes */

/* How many processes of this machine sleep for WORD. */
static int
count_sleepers(const char *word)
{
	auto_listing struct listing list = listing_open(AT_FDCWD, "/proc");
	const char *pid = NULL;
	int n = 0;

	while ((pid = listing_next(&list)) != NULL) {
		auto_free char *name = mem_print("/proc/%s/cmdline", pid);
		auto_error struct error err = ERROR_INIT;
		auto_buf struct buf line = BUF_INIT;

		if (file_read(AT_FDCWD, name, 1 << 20, &line, &err) > 0 && line.n > 6 &&
		    memcmp(line.p, "sleep", 6) == 0 && strcmp(line.p + 6, word) == 0)
			n++;
	}
	assert_false(listing_failed(&list));
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
	auto_free char *script = mem_print(
	        "sleep %s & (setsid sleep %s >/dev/null 2>&1 &); "
	        "for i in $(seq 500); do "
	        "[ \"$(cat /proc/[0-9]*/comm | grep -c '^sleep$')\" = 2 ] && break; "
	        "usleep 20000; done; set -- /proc/[0-9]*; echo $#",
	        word, word);

	assert_prints(b, script, "4\n");
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
	/* Trees that wait for their stage to go on keep one each. */
	if (box_has_overlays(b))
		assert_int_equal(count_descriptors(), before);
	else
		assert_true(count_descriptors() <= before + 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
