#include <stdio.h>
#include <unistd.h>

#ifndef GREETING
#define GREETING "Hello"
#endif

int
main(void)
{
	printf("%s, as user %d\n", GREETING, (int)getuid());
	return 0;
}
