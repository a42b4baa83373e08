/*
 * What wears out a supervisor. Run inside a step: abuse WAY SECONDS
 *
 * Prints "done WAY" when the step is still served as it should be after that.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static time_t end;

static bool
goes_on(void)
{
	return time(NULL) < end;
}

/* ------------------------------------------------------------ any arguments */

static char *last_page, *read_only;

static long
odd_argument(void)
{
	static const char *const paths[] = { "/",
		                             "..",
		                             "/proc/self/comm",
		                             "/a/b",
		                             "/a",
		                             "/a/",
		                             "/proc/self/fd/1",
		                             "/dev/null",
		                             "",
		                             "/proc/1/mem",
		                             "/proc/self/task",
		                             "//..//a",
		                             "/l",
		                             "/proc/self/root/a" };

	switch (rand() % 9) {
	case 0:
		return -1;
	case 1:
		return 0;
	case 2:
		return AT_FDCWD;
	case 3:
		return (long)(last_page + 4096 - rand() % 8);
	case 4:
		return (long)read_only;
	case 5:
		return rand() % 16;
	case 6:
		return (long)rand() << 31 ^ rand();
	default:
		return (long)paths[(unsigned)rand() % (sizeof paths / sizeof *paths)];
	}
}

static bool
is_left_out(long nr)
{
	static const long numbers[] = {
		SYS_exit,
		SYS_exit_group,
		SYS_rt_sigreturn,
		SYS_pause,
		SYS_kill,
		SYS_tkill,
		SYS_munmap,
		SYS_mremap,
		SYS_mprotect,
		SYS_brk,
		SYS_mmap,
		SYS_rt_sigsuspend,
		SYS_fork,
		SYS_vfork,
		SYS_clone,
		SYS_read,
		SYS_poll,
		SYS_select,
		SYS_futex,
		SYS_nanosleep,
		SYS_alarm,
		SYS_tgkill,
		SYS_ptrace,
		SYS_rt_sigqueueinfo,
		SYS_rt_tgsigqueueinfo,
		SYS_wait4,
		SYS_epoll_wait,
		SYS_shutdown,
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i] == nr)
			return true;
	return false;
}

static void
call_anything(void)
{
	srand((unsigned)getpid());
	for (;;) {
		const long nr = rand() % 335;

		if (!is_left_out(nr))
			syscall(nr, odd_argument(), odd_argument(), odd_argument(),
			        odd_argument(), odd_argument(), odd_argument());
	}
}

/* A call may end the process, or never return. */
static void
flood(void)
{
	pid_t pids[4];

	while (goes_on()) {
		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				call_anything();
		}
		usleep(200000);
		for (int i = 0; i < 4; i++)
			kill(pids[i], SIGKILL);
		while (wait(NULL) > 0)
			continue;
	}
}

/* ------------------------------------------------------------ processes */

static void
fork_always(void)
{
	for (;;)
		if (fork() == 0 && setsid() < 0)
			continue;
}

/* Ends while the others go on. */
static void
forks(void)
{
	const struct rlimit few = { 400, 400 };

	setrlimit(RLIMIT_NPROC, &few);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			fork_always();
	while (goes_on())
		usleep(1000);
}

static void *
open_pipe(void *unused)
{
	(void)unused;
	open("/pipe", O_WRONLY);
	return NULL;
}

/* More than anybody would wait for, some of them killed while they wait. */
static void
pipes(void)
{
	pthread_t thread;
	pthread_attr_t small;

	mkfifo("/pipe", 0600);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	for (int i = 0; i < 20 && goes_on(); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int k = 0; k < 40; k++)
				pthread_create(&thread, &small, open_pipe, NULL);
			pause();
		}
		usleep(20000);
		if (i % 2 == 0)
			kill(pid, SIGKILL);
	}
}

/* ------------------------------------------------------------ repeated calls */

static struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/full.socket" };

static void
make_full_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(address.sun_path);
	bind(fd, (struct sockaddr *)&address, sizeof address);
	listen(fd, 0);
}

static void *
repeat_all(void *way)
{
	for (;;) {
		int fd = -1;
		pid_t pid = 0;

		switch ((int)(intptr_t)way % 4) {
		case 0:
			chdir("/a");
			chdir("..");
			break;
		case 1:
			fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK * (rand() % 2),
			            0);
			connect(fd, (struct sockaddr *)&address, sizeof address);
			close(fd);
			break;
		case 2:
			fd = inotify_init1(0);
			inotify_add_watch(fd, "/a", IN_CREATE);
			close(fd);
			break;
		default:
			pid = vfork();
			if (pid == 0) {
				execl("/abuse", "abuse", "nothing", "0", NULL);
				_exit(1);
			}
			waitpid(pid, NULL, 0);
			break;
		}
	}
	return NULL;
}

static void
nothing(int number)
{
	(void)number;
}

/* Processes are stopped, continued, interrupted and killed while calls are repeated. */
static void
signals(void)
{
	static const int numbers[] = { SIGSTOP, SIGCONT, SIGUSR1, SIGUSR1, SIGCONT };
	pid_t pids[4];

	mkdir("/a", 0755);
	make_full_socket();
	signal(SIGUSR1, nothing);
	while (goes_on()) {
		for (int i = 0; i < 4; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				pthread_t thread;

				for (intptr_t k = 0; k < 4; k++)
					pthread_create(&thread, NULL, repeat_all,
					               (void *)(k + i));
				/* Another thread's exec ends them all. */
				usleep((useconds_t)rand() % 100000);
				execl("/abuse", "abuse", "nothing", "1", NULL);
				_exit(1);
			}
		}
		for (int i = 0; i < 400; i++) {
			kill(pids[rand() % 4], numbers[rand() % 5]);
			usleep(200);
		}
		for (int i = 0; i < 4; i++)
			kill(pids[i], SIGKILL);
		while (wait(NULL) > 0)
			continue;
	}
}

/* ------------------------------------------------------------ means */

static bool
fails(long result, int number)
{
	if (result < 0 && errno == number)
		return true;
	printf("%ld, %m instead of %s\n", result, strerror(number));
	return false;
}

static void
descriptors(void)
{
	const struct rlimit few = { 32, 32 };
	char *const words[] = { "abuse", "nothing", "0", NULL };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	make_full_socket();
	setrlimit(RLIMIT_NOFILE, &few);
	while (dup(1) >= 0)
		continue;
	if (!fails(open("/abuse", O_RDONLY), EMFILE) || !fails(chdir("/"), EMFILE) ||
	    !fails(execv("/abuse", words), EMFILE) ||
	    !fails(open("/made", O_CREAT | O_WRONLY, 0644), EMFILE) ||
	    !fails(connect(fd, (struct sockaddr *)&address, sizeof address), EMFILE))
		exit(1);
	for (int i = 3; i < 32; i++)
		close(i);
}

static void
memory(void)
{
	const struct rlimit little = { 64 << 20, 64 << 20 };
	struct stat st;
	void *bytes = NULL;

	setrlimit(RLIMIT_AS, &little);
	while ((bytes = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED)
		memset(bytes, 1, 1 << 20);
	for (int i = 0; i < 1000; i++)
		if (stat("/abuse", &st) < 0 || chdir("/") < 0)
			exit(1);
}

/* More roots, identities and masks than a supervisor has room for. */
static void
identities(void)
{
	char path[32];

	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof path, "/root-%d", i);
		mkdir(path, 0755);
		if (fork() == 0)
			_exit(chroot(path) < 0 || chdir("/") < 0);
	}
	for (int i = 1; i < 400; i++)
		if (fork() == 0) {
			umask((mode_t)i & 0777);
			_exit(setresuid((uid_t)i, (uid_t)i, (uid_t)i) < 0);
		}
	while (wait(NULL) > 0)
		continue;
}

/* Handlers that do not ask for restarts, as those of shells. */
static volatile sig_atomic_t n_ended;

static void
note_end(int number)
{
	(void)number;
	n_ended++;
}

static void
children(void)
{
	const struct sigaction action = { .sa_handler = note_end };
	char path[4096];
	struct stat st;

	sigaction(SIGCHLD, &action, NULL);
	for (int i = 0; i < 300; i++) {
		const sig_atomic_t before = n_ended;
		const pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		while (n_ended == before)
			if (stat("/abuse", &st) < 0 ||
			    getcwd(path, sizeof path) == NULL || access("/", F_OK) < 0) {
				printf("interrupted: %s\n", strerror(errno));
				exit(1);
			}
		waitpid(pid, NULL, 0);
	}
}

/* More programs and changed directories at once than a supervisor has room for. */
static void
crowd(void)
{
	enum { N = 400 };
	int gate[2], status = 0, failed = 0;
	char byte;

	if (pipe(gate) < 0)
		exit(1);
	for (int i = 0; i < N; i++)
		if (fork() == 0) {
			close(gate[1]);
			read(gate[0], &byte, 1);
			if (chdir("/") < 0)
				_exit(2);
			execl("/abuse", "abuse", "nothing", "0", NULL);
			_exit(3);
		}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < N; i++)
		if (wait(&status) > 0 && status != 0)
			failed++;
	if (failed > 0) {
		printf("%d of %d failed, the last with %d\n", failed, N, status >> 8);
		exit(1);
	}
}

static bool
is_served(void)
{
	struct stat st;
	pid_t pid = fork();
	int status = 1;

	if (pid == 0) {
		execl("/abuse", "abuse", "nothing", "0", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return status == 0 && stat("/abuse", &st) == 0 && chdir("/") == 0;
}

/* Connections that nobody accepts stay in the supervisor's list of calls. */
static void
callers(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/socket" };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(fd, 0) < 0)
		exit(1);
	for (int i = 0; i < 300; i++)
		if (fork() == 0) {
			const int mine = socket(AF_UNIX, SOCK_STREAM, 0);

			_exit(connect(mine, (struct sockaddr *)&address, sizeof address) <
			              0 &&
			      errno != EAGAIN);
		}
	sleep(1);
	unlink("/socket");
}

/* Calls of many kinds, often. */
static void
calls(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/d/socket" };
	char text[256];
	struct stat st;

	mkdir("/d", 0755);
	mkfifo("/d/pipe", 0600);
	symlink("abuse", "/link");
	for (int i = 0; i < 4000; i++) {
		const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		close(open("/d/file", O_CREAT | O_RDWR, 0644));
		close(open("/d/pipe", O_RDWR));
		close(open("/proc/self/status", O_RDONLY));
		close(open("/dev/null", O_WRONLY));
		stat("/d/file", &st);
		chmod("/d/file", (mode_t)i & 07777);
		chown("/d/file", (uid_t)i, 5);
		rename("/d/file", "/d/other");
		link("/d/other", "/d/file");
		readlink("/link", text, sizeof text);
		readlink("/proc/self/exe", text, sizeof text);
		mkdir("/d/e", 0700);
		chdir("/d/e");
		getcwd(text, sizeof text);
		rmdir("/d/e");
		access("/d/none", R_OK);
		bind(fd, (struct sockaddr *)&address, sizeof address);
		connect(fd, (struct sockaddr *)&address, sizeof address);
		unlink("/d/socket");
		unlink("/d/other");
		unlink("/d/file");
		truncate("/d/none", 0);
		close(fd);
		if (i % 20 == 0 && !is_served())
			exit(1);
	}
	printf("after the calls\n");
	sleep(3);
}

/* ------------------------------------------------------------ all */

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*does)(void);
	} ways[] = { { "flood", flood },
		     { "forks", forks },
		     { "pipes", pipes },
		     { "signals", signals },
		     { "descriptors", descriptors },
		     { "memory", memory },
		     { "identities", identities },
		     { "children", children },
		     { "crowd", crowd },
		     { "callers", callers },
		     { "calls", calls } };

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	end = time(NULL) + atoi(argv[2]);
	if (strcmp(argv[1], "nothing") == 0) {
		sleep((unsigned)atoi(argv[2]));
		return 0;
	}
	last_page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                 -1, 0);
	memset(last_page, 'x', 4096);
	munmap(last_page + 4096, 4096);
	read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(argv[1], ways[i].name) == 0) {
			ways[i].does();
			if (strcmp(argv[1], "forks") == 0 || is_served())
				printf("done %s\n", argv[1]);
		}
	return 0;
}
