/*
 * bench_compress: what the encoders of layers make of a file.
 *
 *	out/release/bench/bench_compress layer.tar [gzip|zstd [level…]]
 *
 * For every level: megabytes of input a second of wall and of CPU time, the ratio,
 * and the speed of decompressing it again; for one thread and for all CPUs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/job.h"
#include "base/number.h"
#include "layers/compress_stream.h"
#include "layers/decompress.h"

#define CHUNK    ((size_t)256 * 1024)
#define MEGA     1e6
#define FILE_MAX ((size_t)4 << 30)

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
wall_seconds(void)
{
	return (double)clock_monotonic_ns() / 1e9;
}

static int
to_file(void *arg, const void *bytes, size_t n, struct error *err)
{
	return file_write_all(*(int *)arg, bytes, n, err);
}

static int
compress_all(const struct compressor *c, struct text in, int fd, struct error *err)
{
	auto_compress struct compress_stream *s = compress_open(c, NULL, to_file, &fd, err);

	if (s == NULL)
		return -1;
	for (size_t at = 0; at < in.n; at += CHUNK) {
		size_t n = in.n - at < CHUNK ? in.n - at : CHUNK;

		if (compress_write(s, in.p + at, n, err) < 0)
			return -1;
	}
	return compress_finish(s, err);
}

static int
decompress_all(int fd, struct error *err)
{
	auto_free char *chunk = mem_new(CHUNK);
	auto_decompressor struct decompressor *d = NULL;
	ssize_t n = 0;

	lseek(fd, 0, SEEK_SET);
	d = decompressor_open(fd, err);
	if (d == NULL)
		return -1;
	do
		n = decompressor_read(d, chunk, CHUNK, err);
	while (n > 0);
	return (int)n;
}

static int
measure(const struct compressor *c, struct text in, struct error *err)
{
	auto_fd int fd = memfd_create("bench", MFD_CLOEXEC);
	double cpu = cpu_seconds(), wall = wall_seconds(), back, size = (double)in.n;
	struct rusage usage;

	if (compress_all(c, in, fd, err) < 0)
		return -1;
	cpu = cpu_seconds() - cpu;
	wall = wall_seconds() - wall;
	back = wall_seconds();
	if (decompress_all(fd, err) < 0)
		return -1;
	back = wall_seconds() - back;
	getrusage(RUSAGE_SELF, &usage);
	printf("%-5s %3d  threads %zu  %7.1f MB/s wall  %7.1f MB/s CPU  ratio %5.3f  "
	       "back %7.1f MB/s  peak %ld MB\n",
	       c->kind == COMPRESS_GZIP ? "gzip" : "zstd", c->level, c->threads,
	       size / MEGA / wall, size / MEGA / cpu,
	       size / (double)lseek(fd, 0, SEEK_END), size / MEGA / back,
	       usage.ru_maxrss / 1024);
	fflush(stdout);
	return 0;
}

static int
measure_level(enum compression kind, int level, struct text in, struct error *err)
{
	struct compressor c = { .kind = kind, .level = level, .threads = 1 };

	if (measure(&c, in, err) < 0)
		return -1;
	c.threads = job_cpus();
	return c.threads == 1 ? 0 : measure(&c, in, err);
}

static int
run(int argc, char **argv, struct error *err)
{
	static const int gzip_levels[] = { 1, 3, 4, 5, 6, 7, 8, 9 },
	                 zstd_levels[] = { 1, 2, 3, 6, 9 };
	auto_buf struct buf in = BUF_INIT;
	enum compression only = COMPRESS_NONE;

	if (argc < 2 || file_read(AT_FDCWD, argv[1], FILE_MAX, &in, err) != 1)
		return error_set(err, ERR_USAGE, "bench_compress FILE [FORMAT [LEVEL…]]");
	if (argc > 2 && !compression_parse(text_of(argv[2]), &only))
		return error_set(err, ERR_USAGE, "%s: not a format", argv[2]);
	for (int i = 3; i < argc; i++) {
		int64_t level;

		if (!number_i64(text_of(argv[i]), &level) ||
		    measure_level(only, (int)level, buf_text(&in), err) < 0)
			return -1;
	}
	if (argc > 3)
		return 0;
	for (size_t i = 0; only != COMPRESS_ZSTD && i < sizeof gzip_levels / sizeof(int);
	     i++)
		if (measure_level(COMPRESS_GZIP, gzip_levels[i], buf_text(&in), err) < 0)
			return -1;
	for (size_t i = 0; only != COMPRESS_GZIP && i < sizeof zstd_levels / sizeof(int);
	     i++)
		if (measure_level(COMPRESS_ZSTD, zstd_levels[i], buf_text(&in), err) < 0)
			return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	auto_error struct error err = ERROR_INIT;

	if (run(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "bench_compress: %s\n", err.text == NULL ? "failed" : err.text);
	return 1;
}
