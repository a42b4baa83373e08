#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/path.h"
#include "builder/sandbox/limits.h"

#define TREE     "/sys/fs/cgroup"
#define FILE_MAX 65536

/* The part of /proc/self/cgroup that is about the unified tree: "0::/path". */
static char *
own_path(void)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;
	struct text rest, line;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", FILE_MAX, &text, &err) <= 0)
		return NULL;
	rest = buf_text(&text);
	while (text_line(&rest, &line))
		if (text_starts(line, "0::/"))
			return text_copy(text_from(line, 3));
	return NULL;
}

static int
put(int dir_fd, const char *name, const char *value)
{
	auto_fd int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(value);

	return fd >= 0 && write(fd, value, n) == (ssize_t)n ? 0 : -1;
}

static int
put_number(int dir_fd, const char *name, uint64_t value)
{
	auto_free char *text = mem_print("%llu", (unsigned long long)value);

	return value == 0 ? 0 : put(dir_fd, name, text);
}

/* There may be no accounting of swap; then there is nothing to limit. */
static void
put_swap(int dir_fd, const struct sandbox_limits *limits)
{
	auto_free char *most = mem_print("%llu", (unsigned long long)limits->swap_max);

	if (limits->swap == SWAP_MAX)
		put(dir_fd, "memory.swap.max", most);
	else if (limits->swap == SWAP_NONE && limits->memory_max != 0)
		put(dir_fd, "memory.swap.max", "0");
}

static int
put_text(int dir_fd, const char *name, const char *value)
{
	return value == NULL ? 0 : put(dir_fd, name, value);
}

/* Docker's shares, 2 to 262144, as a weight of 1 to 10000; like runc's. */
static uint64_t
weight(uint32_t shares)
{
	return shares == 0 ? 0 : 1 + (shares - 2) * UINT64_C(9999) / 262142;
}

static int
put_limits(int dir_fd, const struct sandbox_run *r)
{
	const struct sandbox_limits *limits = &r->limits;
	auto_free char *cpu = mem_print("%llu 100000", 1000ULL * limits->cpu_percent);

	if (put_number(dir_fd, "memory.max", limits->memory_max) < 0 ||
	    put_number(dir_fd, "pids.max", limits->pids_max) < 0 ||
	    put_text(dir_fd, "cpu.max", limits->cpu_percent != 0 ? cpu : NULL) < 0 ||
	    put_number(dir_fd, "cpu.weight", weight(limits->cpu_shares)) < 0 ||
	    put_text(dir_fd, "cpuset.cpus", limits->cpuset_cpus) < 0 ||
	    put_text(dir_fd, "cpuset.mems", limits->cpuset_mems) < 0)
		return -1;
	put_swap(dir_fd, limits);
	return 0;
}

static bool
has_limits(const struct sandbox_limits *limits)
{
	return limits->memory_max != 0 || limits->pids_max != 0 ||
	       limits->cpu_percent != 0 || limits->cpu_shares != 0 ||
	       limits->cpuset_cpus != NULL || limits->cpuset_mems != NULL ||
	       limits->swap == SWAP_MAX;
}

/* Makes the group of R below PARENT_FD, which must have the controllers. */
static int
make(struct cgroup *g, int parent_fd, const struct sandbox_run *r)
{
	int sys = 0;

	memcpy(g->name, "cooper-", sizeof "cooper-");
	file_random_name(g->name + strlen(g->name), 16);
	/* The kernel refuses this if the group itself has processes; the controller may
	 * be enabled nevertheless. */
	if (r->limits.memory_max != 0)
		put(parent_fd, "cgroup.subtree_control", "+memory");
	if (r->limits.pids_max != 0)
		put(parent_fd, "cgroup.subtree_control", "+pids");
	if (r->limits.cpu_percent != 0 || r->limits.cpu_shares != 0)
		put(parent_fd, "cgroup.subtree_control", "+cpu");
	if (r->limits.cpuset_cpus != NULL || r->limits.cpuset_mems != NULL)
		put(parent_fd, "cgroup.subtree_control", "+cpuset");
	if (mkdirat(parent_fd, g->name, 0755) < 0)
		return -1;
	g->dir_fd = openat(parent_fd, g->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->dir_fd >= 0 && put_limits(g->dir_fd, r) == 0)
		g->procs_fd = openat(g->dir_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (g->procs_fd >= 0)
		return 0;
	sys = errno;
	own_close(&g->dir_fd);
	unlinkat(parent_fd, g->name, AT_REMOVEDIR);
	errno = sys;
	return -1;
}

static bool
is_forbidden(int sys)
{
	return sys == EACCES || sys == EPERM || sys == EROFS;
}

/* Below our own group, or next to it: a group that has processes cannot have limited
 * children. */
static const char *
make_somewhere(struct cgroup *g, const struct sandbox_run *r)
{
	bool forbidden = false;
	auto_free char *path = own_path();
	struct text at = text_of(path);
	struct statfs fs;

	if (path == NULL || statfs(TREE, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC)
		return "no cgroup v2 at " TREE;
	for (int i = 0; i < 2; i++, at = path_dir(at)) {
		auto_free char *dir = mem_print(TREE "%.*s", TEXT_ARG(at));
		auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && make(g, fd, r) == 0) {
			g->parent_fd = take_fd(&fd);
			return NULL;
		}
		forbidden |= is_forbidden(errno);
		if (text_is(at, "/"))
			break;
	}
	return forbidden ? "no cgroup (v2) that this user may write to"
	                 : "its own cgroup (v2) has no such controllers to give";
}

const char *
cgroup_try(struct cgroup *g, const struct sandbox_run *r)
{
	if (!has_limits(&r->limits))
		return NULL;
	return make_somewhere(g, r);
}

void
cgroup_open(struct cgroup *g, const struct sandbox_run *r, _Atomic bool *told)
{
	const char *why = cgroup_try(g, r);

	if (why != NULL && !atomic_exchange(told, true))
		event_warn(0, "memory, process and CPU limits are not applied: %s", why);
}

/* The number after NAME in the file FILE ("" for a file that is one number). */
static uint64_t
read_value(const struct cgroup *g, const char *file, const char *name)
{
	auto_error struct error err = ERROR_INIT;
	auto_buf struct buf text = BUF_INIT;
	struct text rest, line;
	uint64_t value = 0;

	if (g->dir_fd < 0 || file_read(g->dir_fd, file, FILE_MAX, &text, &err) <= 0)
		return 0;
	rest = buf_text(&text);
	while (text_line(&rest, &line))
		if (text_starts(line, name) &&
		    number_u64(text_trim(text_from(line, strlen(name))), &value))
			return value;
	return 0;
}

bool
cgroup_was_oom(const struct cgroup *g)
{
	return read_value(g, "memory.events", "oom_kill ") > 0;
}

uint64_t
cgroup_memory(const struct cgroup *g)
{
	return read_value(g, "memory.max", "");
}

uint64_t
cgroup_peak(const struct cgroup *g)
{
	return read_value(g, "memory.peak", "");
}

void
cgroup_close(struct cgroup *g)
{
	own_close(&g->procs_fd);
	own_close(&g->dir_fd);
	if (g->parent_fd >= 0)
		unlinkat(g->parent_fd, g->name, AT_REMOVEDIR);
	own_close(&g->parent_fd);
}
