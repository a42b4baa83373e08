/* agent_keys SOCKET: asks an ssh agent for its keys, in two pieces and over three
 * connections at once, and prints how many there are. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS 3

static int
connect_to(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(at.sun_path, path, sizeof at.sun_path - 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
		perror(path);
		return -1;
	}
	return fd;
}

/* SSH2_AGENTC_REQUEST_IDENTITIES is message 11, its answer is message 12. */
static int
count_keys(int fd)
{
	static const char request[] = { 0, 0, 0, 1, 11 };
	unsigned char answer[9];
	size_t n = 0;
	uint32_t keys;

	if (write(fd, request, 2) != 2 || write(fd, request + 2, 3) != 3)
		return -1;
	while (n < sizeof answer) {
		ssize_t got = read(fd, answer + n, sizeof answer - n);

		if (got <= 0)
			return -1;
		n += (size_t)got;
	}
	memcpy(&keys, answer + 5, sizeof keys);
	return answer[4] == 12 ? (int)ntohl(keys) : -1;
}

int
main(int argc, char **argv)
{
	int fds[CONNECTIONS], keys = 0;

	if (argc != 2)
		return 2;
	for (int i = 0; i < CONNECTIONS; i++)
		if ((fds[i] = connect_to(argv[1])) < 0)
			return 1;
	for (int i = CONNECTIONS; i-- > 0;)
		if ((keys = count_keys(fds[i])) < 0)
			return 1;
	printf("%d keys\n", keys);
	return 0;
}
