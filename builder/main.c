#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"
#include "builder/cli/cli.h"

/* A closed standard stream would become the next file that is opened: messages would be
 * written into it. Opened so that to read from it, or to write to it, still fails. */
static void
open_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", way) < 0)
			(void)open("/", O_PATH | O_DIRECTORY);
	}
}

int
main(int argc, char **argv)
{
	open_standard_streams();
	mem_setup();
	return cli_main(argc, argv);
}
