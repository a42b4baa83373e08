/* Devices. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "hostile.h"

/* In each file system that a step may write to. */
static bool
opens_node(mode_t type, unsigned major, unsigned minor)
{
	static const char *const places[] = { "/node", "/dev/node", "/dev/shm/node",
		                              "/dev/mqueue/node", "/cache/node" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int fd = -1;

		unlink(places[i]);
		if (mknod(places[i], type | 0666, makedev(major, minor)) < 0)
			continue;
		fd = open(places[i], O_RDONLY | O_NONBLOCK);
		unlink(places[i]);
		if (fd >= 0)
			return true;
	}
	return false;
}

static bool
disks(void)
{
	static const unsigned majors[] = { 8, 252, 253, 254, 259, 7, 179 };

	for (size_t i = 0; i < sizeof majors / sizeof *majors; i++)
		if (opens_node(S_IFBLK, majors[i], 0))
			return true;
	return false;
}

static bool
memory_devices(void)
{
	return opens_node(S_IFCHR, 1, 1) || opens_node(S_IFCHR, 1, 4) ||
	       open("/dev/mem", O_RDONLY) >= 0 || open("/dev/kmem", O_RDONLY) >= 0;
}

static bool
other_devices(void)
{
	static const char *const expected[] = { "null",    "zero",   "full", "random",
		                                "urandom", "tty",    "pts",  "shm",
		                                "mqueue",  "fd",     "core", "stdin",
		                                "stdout",  "stderr", "ptmx", ".",
		                                "..",      "console" };
	DIR *dir = opendir("/dev");
	const struct dirent *d = NULL;
	bool found = false;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		bool known = false;

		for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
			known = known || strcmp(d->d_name, expected[i]) == 0;
		found = found || !known;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* Nodes that the base image brings along. */
static bool
nodes_of_image(void)
{
	return open("/image/disk", O_RDONLY | O_NONBLOCK) >= 0 ||
	       open("/image/memory", O_RDONLY | O_NONBLOCK) >= 0;
}

const struct try tries_of_devices[] = {
	{ "disks", disks },
	{ "memory-devices", memory_devices },
	{ "other-devices", other_devices },
	{ "nodes-of-image", nodes_of_image },
	{ NULL, NULL },
};
