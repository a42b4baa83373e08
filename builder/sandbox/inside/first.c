#include "builder/sandbox/inside/first.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/prctl.h>

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
	const bool asks = recipe->owner_marks != 0;
	const int needed[] = { fds[RECIPE_FD_REPORT], fds[RECIPE_FD_OUT],
		               fds[RECIPE_FD_ERR],
		               asks ? recipe->listener_socket : *devices_fd };

	if (descriptors_keep(SPAWNER_FD_FIRST, needed, asks || *devices_fd >= 0 ? 4 : 3) <
	    0)
		return recipe_fail(recipe, STAGE_START, errno, "descriptors");
	for (int i = 0; i < RECIPE_FD_FIRST; i++)
		kept[i] = -1;
	kept[RECIPE_FD_REPORT] = SPAWNER_FD_FIRST;
	kept[RECIPE_FD_OUT] = SPAWNER_FD_FIRST + 1;
	kept[RECIPE_FD_ERR] = SPAWNER_FD_FIRST + 2;
	if (asks)
		recipe->listener_socket = SPAWNER_FD_FIRST + 3;
	else if (*devices_fd >= 0)
		*devices_fd = SPAWNER_FD_FIRST + 3;
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
	if (mount_ops_run(&mounts) < 0 || mount_ops_pivot(&mounts) < 0 ||
	    set_names(recipe) < 0 ||
	    keep_needed(recipe, fds, &mounts.devices_fd, kept) < 0 ||
	    start_enter_cwd(recipe) < 0)
		sys_exit(1);
	if (recipe->purpose == RECIPE_PROBE) {
		recipe_report(recipe)->started = probe_files(recipe) == 0;
		sys_exit(0);
	}
	init_main(recipe, kept, mounts.devices_fd);
}
