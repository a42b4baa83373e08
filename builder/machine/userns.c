/*
 * machine_enter(): this process enters a new user namespace if it cannot mount
 * otherwise. A helper, forked before, stays outside, because maps can only be
 * written from there.
 *
 *	the process                     the helper
 *	fork                       →    waits
 *	unshare, tells             →    writes or lets newuidmap write the maps
 *	becomes 0:0                ←    tells the outcome, ends
 */
#include "builder/machine/emulator.h"
#include "builder/machine/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/machine/id_tools.h"
#include "builder/machine/machine.h"
#include "builder/sandbox/inside/caps.h"

#define MAP_MAX 65536

/* What the process is before anything is changed. */
struct origin {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	bool may_map; /* has the capabilities to write any map */
	char *name;   /* of the user, or NULL */
};

/* ------------------------------------------------------------ maps */

static int
put(pid_t pid, const char *file, const char *text)
{
	auto_free char *path = mem_print("/proc/%d/%s", (int)pid, file);
	auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);

	return fd >= 0 && write(fd, text, n) == (ssize_t)n ? 0 : -1;
}

static void
read_text(const char *path, struct buf *out)
{
	auto_error struct error err = ERROR_INIT;

	if (file_read(AT_FDCWD, path, 1 << 20, out, &err) <= 0)
		buf_truncate(out, 0);
}

/* "0-N" of PATH, each id mapped to itself. */
static int
put_identity(pid_t pid, const char *path, const char *file)
{
	auto_id_ranges struct id_ranges ranges = { 0 };
	auto_buf struct buf map = BUF_INIT, text = BUF_INIT;

	read_text(path, &map);
	id_ranges_identity(buf_text(&map), &ranges);
	if (!id_ranges_enough(&ranges)) {
		errno = ERANGE;
		return -1;
	}
	id_ranges_print(&ranges, &text);
	return put(pid, file, buf_str(&text));
}

static bool
map_identity(const struct origin *o)
{
	return o->may_map && put_identity(o->pid, "/proc/self/uid_map", "uid_map") == 0 &&
	       put_identity(o->pid, "/proc/self/gid_map", "gid_map") == 0;
}

/* Ids that the machine gives to this user, of one kind: by files, or by whom
 * nsswitch.conf names. */
static int
find_ranges(const struct origin *o, bool groups, struct id_ranges *ranges,
            struct userns_outcome *out)
{
	const char *file = groups ? "/etc/subgid" : "/etc/subuid";
	const uid_t own = groups ? o->gid : o->uid;
	auto_buf struct buf nsswitch = BUF_INIT, text = BUF_INIT;
	auto_free char *number = mem_print("%u", o->uid);
	const char *name = o->name == NULL ? number : o->name;
	bool is_asked = false;

	read_text("/etc/nsswitch.conf", &nsswitch);
	is_asked = id_tools_are_asked(buf_text(&nsswitch));
	if (is_asked && id_tool_ranges(name, groups, own, ranges) < 0) {
		out->sys = errno;
		snprintf(out->why, sizeof out->why,
		         "/etc/nsswitch.conf says who knows subordinate ids, and "
		         "getsubids, which asks, is not installed (package uidmap)");
		return -1;
	}
	if (!is_asked) {
		read_text(file, &text);
		id_ranges_subordinate(buf_text(&text), o->name, o->uid, own, ranges);
	}
	if (ranges->list.n >= 2)
		return 0;
	out->sys = ENOENT;
	snprintf(out->why, sizeof out->why, "user %s (%u) has %s %s",
	         o->name == NULL ? "?" : o->name, o->uid,
	         is_asked ? "no ids according to" : "no line in",
	         is_asked ? (groups ? "getsubids -g" : "getsubids") : file);
	return -1;
}

/* The last line of SAID, as far as it can be shown. */
static void
tell_failure(const struct buf *said, struct userns_outcome *out)
{
	struct text rest = text_trim(buf_text(said)), line = TEXT(""), last = TEXT("");
	size_t n = 0;

	while (text_line(&rest, &line))
		last = line;
	out->sys = EPERM;
	n = (size_t)snprintf(out->why, sizeof out->why, "%s",
	                     last.n == 0 ? "newuidmap or newgidmap failed" : "");
	for (size_t i = 0; i < last.n && n + 1 < sizeof out->why; i++)
		out->why[n++] = last.p[i] < ' ' || last.p[i] > '~' ? '?' : last.p[i];
	out->why[n] = '\0';
}

/* Both tools are privileged, and check the ranges themselves. */
static bool
map_range(const struct origin *o, struct userns_outcome *out)
{
	auto_id_ranges struct id_ranges uids = { 0 }, gids = { 0 };
	auto_buf struct buf said = BUF_INIT;
	struct id_tool uid_tool, gid_tool;
	bool uids_done = false, gids_done = false;

	if (find_ranges(o, false, &uids, out) < 0 || find_ranges(o, true, &gids, out) < 0)
		return false;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		out->sys = EACCES;
		snprintf(out->why, sizeof out->why,
		         "newuidmap cannot raise its privileges: no_new_privs is set");
		return false;
	}
	if (id_tool_map(&uid_tool, "newuidmap", o->pid, &uids) < 0) {
		out->sys = errno;
		snprintf(out->why, sizeof out->why, "newuidmap: %s (package uidmap)",
		         errno == ENOENT ? "not installed" : strerror(errno));
		return false;
	}
	if (id_tool_map(&gid_tool, "newgidmap", o->pid, &gids) == 0)
		gids_done = id_tool_end(&gid_tool, &said);
	uids_done = id_tool_end(&uid_tool, &said);
	if (!uids_done || !gids_done)
		tell_failure(&said, out);
	return uids_done && gids_done;
}

static bool
map_single(const struct origin *o)
{
	auto_free char *uids = mem_print("0 %u 1\n", o->uid);
	auto_free char *gids = mem_print("0 %u 1\n", o->gid);
	bool done = true;

	/* A tool may have written one of the maps before it failed. */
	done = (put(o->pid, "uid_map", uids) == 0 || errno == EPERM) && done;
	put(o->pid, "setgroups", "deny");
	done = (put(o->pid, "gid_map", gids) == 0 || errno == EPERM) && done;
	return done;
}

static void
map(const struct origin *o, struct userns_outcome *out)
{
	out->mapping = IDS_NONE;
	if (map_identity(o)) {
		out->mapping = IDS_IDENTITY;
	} else if (map_range(o, out)) {
		out->mapping = IDS_RANGE;
	} else if (map_single(o)) {
		out->mapping = IDS_SINGLE;
	} else {
		out->sys = errno;
		snprintf(out->why, sizeof out->why,
		         "the identity map cannot be written: %s", strerror(errno));
	}
}

/* ------------------------------------------------------------ helper */

/* The helper's ends of two pipes. It is a plain fork: there are no threads. */
static void
helper_main(const struct origin *o, int go_fd, int told_fd)
{
	struct userns_outcome out = { 0 };
	char byte = 0;

	if (read(go_fd, &byte, 1) == 1)
		map(o, &out);
	if (write(told_fd, &out, sizeof out) < 0)
		_exit(1);
	_exit(0);
}

/* The first process of a container may be the only one in its mount namespace, which would
 * end with all its mounts when we leave it. Directories that are open already would show
 * what lies below the mounts: so the namespace is kept until this process ends. */
static void
keep_mount_namespace(void)
{
	static int kept = -1;

	if (kept < 0)
		kept = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

/* Enters the namespace; the helper does its part. *OUT is the result. */
static void
unshare_with(int go_fd, int told_fd, struct userns_outcome *out)
{
	struct userns_outcome told = { 0 };

	out->mapping = IDS_NONE;
	keep_mount_namespace();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		out->sys = errno;
		snprintf(out->why, sizeof out->why, USERNS_REFUSED ": %s",
		         strerror(errno));
		return;
	}
	if (write(go_fd, "", 1) != 1 ||
	    read(told_fd, &told, sizeof told) != (ssize_t)sizeof told)
		return;
	*out = told;
}

static pid_t
start_helper(const struct origin *o, int go[2], int told[2])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(go[1]);
	close(told[0]);
	helper_main(o, go[0], told[1]);
	return 0;
}

static void
enter(const struct origin *o, struct userns_outcome *out)
{
	int go[2] = { -1, -1 }, told[2] = { -1, -1 };
	auto_fd int go_out = -1, told_in = -1;
	pid_t helper = -1;

	if (pipe2(go, O_CLOEXEC) < 0)
		return;
	go_out = go[1];
	if (pipe2(told, O_CLOEXEC) < 0) {
		close(go[0]);
		return;
	}
	told_in = told[0];
	helper = start_helper(o, go, told);
	close(go[0]);
	close(told[1]);
	if (helper < 0)
		return;
	unshare_with(go_out, told_in, out);
	/* The helper may still wait for a message that was never sent. */
	own_close(&go_out);
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* ------------------------------------------------------------ */

/* The strongest engine only needs root that may mount. If a mount is refused
 * nevertheless, it is also refused to root of a new user namespace. */
static bool
can_mount(void)
{
	return geteuid() == 0 && caps_has(CAP_SYS_ADMIN);
}

/* Whether this namespace has the ids of an image. */
static enum id_mapping
own_mapping(void)
{
	auto_id_ranges struct id_ranges ranges = { 0 };
	auto_buf struct buf map = BUF_INIT;

	read_text("/proc/self/uid_map", &map);
	id_ranges_identity(buf_text(&map), &ranges);
	return map.n == 0 || id_ranges_enough(&ranges) ? IDS_REAL : IDS_SINGLE;
}

static void
become_root(enum id_mapping mapping)
{
	if (mapping != IDS_SINGLE)
		syscall(SYS_setgroups, 0, NULL);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return;
	mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
	/* A change of ids takes it away, and with it our own /proc/self. */
	prctl(PR_SET_DUMPABLE, 1);
}

static char *
user_name(uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);

	return entry == NULL ? NULL : mem_copy(entry->pw_name);
}

static char *
explain(enum id_mapping mapping, const char *reason)
{
	if (mapping == IDS_SINGLE)
		return mem_print(
		        "only one user id is available, so owners and users are emulated "
		        "in RUN, which is slower: %s",
		        reason);
	/* Without a reason it was asked for. */
	if (mapping == IDS_NONE && *reason != '\0')
		return mem_copy(reason);
	return NULL;
}

/* Emulated owners need chroot(2), which a container's filter may refuse to all. Tries it in
 * a process of its own: there is no way back out of a user namespace. */
static bool
lacks_chroot(const struct origin *o)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		const struct origin own = {
			.pid = getpid(), .uid = o->uid, .gid = o->gid, .name = o->name
		};
		struct userns_outcome out = { .mapping = IDS_NONE };

		enter(&own, &out);
		_exit(out.mapping == IDS_SINGLE && chroot("/") < 0 ? 1 : 0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static bool
is_filtered(void)
{
	auto_buf struct buf text = BUF_INIT;

	read_text("/proc/self/status", &text);
	return text.n > 0 && strstr(buf_str(&text), "\nSeccomp:\t2") != NULL;
}

static void
enter_or_stay(enum isolation wanted, bool must_enter, struct userns_outcome *out)
{
	auto_free char *name = NULL;
	struct origin o = { .pid = getpid(), .uid = geteuid(), .gid = getegid() };

	*out = (struct userns_outcome){ .mapping = IDS_NONE };
	if (o.uid != 0 && wanted == ISOLATION_TRAP)
		return;
	if ((o.uid == 0 && wanted == ISOLATION_CHROOT) || (can_mount() && !must_enter)) {
		out->mapping = (int)own_mapping();
		if (out->mapping != IDS_REAL)
			snprintf(out->why, sizeof out->why,
			         "this user namespace has no more");
		return;
	}
	o.may_map = caps_has(CAP_SETUID) && caps_has(CAP_SETGID);
	o.name = name = user_name(o.uid);
	if (wanted == ISOLATION_AUTO && o.uid != 0 && is_filtered() && lacks_chroot(&o)) {
		snprintf(out->why, sizeof out->why,
		         "only one user id is available, and chroot(2), which emulated "
		         "owners need, is refused here");
		return;
	}
	enter(&o, out);
	if (out->mapping != IDS_NONE)
		become_root((enum id_mapping)out->mapping);
	else if (o.uid == 0)
		out->mapping = (int)own_mapping();
}

void
userns_enter(enum isolation wanted, struct userns_outcome *out)
{
	enter_or_stay(wanted, false, out);
}

void
machine_enter(enum isolation wanted, enum id_mapping *mapping, char **why)
{
	struct userns_outcome out;

	enter_or_stay(wanted, false, &out);
	*mapping = (enum id_mapping)out.mapping;
	*why = explain(*mapping, out.why);
}

static void
add_reason(char **why, char *reason)
{
	auto_free char *before = *why, *added = reason;

	*why = before == NULL ? take(added) : mem_print("%s; %s", before, added);
}

/* Engine trap, the only one without any namespace for users, starts these by itself. */
static bool
is_emulated_by_trap(enum id_mapping mapping, const char *arch)
{
	return mapping == IDS_NONE && geteuid() != 0 &&
	       (strcmp(arch, "arm64") == 0 || strcmp(arch, "amd64") == 0);
}

void
machine_enter_emulated(enum isolation wanted, const char *const *archs, size_t n,
                       enum id_mapping *mapping, char **why)
{
	bool *is_wanted = mem_new_n(n + 1, sizeof *is_wanted), must_enter = false;
	struct userns_outcome out;
	char *missing = NULL;

	for (size_t i = 0; i < n && missing == NULL; i++) {
		is_wanted[i] = emulator_is_wanted(archs[i], &missing);
		must_enter = must_enter || is_wanted[i];
	}
	enter_or_stay(wanted, must_enter, &out);
	*mapping = (enum id_mapping)out.mapping;
	*why = explain(*mapping, out.why);
	for (size_t i = 0; i < n; i++)
		if (is_wanted[i] && !is_emulated_by_trap(*mapping, archs[i]) &&
		    emulator_register(archs[i]) < 0)
			add_reason(
			        why,
			        mem_print("programs for %s cannot run: no emulator can "
			                  "be registered: %s",
			                  archs[i], strerror(errno)));
	if (missing != NULL)
		add_reason(why, missing);
	free(is_wanted);
}
