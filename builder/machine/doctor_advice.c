#include "builder/machine/doctor_advice.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/text.h"
#include "builder/sandbox/contained.h"

#define TEXT_MAX 65536
#define YAMA     "/proc/sys/kernel/yama/ptrace_scope"

/* ------------------------------------------------------------ where we are */

static bool
file_starts(const char *name, const char *with)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;

	return file_read(AT_FDCWD, name, TEXT_MAX, &text, &err) > 0 &&
	       text_starts(buf_text(&text), with);
}

static bool
has_filter(void)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;

	return file_read(AT_FDCWD, "/proc/self/status", TEXT_MAX, &text, &err) > 0 &&
	       strstr(buf_str(&text), "\nSeccomp:\t2") != NULL;
}

void
doctor_scene_look(struct doctor_scene *out)
{
	*out = (struct doctor_scene){
		.is_root = geteuid() == 0,
		.is_contained = is_contained(),
		.is_filtered = has_filter(),
		.has_cgroups = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0,
		.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
		.hides_users = file_starts("/proc/sys/kernel/unprivileged_userns_clone",
		                           "0"),
		.guards_traces = file_starts(YAMA, "2") || file_starts(YAMA, "3"),
		.guards_users = file_starts(
		        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
	};
}

/* ------------------------------------------------------------ what helps */

#define UNFILTERED                                                                       \
	"docker run --security-opt seccomp=unconfined; in a pod: seccompProfile: "       \
	"{type: Unconfined}"

static const char *
for_user(const struct doctor_scene *s, int sys)
{
	if (s->is_filtered && sys != ENOSPC)
		return UNFILTERED;
	if (s->hides_users)
		return "sysctl kernel.unprivileged_userns_clone=1";
	return "sysctl user.max_user_namespaces=15000";
}

static const char *
for_mounts(const struct doctor_scene *s, int sys)
{
	if (s->failed[DOCTOR_USER])
		return "as for the user namespace";
	if (s->guards_users)
		return "sysctl kernel.apparmor_restrict_unprivileged_userns=0";
	if (s->is_filtered && sys != EACCES)
		return UNFILTERED;
	return "docker run --security-opt apparmor=unconfined; in a pod: "
	       "appArmorProfile: {type: Unconfined}";
}

/* SYS: see userns.h. In a container the set-id bit is not enough: the process that writes
 * a map must own the namespace, or have CAP_SYS_ADMIN. */
static const char *
for_ranges(const struct doctor_scene *s, int sys)
{
	if (s->failed[DOCTOR_USER])
		return "as for the user namespace";
	if (sys == EACCES && s->no_new_privs)
		return s->is_contained ? "in a pod: allowPrivilegeEscalation: true; "
		                         "docker run without --security-opt "
		                         "no-new-privileges"
		                       : "start it without no_new_privs";
	if (sys == EPERM)
		return "setcap cap_setuid=ep newuidmap, setcap cap_setgid=ep newgidmap, "
		       "and chmod u-s for both";
	if (s->is_contained)
		return "run the container as root (in a pod: runAsUser: 0)";
	return "apt-get install uidmap, and a line \"NAME:100000:65536\" in /etc/subuid "
	       "and /etc/subgid";
}

static const char *
for_landlock(const struct doctor_scene *s, int sys)
{
	if (sys == EOPNOTSUPP)
		return "lsm=landlock,… on the kernel's command line";
	if (s->is_filtered)
		return "a container runtime that knows it (since 2021), on Linux 5.19 or "
		       "newer";
	return "Linux 5.19 or newer";
}

static const char *
for_limits(const struct doctor_scene *s)
{
	if (s->is_contained)
		return "set limits for the container: it may not set its own";
	if (!s->has_cgroups)
		return "systemd.unified_cgroup_hierarchy=1 on the kernel's command line";
	if (s->is_root)
		return "systemd-run --scope -p Delegate=yes cooper build …";
	return "systemd-run --user --scope -p Delegate=yes cooper build …";
}

static const char *
for_foreign(const struct doctor_scene *s, int sys)
{
	if (s->failed[DOCTOR_MOUNTS])
		return "as for the mount namespace";
	return sys == ENOENT ? "apt-get install qemu-user-static" : "Linux 6.7 or newer";
}

static const char *
for_tracing(const struct doctor_scene *s)
{
	if (s->guards_traces)
		return "sysctl kernel.yama.ptrace_scope=1";
	if (s->is_filtered)
		return "a filter that allows ptrace and process_vm_readv, as Docker's "
		       "and "
		       "containerd's do on Linux 4.8 or newer";
	return "a kernel with CONFIG_CROSS_MEMORY_ATTACH (gVisor cannot trace so)";
}

/* Than engine "trap". */
static const char *
for_speed(const struct doctor_scene *s)
{
	if (s->failed[DOCTOR_USER])
		return for_user(s, EPERM);
	if (s->failed[DOCTOR_MOUNTS])
		return for_mounts(s, EPERM);
	if (s->is_filtered)
		return "a filter that allows chroot, or subordinate ids for this user";
	return "--isolation=auto";
}

static const char *
for_run(const struct doctor_scene *s)
{
	if (!s->is_root && s->failed[DOCTOR_USER] &&
	    (s->failed[DOCTOR_TRACING] || s->failed[DOCTOR_NOTIFICATION]))
		return "as for the user namespace, or what engine \"trap\" needs: system "
		       "call notification and tracing; Dockerfiles without RUN build "
		       "anyway";
	if (!s->failed[DOCTOR_USER] && !s->failed[DOCTOR_MOUNTS])
		return "--isolation=auto";
	if (s->is_contained && !s->is_root)
		return "run the container as root (in a pod: runAsUser: 0); Dockerfiles "
		       "without RUN build anyway";
	return "as for the user namespace; Dockerfiles without RUN build anyway";
}

static const char *
for_proc(const struct doctor_scene *s)
{
	if (s->failed[DOCTOR_MOUNTS])
		return "as for the mount namespace";
	if (!s->is_contained)
		return "umount what covers parts of /proc";
	return "docker run --security-opt systempaths=unconfined; in a pod: procMount: "
	       "Unmasked with hostUsers: false (else steps see the container's)";
}

const char *
doctor_advice(enum doctor_subject subject, const struct doctor_scene *s, int sys)
{
	switch (subject) {
	case DOCTOR_USER:
		return for_user(s, sys);
	case DOCTOR_RANGES:
		return for_ranges(s, sys);
	case DOCTOR_MOUNTS:
		return for_mounts(s, sys);
	case DOCTOR_OVERLAY:
		return s->failed[DOCTOR_MOUNTS] ? "as for the mount namespace"
		                                : "a store (--root) on ext4, xfs, btrfs "
		                                  "or, since Linux 6.6, tmpfs; Linux "
		                                  "5.11 or newer";
	case DOCTOR_PROC:
		return for_proc(s);
	case DOCTOR_NETWORK:
		return s->failed[DOCTOR_USER] ? "as for the user namespace"
		                              : "a kernel with CONFIG_NET_NS";
	case DOCTOR_LANDLOCK:
		return for_landlock(s, sys);
	case DOCTOR_LIMITS:
		return for_limits(s);
	case DOCTOR_EMULATOR:
		return for_foreign(s, sys);
	case DOCTOR_IDS:
		return s->failed[DOCTOR_USER] ? "as for the user namespace"
		                              : "as for the subordinate ids";
	case DOCTOR_RUN:
		return for_run(s);
	case DOCTOR_FASTER:
		return for_speed(s);
	case DOCTOR_TRACING:
		return for_tracing(s);
	case DOCTOR_NOTIFICATION:
		return "Linux 5.9 or newer, with CONFIG_SECCOMP_FILTER (gVisor has none)";
	case DOCTOR_CURL:
		return "apt-get install libcurl4";
	case DOCTOR_ARCHIVE:
		return "apt-get install libarchive13";
	case DOCTOR_FILTER:
	case DOCTOR_SUBJECTS:
		break;
	}
	return "Linux 5.9 or newer, with CONFIG_SECCOMP_FILTER";
}
