/*
 * attr: extended attributes for steps that have nothing but busybox.
 *
 *	attr set NAME HEX FILE    attr remove NAME FILE
 *	attr capability FILE      prints security.capability in hex, "-" if there is none
 */
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

enum { VALUE_MAX = 256 };

static size_t
from_hex(const char *hex, unsigned char out[VALUE_MAX])
{
	size_t n = 0;

	while (n < VALUE_MAX && sscanf(hex + 2 * n, "%2hhx", &out[n]) == 1)
		n++;
	return n;
}

static int
print_capability(const char *file)
{
	unsigned char value[VALUE_MAX];
	ssize_t n = lgetxattr(file, "security.capability", value, sizeof value);

	for (ssize_t i = 0; i < n; i++)
		printf("%02x", value[i]);
	puts(n < 0 ? "-" : "");
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned char value[VALUE_MAX];
	int failed = 2;

	if (argc == 3 && strcmp(argv[1], "capability") == 0)
		return print_capability(argv[2]);
	if (argc == 5 && strcmp(argv[1], "set") == 0)
		failed = lsetxattr(argv[4], argv[2], value, from_hex(argv[3], value), 0);
	else if (argc == 4 && strcmp(argv[1], "remove") == 0)
		failed = lremovexattr(argv[3], argv[2]);
	if (failed < 0)
		perror(argv[1]);
	return failed != 0;
}
