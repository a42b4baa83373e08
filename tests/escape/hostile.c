/*
 * What a hostile RUN step tries. Run inside the step:
 *
 *	hostile CANARY PID NAME STORE        (see struct aim)
 *
 * Prints "reached NAME" for each try that got somewhere, "tried N" at the end.
 */
#include "hostile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct aim aim;

bool
has_token(int fd)
{
	char bytes[65536];
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(bytes, (size_t)n, TOKEN, strlen(TOKEN)) != NULL;
}

bool
reads(const char *path)
{
	return has_token(open(path, O_RDONLY | O_NONBLOCK));
}

bool
reads_at(int dir_fd, const char *path)
{
	return has_token(openat(dir_fd, path, O_RDONLY | O_NONBLOCK));
}

/* In a process of its own: some do not come back as they were, some wait. */
static bool
attempt(bool (*reaches)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(10);
		_exit(reaches() ? 42 : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

int
main(int argc, char **argv)
{
	const struct try *const all[] = { tries_of_files,       tries_of_processes,
		                          tries_of_the_kernel,  tries_of_devices,
		                          tries_of_descriptors, tries_of_races,
		                          tries_of_supervisors };
	size_t n = 0;

	if (argc != 5)
		return 2;
	aim = (struct aim){ argv[1], argv[3], argv[4], atoi(argv[2]) };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		for (const struct try *t = all[i]; t->name != NULL; t++, n++)
			if (attempt(t->reaches))
				printf("reached %s\n", t->name);
	printf("tried %zu\n", n);
	return 0;
}
