/*
 * own_dev: a /dev in a namespace of the test's own, which stands for the machine's:
 * whatever fails here must not change that.
 */
#ifndef TESTS_LIB_OWN_DEV_H
#define TESTS_LIB_OWN_DEV_H

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const struct {
	const char *name;
	unsigned major, minor;
} own_dev_nodes[] = {
	{ "null", 1, 3 },   { "zero", 1, 5 },    { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

/* -1 with errno: it cannot be had. */
static inline int
own_dev_make(void)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=755") < 0)
		return -1;
	umask(0);
	for (size_t i = 0; i < sizeof own_dev_nodes / sizeof *own_dev_nodes; i++) {
		char path[32];

		snprintf(path, sizeof path, "/dev/%s", own_dev_nodes[i].name);
		if (mknod(path, S_IFCHR | 0666,
		          makedev(own_dev_nodes[i].major, own_dev_nodes[i].minor)) < 0)
			return -1;
	}
	umask(022);
	return 0;
}

#endif
