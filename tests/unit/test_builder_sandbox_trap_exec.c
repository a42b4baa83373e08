/* Programs are executed by the loader as the kernel would have executed them. Most tests
 * run something twice, with and without us, and compare. */
#include "tests/lib/trap_fixture.h"

/* Everything is below a directory that every user may read. */
static char dir[64];
static bool has_compiler;

#define SOURCE "tests/lib/trap_program.c"

/* How the program is linked. */
static const char *const kinds[][2] = {
	{ "dynamic-pie", "cc -O1 -pie -fPIE -pthread" },
	{ "dynamic", "cc -O1 -no-pie -fno-pie -pthread" },
	{ "static", "cc -O1 -static -pthread" },
	{ "static-pie", "cc -O1 -static-pie -fPIE -pthread" },
	{ "aligned", "cc -O1 -pie -fPIE -pthread -Wl,-z,max-page-size=2097152" },
	{ "joined", "cc -O1 -no-pie -fno-pie -pthread -Wl,-z,noseparate-code" },
	{ "executable-stack", "cc -O1 -pie -fPIE -pthread -z execstack" },
	{ "musl", "musl-gcc -O1 -static" },
};

static int
compile_all(void **state)
{
	char command[1024];

	(void)state;
	snprintf(dir, sizeof dir, "/tmp/trapXXXXXX");
	if (mkdtemp(dir) == NULL || chmod(dir, 0755) < 0)
		return -1;
	has_compiler = system("cc --version >/dev/null 2>&1") == 0;
	for (size_t i = 0; has_compiler && i < COUNT_OF(kinds); i++) {
		snprintf(command, sizeof command,
		         "{ ! command -v %.*s || %s -w -o %s/%s %s; } >%s/log 2>&1",
		         (int)strcspn(kinds[i][1], " "), kinds[i][1], kinds[i][1], dir,
		         kinds[i][0], SOURCE, dir);
		if (system(command) != 0)
			return -1;
	}
	snprintf(command, sizeof command,
	         "mkdir %s/bin %s/sub && cp /bin/busybox %s/bin/sh && cp /bin/busybox "
	         "%s/bin/busybox && printf 'echo in \"$0\" \"$@\"' >%s/sub/plain && "
	         "chmod 755 "
	         "%s/sub/plain",
	         dir, dir, dir, dir, dir, dir);
	return system(command) == 0 ? 0 : -1;
}

static int
remove_all(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static void
need_compiler(void)
{
	if (has_compiler)
		return;
	print_message("needs a C compiler (cc)\n");
	skip();
}

static bool
exists(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, X_OK) == 0;
}

/* "@" at the begin of a word is the directory. */
static void
expand(const char *const *words, char room[][512], const char **out)
{
	size_t n = 0;

	for (; words[n] != NULL; n++) {
		snprintf(room[n], 512, "%s%s", words[n][0] == '@' ? dir : "",
		         words[n] + (words[n][0] == '@'));
		out[n] = room[n];
	}
	out[n] = NULL;
}

#define WORDS_MAX 12

static void
run(const char *root, bool is_native, const char *const *words, struct outcome *out)
{
	char room[WORDS_MAX][512];
	const char *argv[WORDS_MAX + 1];
	struct trap_run r = { .root = root, .argv = argv, .is_native = is_native };

	expand(words, room, argv);
	trap_run(&r, out);
}

/* With and without us it is the same. */
static void
same(const char *const *words)
{
	static struct outcome ours, kernels;

	run("/", true, words, &kernels);
	run("/", false, words, &ours);
	assert_string_equal(ours.text, kernels.text);
	assert_int_equal(ours.status, kernels.status);
}

#define SAME(...) same((const char *const[]){ __VA_ARGS__, NULL })

static void
gives(const char *root, const char *text, const char *const *words)
{
	static struct outcome out;

	run(root, false, words, &out);
	assert_string_equal(out.text, text);
}

#define GIVES(root, text, ...)                                                           \
	gives(root, text, (const char *const[]){ __VA_ARGS__, NULL })

/* ------------------------------------------------------------ programs */

static void
every_kind_of_program_starts(void **state)
{
	(void)state;
	need_compiler();
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		char path[64];

		if (!exists(kinds[i][0]))
			continue;
		snprintf(path, sizeof path, "@/%s", kinds[i][0]);
		SAME(path, "show", "a", "", "b c");
		SAME(path, "exec", path, "show");
	}
	SAME("@/bin/busybox", "echo", "static");
	SAME("/bin/true");
	SAME("/bin/false");
	SAME("/bin/ls", "-d", "/");
}

static void
the_interpreter_is_a_program_too(void **state)
{
	(void)state;
	need_compiler();
	if (access("/lib64/ld-linux-x86-64.so.2", X_OK) < 0) {
		print_message("needs /lib64/ld-linux-x86-64.so.2\n");
		skip();
	}
	SAME("/lib64/ld-linux-x86-64.so.2", "@/dynamic-pie", "show", "x");
	SAME("/lib64/ld-linux-x86-64.so.2", "--argv0", "zero", "@/dynamic", "show");
}

static void
many_arguments_stay_where_they_are(void **state)
{
	(void)state;
	need_compiler();
	SAME("@/dynamic-pie", "many", "1", "@/dynamic-pie", "count");
	SAME("@/static", "many", "20000", "@/static", "count");
	SAME("@/static", "many", "100000", "@/dynamic", "count");
	SAME("@/static", "many", "2000000", "@/dynamic", "count");
	SAME("@/static", "many", "0", "@/dynamic", "count");
}

/* ------------------------------------------------------------ scripts, bad files */

static void
write_file(const char *name, const void *bytes, size_t n, mode_t mode)
{
	char path[128];
	FILE *f = NULL;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	remove(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fwrite(bytes, 1, n, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* "%" is the directory. */
static void
write_script(const char *name, const char *text)
{
	char bytes[4096];
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += (size_t)snprintf(bytes + n, sizeof bytes - n, "%.*s",
		                      *text == '%' ? (int)strlen(dir) : 1,
		                      *text == '%' ? dir : text);
	write_file(name, bytes, n, 0755);
}

static void
first_lines_are_read_as_the_kernel_does(void **state)
{
	static const char *const texts[] = {
		"#!%/dynamic\n",
		"#!%/dynamic",
		"#! %/dynamic  \n",
		"#!\t%/dynamic show\n",
		"#!%/dynamic \t show \t more  \t\n",
		"#!%/dynamic ",
		"#!%/dynamic show",
		"#!%/dynamic show ",
		"#!%/sub/plain\n",
		"#!%/sub\n",
		"#!%/nothing\n",
		"#!dynamic\n",
		"#!/proc/self/exe show\n",
		"#!\n",
		"#!",
		"#",
		"",
		"#!   \n",
		"#! \t",
		"\n#!%/dynamic\n",
		"echo no first line\n",
		"#!%/dynamic " /* longer than what is read */
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34"
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34"
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34"
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34\n",
		"#!%/"
		"12345678901234567890123456789012345678901234567890123456789012345678901"
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34"
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34"
		"123456789012345678901234567890123456789012345678901234567890123456789012"
		"34\n",
		"#!                                                                      "
		"     "
		"                                                                        "
		"     "
		"                                                                        "
		"     "
		"                                                                        "
		"     "
		"%/dynamic\n",
	};

	(void)state;
	need_compiler();
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		write_script("script", texts[i]);
		SAME("@/dynamic", "exec", "@/script", "one", "two");
	}
}

static void
scripts_lead_to_scripts(void **state)
{
	char text[64], name[16];

	(void)state;
	need_compiler();
	write_script("s0", "#!%/dynamic show\n");
	for (int i = 1; i < 8; i++) {
		snprintf(text, sizeof text, "#!%%/s%d arg%d\n", i - 1, i);
		snprintf(name, sizeof name, "s%d", i);
		write_script(name, text);
		snprintf(name, sizeof name, "@/s%d", i);
		SAME("@/static", "exec", name, "x", "y");
	}
	write_script("self", "#!%/self\n");
	SAME("@/static", "exec", "@/self");
}

static void
what_cannot_be_executed_fails_alike(void **state)
{
	static unsigned char bytes[512] = "\177ELF\2\1\1";
	static const char *const paths[] = { "@/nothing",   "@/sub",   "@/no/such",
		                             "@/dynamic/x", "",        "/dev/null",
		                             "@/bad",       "@/closed" };

	(void)state;
	need_compiler();
	write_file("closed", "#!/bin/sh\n", 10, 0644);
	for (size_t n = 0; n <= 128; n += 8) {
		write_file("bad", bytes, n, 0755);
		for (size_t i = 0; i < COUNT_OF(paths); i++)
			if (n == 64 || i + 2 == COUNT_OF(paths))
				SAME("@/dynamic", "exec", paths[i]);
	}
	/* A program of another machine, whose headers are never read. */
	bytes[16] = 2;
	bytes[18] = 8;
	write_file("bad", bytes, sizeof bytes, 0755);
	SAME("@/dynamic", "exec", "@/bad");
}

/* Changes N bytes of a program at AT. */
static void
spoil(const char *kind, size_t at, const void *with, size_t n)
{
	char from[128], *bytes = calloc(1, 4 << 20);
	size_t size = 0;
	FILE *f = NULL;

	snprintf(from, sizeof from, "%s/%s", dir, kind);
	f = fopen(from, "r");
	assert_non_null(f);
	size = fread(bytes, 1, 4 << 20, f);
	fclose(f);
	memcpy(bytes + at, with, n);
	write_file("bad", bytes, size, 0755);
	free(bytes);
}

/* Fields of the ELF header: type, machine, offset, size and number of program headers. */
static void
damaged_programs_fail_alike(void **state)
{
	static const struct {
		size_t at, n;
	} fields[] = { { 16, 2 }, { 18, 2 }, { 32, 8 }, { 54, 2 }, { 56, 2 } };
	static const unsigned char all[8] = { 0xff, 0xff, 0xff, 0xff,
		                              0xff, 0xff, 0xff, 0xff },
	                           none[8] = { 0 };

	(void)state;
	need_compiler();
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		spoil("dynamic", fields[i].at, all, fields[i].n);
		SAME("@/static", "exec", "@/bad");
		if (fields[i].at == 32)
			continue;
		spoil("dynamic", fields[i].at, none, fields[i].n);
		SAME("@/static", "exec", "@/bad");
	}
}

/* ------------------------------------------------------------ descriptors, roots */

static void
files_are_executed_by_descriptor(void **state)
{
	static const char *const flags[] = { "r--", "rc-", "p--", "pc-",
		                             "r-p", "rcp", "p-p" };

	(void)state;
	need_compiler();
	write_script("script", "#!%/dynamic show\n");
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		static struct outcome out;
		const char *const words[] = { "@/static", "descriptor", flags[i],
			                      "@/script", "x",          NULL };
		const char *const program[] = { "@/static",  "descriptor", flags[i],
			                        "@/dynamic", "count",      NULL };

		/* Linux since 6.14 names it after the file. */
		run("/", false, program, &out);
		assert_string_equal(out.text, "2\n");
		run("/", false, words, &out);
		if (flags[i][1] == 'c')
			assert_true(strstr(out.text, "errno 2\n") != NULL ||
			            flags[i][2] == 'p');
		else
			assert_non_null(strstr(out.text, "[x]"));
	}
}

static void
paths_are_those_of_the_root(void **state)
{
	(void)state;
	need_compiler();
	write_script("sub/script", "#!/bin/busybox echo\n");
	GIVES(dir, "/sub/script a\n", "/bin/sh", "-c", "/sub/script a");
	GIVES(dir, "../sub/script a\n", "/bin/sh", "-c",
	      "cd /bin && exec ../sub/script a");
	GIVES(dir, "hello\n", "/bin/sh", "-c", "/bin/busybox echo hello");
	GIVES(dir, "from here\n", "/bin/sh", "-c", "cd /bin && ./busybox echo from here");
	GIVES(dir, "2\n", "/static", "exec", "/proc/self/exe", "count");
}

/* The kernel of this machine would have a program of another machine emulated, or not. */
static void
another_machines_programs_are_emulated(void **state)
{
	static const char qemu[] = "/usr/bin/qemu-aarch64-static";
	static struct outcome out;
	char path[128], command[512], room[WORDS_MAX][512];
	const char *argv[WORDS_MAX + 1];
	const char *const words[] = { "@/static", "exec", "@/foreign-script", "count",
		                      NULL };
	struct trap_run r = { .root = "/", .argv = argv, .emulator = qemu };

	(void)state;
	snprintf(path, sizeof path, "%s/foreign", dir);
	snprintf(command, sizeof command,
	         "aarch64-linux-gnu-gcc -w -static -pthread -o %s %s >%s/log 2>&1", path,
	         SOURCE, dir);
	if (!has_compiler || access(qemu, X_OK) < 0 || system(command) != 0) {
		print_message("needs %s and aarch64-linux-gnu-gcc\n", qemu);
		skip();
	}
	write_script("foreign-script", "#!%/foreign count\n");
	expand(words, room, argv);
	trap_run(&r, &out);
	assert_string_equal(out.text, "4\n");
	r.emulator = NULL;
	trap_run(&r, &out);
	assert_string_equal(out.text, "errno 8\n");
}

/* Without a supervisor it says so. */
static void
the_loader_is_made_for_arm64(void **state)
{
	char command[512];
	int status = 0;

	(void)state;
	if (system("{ command -v aarch64-linux-gnu-gcc && command -v "
	           "qemu-aarch64-static; } >/dev/null") != 0) {
		print_message("needs aarch64-linux-gnu-gcc and qemu-aarch64-static\n");
		skip();
	}
	snprintf(command, sizeof command,
	         "make -s CC=aarch64-linux-gnu-gcc OUT=%s/arm64 "
	         "%s/arm64/loader/trap_loader "
	         ">/dev/null && qemu-aarch64-static %s/arm64/loader/trap_loader 2>%s/log",
	         dir, dir, dir, dir);
	status = system(command);
	assert_int_equal(WEXITSTATUS(status), 127);
	snprintf(command, sizeof command,
	         "grep -q 'cannot be started, error 0022' %s/log", dir);
	assert_int_equal(system(command), 0);
}

/* The loader cannot make room for a program at its own address. */
static void
the_loaders_own_place_is_taken(void **state)
{
	static struct outcome out;
	char command[512];
	const char *const words[] = { "@/static", "exec", "@/here", "count", NULL };

	(void)state;
	need_compiler();
	snprintf(command, sizeof command,
	         "cc -w -static -no-pie -fno-pie -mcmodel=large -pthread -nostdlib "
	         "-fuse-ld=bfd -x c -o %s/here "
	         "-Wl,-Ttext-segment=0x%llx - <<E\nvoid _start(void) { for (;;) { } }\nE",
	         dir, (unsigned long long)LOADER_BASE);
	assert_int_equal(system(command), 0);
	run("/", false, words, &out);
	assert_non_null(strstr(out.text, "/here: cannot be mapped, error 0012\n"));
	assert_int_equal(WEXITSTATUS(out.status), 127);
}

static void
a_process_without_loader_has_no_path(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_false(exec_guest_path(getpid(), path));
	assert_false(exec_guest_path(INT_MAX, path));
}

/* Nobody can have two tracers. */
static void
a_traced_program_cannot_execute(void **state)
{
	(void)state;
	need_compiler();
	GIVES("/", "errno 1\n", "@/static", "traced", "@/static", "count");
}

/* ------------------------------------------------------------ processes */

static void
children_that_share_memory_execute(void **state)
{
	(void)state;
	need_compiler();
	SAME("@/static", "storm", "200", "@/dynamic", "end");
	SAME("@/dynamic", "storm", "20", "@/nothing");
	SAME("@/dynamic", "storm", "50", "@/static-pie", "end");
}

static void
any_thread_executes(void **state)
{
	(void)state;
	need_compiler();
	for (int i = 0; i < 20; i++)
		SAME("@/dynamic", "thread", "@/dynamic", "show");
	SAME("@/dynamic", "thread", "@/nothing");
}

static void
all_threads_execute_at_once(void **state)
{
	(void)state;
	need_compiler();
	for (int i = 0; i < 20; i++)
		GIVES("/", "2\n", "@/dynamic", "threads", "8", "@/static", "count");
}

/* An exec waits until the other threads are gone, and they are traced. */
static void
other_threads_do_not_hold_up_an_exec(void **state)
{
	(void)state;
	need_compiler();
	for (int i = 0; i < 50; i++)
		GIVES("/", "2\n", "@/static", "among", "30", "@/static", "count");
	for (int i = 0; i < 10; i++)
		GIVES("/", "errno 2\n", "@/static", "among", "6", "@/nothing", "count");
}

static void
directories_are_entered(void **state)
{
	char text[128];

	(void)state;
	need_compiler();
	snprintf(text, sizeof text, "%s/sub and 0 more descriptors\n", dir);
	GIVES(dir, text, "/static", "chdir", "/sub");
	GIVES(dir, text, "/static", "chdir", "sub/../../sub/.");
	GIVES(dir, "errno 2\n", "/static", "chdir", "/nothing");
	GIVES(dir, "errno 20\n", "/static", "chdir", "/dynamic");
}

/* A socket with room for one connection, which is taken. */
static int
listen_full(const char *path, int *first)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(connect(*first, (const struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static void
a_blocked_call_is_interrupted_or_repeated(void **state)
{
	char path[80];
	int first = -1, fd = -1;
	pid_t pid = -1;

	(void)state;
	need_compiler();
	snprintf(path, sizeof path, "%s/socket", dir);
	fd = listen_full(path, &first);
	GIVES(dir, "errno 4 and 0 more descriptors\n", "/static", "connect", "/socket",
	      "1", "interrupted");
	/* After two seconds there is room. */
	pid = fork();
	if (pid == 0) {
		sleep(2);
		accept(fd, NULL, NULL);
		pause();
	}
	GIVES(dir, "connected and 0 more descriptors\n", "/static", "connect", "/socket",
	      "1", "repeated");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
	close(first);
}

/* ------------------------------------------------------------ kills */

/* Whatever it is doing: it ends, and so does the supervisor. */
static void
a_kill_at_any_moment_ends_it(void **state)
{
	static struct outcome out;
	char room[WORDS_MAX][512];
	const char *argv[WORDS_MAX + 1];
	const char *const words[] = { "@/static",  "storm", "1000000",
		                      "@/dynamic", "end",   NULL };
	struct trap_run r = { .root = "/", .argv = argv };

	(void)state;
	need_compiler();
	expand(words, room, argv);
	for (unsigned i = 0; i < 200; i++) {
		r.killed_after = 1 + i * 37 % 5000;
		trap_run(&r, &out);
		assert_true(WIFSIGNALED(out.status));
		assert_int_equal(WTERMSIG(out.status), SIGKILL);
	}
}

/* Stopped and continued all the time, it does what it has to. */
static void
stops_do_no_harm(void **state)
{
	(void)state;
	need_compiler();
	GIVES("/", "50 of 50\n", "@/static", "stopped", "@/static", "storm", "50",
	      "@/dynamic", "end");
	GIVES("/", "50 of 50\n", "@/static", "signalled", "@/static", "storm", "50",
	      "@/dynamic", "end");
}

static void
what_an_exec_costs(void **state)
{
	static const int n = 300;
	static struct outcome out;
	double took[2] = { 0 };

	(void)state;
	need_compiler();
	for (int native = 0; native < 2; native++) {
		const char *const words[] = { "@/static", "storm", "300",
			                      "@/static", "end",   NULL };
		struct timespec begin, end;

		clock_gettime(CLOCK_MONOTONIC, &begin);
		run("/", native == 1, words, &out);
		clock_gettime(CLOCK_MONOTONIC, &end);
		took[native] = ((double)(end.tv_sec - begin.tv_sec) * 1e6 +
		                (double)(end.tv_nsec - begin.tv_nsec) / 1e3) /
		               n;
		assert_string_equal(out.text, "300 of 300\n");
	}
	print_message("fork, exec and wait of a static program: %.0f us, %.0f us by the "
	              "kernel alone\n",
	              took[0], took[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_program_starts),
		cmocka_unit_test(the_interpreter_is_a_program_too),
		cmocka_unit_test(many_arguments_stay_where_they_are),
		cmocka_unit_test(first_lines_are_read_as_the_kernel_does),
		cmocka_unit_test(scripts_lead_to_scripts),
		cmocka_unit_test(what_cannot_be_executed_fails_alike),
		cmocka_unit_test(damaged_programs_fail_alike),
		cmocka_unit_test(files_are_executed_by_descriptor),
		cmocka_unit_test(paths_are_those_of_the_root),
		cmocka_unit_test(another_machines_programs_are_emulated),
		cmocka_unit_test(the_loader_is_made_for_arm64),
		cmocka_unit_test(the_loaders_own_place_is_taken),
		cmocka_unit_test(a_process_without_loader_has_no_path),
		cmocka_unit_test(a_traced_program_cannot_execute),
		cmocka_unit_test(children_that_share_memory_execute),
		cmocka_unit_test(any_thread_executes),
		cmocka_unit_test(all_threads_execute_at_once),
		cmocka_unit_test(other_threads_do_not_hold_up_an_exec),
		cmocka_unit_test(directories_are_entered),
		cmocka_unit_test(a_blocked_call_is_interrupted_or_repeated),
		cmocka_unit_test(a_kill_at_any_moment_ends_it),
		cmocka_unit_test(stops_do_no_harm),
		cmocka_unit_test(what_an_exec_costs),
	};

	return cmocka_run_group_tests(tests, compile_all, remove_all);
}
