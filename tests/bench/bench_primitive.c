/*
 * bench_primitive: what a builder's work costs at least, one thread, nothing kept.
 *
 *	bench_primitive walk DIR            every entry's metadata
 *	bench_primitive pack DIR FILE       all files into a tar with its SHA-256
 *	bench_primitive hash FILE OUT       a file copied, with its SHA-256
 *	bench_primitive run N LOWER DIR     N times namespaces, an overlay on LOWER, true
 *	bench_primitive time PROGRAM …      any program, whose peak memory in kB is added
 *
 * Prints the seconds it took.
 */
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"

#define BLOCK 512
#define CHUNK ((size_t)1 << 20)
#define STACK ((size_t)64 * 1024)

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* ------------------------------------------------------------ pack, hash */

/* Collects a chunk at a time: hashed, then written. */
struct sink {
	EVP_MD_CTX *hash;
	unsigned char *chunk;
	size_t n;
	int fd;
};

static void
sink_open(struct sink *s, const char *path)
{
	s->hash = EVP_MD_CTX_new();
	s->chunk = mem_new_n(CHUNK, 1);
	s->n = 0;
	s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->fd < 0 || EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) != 1)
		die(path);
}

static void
sink_flush(struct sink *s)
{
	EVP_DigestUpdate(s->hash, s->chunk, s->n);
	for (size_t done = 0; done < s->n;) {
		ssize_t n = write(s->fd, s->chunk + done, s->n - done);

		if (n <= 0)
			die("write");
		done += (size_t)n;
	}
	s->n = 0;
}

/* Where up to the returned number of bytes can be put. */
static unsigned char *
sink_space(struct sink *s, size_t *n)
{
	if (s->n == CHUNK)
		sink_flush(s);
	*n = CHUNK - s->n;
	return s->chunk + s->n;
}

static void
sink_close(struct sink *s)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	sink_flush(s);
	EVP_DigestFinal_ex(s->hash, digest, NULL);
	EVP_MD_CTX_free(s->hash);
	free(s->chunk);
	close(s->fd);
}

static void
take_file(struct sink *s, int fd)
{
	for (;;) {
		size_t room = 0;
		unsigned char *p = sink_space(s, &room);
		ssize_t n = read(fd, p, room);

		if (n < 0)
			die("read");
		if (n == 0)
			return;
		s->n += (size_t)n;
	}
}

/* A header that is good enough to cost what one costs. */
static void
take_header(struct sink *s, const char *name, const struct stat *st)
{
	size_t room = 0;
	unsigned char *p = NULL;

	if (CHUNK - s->n < BLOCK)
		sink_flush(s);
	p = sink_space(s, &room);
	memset(p, 0, BLOCK);
	snprintf((char *)p, BLOCK, "%.99s", name);
	snprintf((char *)p + 100, BLOCK - 100, "%07o", (unsigned)st->st_mode & 07777U);
	snprintf((char *)p + 124, BLOCK - 124, "%011llo",
	         (unsigned long long)st->st_size);
	s->n += BLOCK;
}

static void
pad(struct sink *s, size_t size)
{
	size_t room = 0, n = (BLOCK - size % BLOCK) % BLOCK;

	if (CHUNK - s->n < n)
		sink_flush(s);
	memset(sink_space(s, &room), 0, n);
	s->n += n;
}

/* ------------------------------------------------------------ walk */

/* SINK: NULL to look at metadata only. */
static size_t
walk(int parent, const char *name, struct sink *sink)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;

	if (dir == NULL)
		die(name);
	for (struct dirent *d = readdir(dir); d != NULL; d = readdir(dir)) {
		struct stat st;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(d->d_name);
		n++;
		if (sink != NULL)
			take_header(sink, d->d_name, &st);
		if (S_ISDIR(st.st_mode))
			n += walk(fd, d->d_name, sink);
		if (S_ISREG(st.st_mode) && sink != NULL) {
			int file = openat(fd, d->d_name, O_RDONLY | O_CLOEXEC);

			if (file < 0)
				die(d->d_name);
			take_file(sink, file);
			pad(sink, (size_t)st.st_size);
			close(file);
		}
	}
	closedir(dir);
	return n;
}

static void
pack(const char *dir, const char *path)
{
	struct sink sink;

	sink_open(&sink, path);
	walk(AT_FDCWD, dir, &sink);
	sink_close(&sink);
}

static void
hash(const char *from, const char *to)
{
	struct sink sink;
	int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(from);
	sink_open(&sink, to);
	take_file(&sink, fd);
	sink_close(&sink);
	close(fd);
}

/* ------------------------------------------------------------ run */

struct root {
	char *dir, *options;
};

/* In the new namespaces; shares the parent's memory until it is replaced. */
static int
child(void *arg)
{
	static char name[] = "/bin/true";
	char *const argv[] = { name, NULL }, *const env[] = { NULL };
	const struct root *r = arg;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("overlay", r->dir, "overlay", 0, r->options) == 0 &&
	    chdir(r->dir) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
	    umount2(".", MNT_DETACH) == 0)
		execve(*argv, argv, env);
	_exit(127);
}

static void
run_once(const char *lower, const char *dir, unsigned long i, char *stack)
{
	auto_free char *upper = mem_print("%s/upper%lu", dir, i);
	auto_free char *work = mem_print("%s/work%lu", dir, i);
	auto_free char *root = mem_print("%s/root", dir);
	auto_free char *options = mem_print("lowerdir=%s,upperdir=%s,workdir=%s,volatile",
	                                    lower, upper, work);
	struct root r = { .dir = root, .options = options };
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS, status = 0;
	pid_t pid;

	mkdir(root, 0755);
	if (mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0)
		die(dir);
	pid = clone(child, stack + STACK, flags | CLONE_VM | CLONE_VFORK | SIGCHLD, &r);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		die("true");
}

static void
run(unsigned long n, const char *lower, const char *dir)
{
	auto_free char *stack = mem_new_n(STACK, 1);

	for (unsigned long i = 0; i < n; i++)
		run_once(lower, dir, i, stack);
}

/* ------------------------------------------------------------ time */

/* As a child of this small process: a peak is passed on to what is executed. Its output
 * goes to our standard error. -1, or its exit code. */
static int
time_program(char *const argv[])
{
	int64_t start = clock_monotonic_ns();
	struct rusage usage;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(*argv, argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		die(*argv);
	printf("%.6f %ld\n", (double)(clock_monotonic_ns() - start) / 1e9,
	       usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
main(int argc, char **argv)
{
	int64_t start = clock_monotonic_ns();

	if (argc > 2 && strcmp(argv[1], "time") == 0)
		return time_program(argv + 2);
	if (argc == 3 && strcmp(argv[1], "walk") == 0)
		walk(AT_FDCWD, argv[2], NULL);
	else if (argc == 4 && strcmp(argv[1], "pack") == 0)
		pack(argv[2], argv[3]);
	else if (argc == 4 && strcmp(argv[1], "hash") == 0)
		hash(argv[2], argv[3]);
	else if (argc == 5 && strcmp(argv[1], "run") == 0)
		run(strtoul(argv[2], NULL, 10), argv[3], argv[4]);
	else
		return fprintf(stderr, "see the head of bench_primitive.c\n"), 2;
	printf("%.6f\n", (double)(clock_monotonic_ns() - start) / 1e9);
	return 0;
}
