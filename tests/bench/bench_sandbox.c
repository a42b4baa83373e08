/*
 * bench_sandbox: time of an empty RUN.
 *
 *	bench_sandbox [RUNS [MEGABYTES [LOWERS]]]
 *
 * Runs busybox's "true" RUNS times in a root of LOWERS layers, from a process
 * with MEGABYTES of touched memory. Prints minimum, median and 90th percentile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "builder/machine/machine.h"
#include "builder/sandbox/sandbox.h"

static void
die(struct error *err)
{
	fprintf(stderr, "bench_sandbox: %s\n", err->text == NULL ? "failed" : err->text);
	exit(1);
}

static uint64_t
argument(char **argv, int argc, int i, uint64_t standard)
{
	uint64_t value = standard;

	if (i < argc)
		number_u64(text_of(argv[i]), &value);
	return value;
}

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A layer with busybox, and empty ones above it. */
static const char **
make_layers(int dir_fd, const char *dir, size_t n, struct error *err)
{
	const char **lowers = mem_new_n(n, sizeof *lowers);
	auto_fd int in = open("/bin/busybox", O_RDONLY | O_CLOEXEC), out = -1;

	for (size_t i = 0; i < n; i++) {
		auto_free char *name = mem_print("l%zu/bin", i);

		lowers[i] = mem_print("%s/l%zu", dir, i);
		if (file_make_dirs(dir_fd, name, 0755, err) < 0)
			die(err);
		if (i + 1 == n) {
			auto_free char *file = mem_print("l%zu/bin/true", i);

			out = openat(dir_fd, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
			if (file_copy_fd(in, out, NULL, NULL, err) < 0)
				die(err);
		}
	}
	return lowers;
}

static int64_t
run_once(struct sandbox *sb, struct sandbox_run *r, int dir_fd, const char *dir, size_t i,
         struct error *err)
{
	auto_free char *upper = mem_print("%s/u%zu", dir, i),
	               *work = mem_print("%s/w%zu", dir, i);
	struct sandbox_result result = { 0 };
	int64_t before = 0;

	if (mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0)
		die(err);
	r->upper = upper;
	r->work = work;
	before = clock_monotonic_ns();
	if (sandbox_run(sb, r, &result, err) < 0)
		die(err);
	if (result.status != 0 &&
	    error_set(err, ERR_RUN, "status %x", (unsigned)result.status) < 0)
		die(err);
	before = clock_monotonic_ns() - before;
	file_remove_tree(dir_fd, upper + strlen(dir) + 1, err);
	file_remove_tree(dir_fd, work + strlen(dir) + 1, err);
	return before;
}

int
main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	size_t runs = argument(argv, argc, 1, 50), memory = argument(argv, argc, 2, 0)
	                                                    << 20;
	size_t n_lowers = argument(argv, argc, 3, 1);
	int64_t *times = mem_new_n(runs, sizeof *times), made = 0;
	char *dir = mem_print("%s/bench-XXXXXX",
	                      getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR"));
	char *why = NULL, *ballast = NULL;
	struct sandbox_options options = { 0 };
	struct sandbox_run r = { .argv = (const char *const[]){ "/bin/true", NULL },
		                 .env = (const char *const[]){ "PATH=/bin", NULL },
		                 .hosts = TEXT("127.0.0.1 localhost\n"),
		                 .hostname = "bench" };
	struct sandbox *sb = NULL;
	int dir_fd = -1;

	machine_enter(ISOLATION_AUTO, &options.mapping, &why);
	if (mkdtemp(dir) == NULL)
		die(&err);
	dir_fd = file_open_dir(AT_FDCWD, dir, &err);
	ballast = malloc(memory + 1);
	memset(ballast, 1, memory + 1);
	r.lowers = make_layers(dir_fd, dir, n_lowers, &err);
	r.n_lowers = n_lowers;
	options.scratch_fd = dir_fd;
	made = clock_monotonic_ns();
	sb = sandbox_new(&options, &why, &err);
	if (sb == NULL)
		die(&err);
	made = clock_monotonic_ns() - made;
	for (size_t i = 0; i < runs; i++)
		times[i] = run_once(sb, &r, dir_fd, dir, i, &err);
	qsort(times, runs, sizeof *times, by_value);
	printf("%s, ids %d: sandbox_new %.2f ms; run min %.2f median %.2f p90 %.2f ms\n",
	       sandbox_engine(sb), (int)options.mapping, (double)made / 1e6,
	       (double)times[0] / 1e6, (double)times[runs / 2] / 1e6,
	       (double)times[runs * 9 / 10] / 1e6);
	sandbox_free(sb);
	file_remove_tree(AT_FDCWD, dir, &err);
	return 0;
}
