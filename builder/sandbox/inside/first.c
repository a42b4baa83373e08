#include "builder/sandbox/inside/first.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/count.h"
#include "builder/sandbox/inside/descriptors.h"
#include "builder/sandbox/inside/fs.h"
#include "builder/sandbox/inside/init.h"
#include "builder/sandbox/inside/mount_ops.h"
#include "builder/sandbox/inside/network.h"
#include "builder/sandbox/inside/probe.h"
#include "builder/sandbox/inside/start.h"
#include "builder/sandbox/inside/sys.h"

/* A path of the step must not reach files that are open here by accident. */
static int
keep_needed(struct recipe *recipe, const int *fds, int *devices_fd,
            int kept[RECIPE_FD_FIRST])
{
	static const int places[] = { RECIPE_FD_REPORT, RECIPE_FD_OUT, RECIPE_FD_ERR,
		                      RECIPE_FD_IN, RECIPE_FD_PROBE };
	const int n = COUNT_OF(places), other = SPAWNER_FD_FIRST + n;
	const bool asks = recipe->owner_marks != 0;
	int needed[COUNT_OF(places) + 1] = { 0 };

	for (int i = 0; i < n; i++)
		needed[i] = fds[places[i]];
	needed[n] = asks ? recipe->listener_socket : *devices_fd;
	if (descriptors_keep(SPAWNER_FD_FIRST, needed,
	                     n + (asks || *devices_fd >= 0 ? 1 : 0)) < 0)
		return recipe_fail(recipe, STAGE_START, errno, "descriptors");
	for (int i = 0; i < RECIPE_FD_FIRST; i++)
		kept[i] = -1;
	for (int i = 0; i < n; i++)
		kept[places[i]] = SPAWNER_FD_FIRST + i;
	if (asks)
		recipe->listener_socket = other;
	else if (*devices_fd >= 0)
		*devices_fd = other;
	return 0;
}

static int
set_names(struct recipe *recipe)
{
	const char *hostname = recipe_text(recipe, recipe->hostname);

	/* Container profiles may refuse it; nothing depends on it. */
	if (hostname != NULL)
		syscall(SYS_sethostname, hostname, strlen(hostname));
	/* Keys of the builder's session are not for the program. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	/* Some containers may make a network but not change it. */
	if (recipe->new_net != 0 && network_up() < 0 && errno != EPERM)
		return recipe_fail(recipe, STAGE_START, errno, "network");
	return 0;
}

static int
join_cgroup(struct recipe *recipe, const int *fds)
{
	if (recipe->has_cgroup == 0 || sys_write(fds[RECIPE_FD_CGROUP], "0", 1) == 1)
		return 0;
	return recipe_fail(recipe, STAGE_CGROUP, errno, NULL);
}

/* When all that has to be made in it is there. */
static int
close_root(struct recipe *recipe)
{
	int fd = -1;

	if (recipe->readonly_root == 0)
		return 0;
	fd = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY, 0);
	if (fd < 0 ||
	    fs_restrict(fd, false, fs_attributes(recipe) | MOUNT_ATTR_RDONLY) < 0)
		return recipe_fail(recipe, STAGE_READONLY, errno, NULL);
	sys_close(fd);
	return 0;
}

void
first_main(struct recipe *recipe, const int *fds, const struct first_supervisors *with)
{
	struct mount_ctx mounts = {
		.recipe = recipe,
		.fds = fds,
		.root_fd = -1,
		.stage_fd = -1,
		.devices_fd = -1,
	};
	int kept[RECIPE_FD_FIRST];

	prctl(PR_SET_NAME, "init");
	syscall(SYS_setsid);
	if (join_cgroup(recipe, fds) < 0)
		sys_exit(1);
	if (recipe->owner_marks != 0 && recipe->engine == RECIPE_NS &&
	    with->owners_split(recipe, fds) < 0)
		sys_exit(1);
	if (recipe->engine == RECIPE_CHROOT)
		with->chroot_main(recipe, fds);
	if (recipe->engine == RECIPE_TRAP)
		with->trap_main(recipe, fds);
	if (mount_ops_run(&mounts) < 0 || mount_ops_pivot(&mounts) < 0 ||
	    set_names(recipe) < 0 ||
	    keep_needed(recipe, fds, &mounts.devices_fd, kept) < 0 ||
	    start_enter_cwd(recipe) < 0 || close_root(recipe) < 0)
		sys_exit(1);
	if (recipe->purpose == RECIPE_PROBE) {
		recipe_report(recipe)->started = probe_files(recipe) == 0;
		sys_exit(0);
	}
	init_main(recipe, kept, mounts.devices_fd);
}
