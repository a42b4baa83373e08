/*
 * trap_program: what the tests of builder/sandbox/trap/exec.h execute: shows how it was
 * started, or executes another program in a certain way. Compiled by these tests, once for
 * each kind of program.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <elf.h>
#include <link.h>

extern char **environ;

static char nothing[100000];
static char something[5000] = { 's' };
static _Thread_local int own = 7;

static int
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 3;
}

static int
has_headers(void)
{
	const ElfW(Phdr) *h = (const void *)getauxval(AT_PHDR);
	const size_t n = getauxval(AT_PHNUM);

	for (size_t i = 0; i < n; i++)
		if (h[i].p_type == PT_LOAD)
			return getauxval(AT_PHENT) == sizeof *h;
	return 0;
}

static int
memory_is_good(void)
{
	char *const before = sbrk(0), *more = NULL;

	for (size_t i = 0; i < sizeof nothing; i++)
		if (nothing[i] != 0)
			return 0;
	if (something[0] != 's' || something[4999] != 0 || own != 7)
		return 0;
	if (sbrk(300000) != before)
		return 0;
	memset(before, 1, 300000);
	more = malloc(5000000);
	memset(more, 1, 5000000);
	free(more);
	return 1;
}

/* What others see of us. */
static void
show_files(void)
{
	ElfW(auxv_t) aux[64] = { 0 };
	char text[100000];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text);

	for (ssize_t i = 0; i < n; i++)
		putchar(text[i] == 0 ? '|' : text[i]);
	close(fd);
	fd = open("/proc/self/environ", O_RDONLY);
	n = read(fd, text, sizeof text);
	for (ssize_t i = 0; i < n; i++)
		putchar(text[i] == 0 ? '|' : text[i]);
	close(fd);
	fd = open("/proc/self/auxv", O_RDONLY);
	n = read(fd, aux, sizeof aux - sizeof *aux);
	for (size_t i = 0; n > 0 && aux[i].a_type != AT_NULL; i++)
		/* The C library changes what it says of AT_HWCAP. */
		if (aux[i].a_type != AT_HWCAP &&
		    aux[i].a_un.a_val != getauxval(aux[i].a_type))
			printf(" aux %lu differs", (unsigned long)aux[i].a_type);
	close(fd);
}

static int
show(int argc, char **argv)
{
	char name[17] = "";
	int n = 0;

	prctl(PR_GET_NAME, name);
	for (int i = 0; i < argc; i++)
		printf("[%s]", argv[i]);
	show_files();
	for (char **e = environ; *e != NULL; e++)
		n++;
	printf(" name=%s comm=%s env=%d secure=%lu fds=%d headers=%d memory=%d "
	       "aligned=%d\n",
	       (const char *)getauxval(AT_EXECFN), name, n, getauxval(AT_SECURE),
	       open_descriptors(), has_headers(), memory_is_good(),
	       (int)((unsigned long)__builtin_frame_address(0) % 16 == 0));
	return 0;
}

static int
failed(void)
{
	printf("errno %d\n", errno);
	return 9;
}

static void *
execute(void *argv)
{
	char **words = argv;

	execv(words[0], words);
	exit(failed());
}

static int
in_thread(char **words)
{
	pthread_t other, one;

	pthread_create(&other, NULL, (void *(*)(void *))(void (*)(void))pause, NULL);
	pthread_create(&one, NULL, execute, words);
	pthread_join(one, NULL);
	return 1;
}

static int
in_threads(int n, char **words)
{
	pthread_t last;

	for (int i = 0; i < n; i++)
		pthread_create(&last, NULL, execute, words);
	pthread_join(last, NULL);
	pause();
	return 1;
}

static void *
change_directory(void *path)
{
	while (chdir(path) == 0)
		continue;
	return NULL;
}

/* Executes WORDS while other threads are in calls that are made by themselves, too. */
static int
among_threads(int n, char **words)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	char here[] = "/";
	pthread_t thread;

	for (int i = 0; i < n; i++)
		pthread_create(&thread, NULL, change_directory, here);
	nanosleep(&pause, NULL);
	return in_thread(words);
}

static int
by_descriptor(const char *flags, char **words)
{
	const int fd = open(words[0], (flags[0] == 'p' ? O_PATH : O_RDONLY) |
	                                      (flags[1] == 'c' ? O_CLOEXEC : 0));
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (flags[2] == 'p')
		execv(path, words);
	else
		syscall(SYS_execveat, fd, "", words, environ, AT_EMPTY_PATH);
	return failed();
}

/* N children, of which each other shares our memory until its exec. */
static int
storm(int n, char **words)
{
	int good = 0;

	for (int i = 0; i < n; i++) {
		const pid_t pid = i % 2 == 0 ? vfork() : fork();
		int status = -1;

		if (pid == 0) {
			execv(words[0], words);
			_exit(99);
		}
		waitpid(pid, &status, 0);
		good += status == 0;
	}
	printf("%d of %d\n", good, n);
	return good == n ? 0 : 1;
}

static int
many(size_t n, char **words)
{
	char **args = calloc(n + 2, sizeof *args);

	for (size_t i = 0; i < n; i++)
		args[i] = i == 0 ? words[0] : words[1];
	execv(words[0], args);
	return failed();
}

static void
on_signal(int number)
{
	(void)number;
}

/* A connection for which there is no room yet. */
static int
connect_to(const char *path, int seconds, int flags)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = flags };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	          n = open_descriptors();

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	sigaction(SIGALRM, &act, NULL);
	alarm((unsigned)seconds);
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) < 0)
		printf("errno %d", errno);
	else
		printf("connected");
	printf(" and %d more descriptors\n", open_descriptors() - n);
	return 0;
}

/* As a debugger begins. */
static int
traced(char **words)
{
	int status = 0;
	const pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execute(words);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	return 0;
}

/* Executes WORDS, and sends it signals until it has ended. */
static int
harass(int first, int second, char **words)
{
	const struct timespec pause = { .tv_nsec = 300000 };
	int status = 0;
	const pid_t pid = fork();

	if (pid == 0)
		execute(words);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		kill(pid, first);
		nanosleep(&pause, NULL);
		kill(pid, second);
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int
go(const char *path)
{
	const int n = open_descriptors();
	char cwd[4096];

	if (chdir(path) < 0)
		return failed();
	printf("%s and %d more descriptors\n", getcwd(cwd, sizeof cwd),
	       open_descriptors() - n);
	return 0;
}

static int
number(const char *text)
{
	return (int)strtol(text, NULL, 10);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(what, "exec") == 0)
		execute(argv + 2);
	if (strcmp(what, "thread") == 0)
		return in_thread(argv + 2);
	if (strcmp(what, "threads") == 0)
		return in_threads(number(argv[2]), argv + 3);
	if (strcmp(what, "among") == 0)
		return among_threads(number(argv[2]), argv + 3);
	if (strcmp(what, "traced") == 0)
		return traced(argv + 2);
	if (strcmp(what, "stopped") == 0)
		return harass(SIGSTOP, SIGCONT, argv + 2);
	if (strcmp(what, "signalled") == 0)
		return harass(SIGCHLD, SIGWINCH, argv + 2);
	if (strcmp(what, "descriptor") == 0)
		return by_descriptor(argv[2], argv + 3);
	if (strcmp(what, "storm") == 0)
		return storm(number(argv[2]), argv + 3);
	if (strcmp(what, "many") == 0)
		return many((size_t)number(argv[2]), argv + 3);
	if (strcmp(what, "connect") == 0)
		return connect_to(argv[2], number(argv[3]),
		                  argv[4][0] == 'r' ? SA_RESTART : 0);
	if (strcmp(what, "chdir") == 0)
		return go(argv[2]);
	if (strcmp(what, "count") == 0) {
		printf("%d\n", argc);
		return 0;
	}
	return strcmp(what, "end") == 0 ? 0 : show(argc, argv);
}
