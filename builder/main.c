#include "base/mem.h"
#include "builder/cli/cli.h"

int
main(int argc, char **argv)
{
	mem_setup();
	return cli_main(argc, argv);
}
