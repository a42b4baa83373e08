/*
 * The engine of name spaces and overlayfs: the upper directory of the root is
 * the result.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/caps.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/failure.h"
#include "builder/sandbox/limits.h"
#include "builder/sandbox/mounts.h"
#include "builder/sandbox/output.h"
#include "builder/sandbox/probe.h"
#include "builder/sandbox/stubs.h"

#define NAME_SPACES                                                                      \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Room for bursts; the system's limit for pipes of one user may be lower. */
#define PIPE_SIZE (256 * 1024)

/* One run. Descriptors are -1 if not open. */
struct running {
	struct plan *plan;
	int memory_fd;
	int out_fd, out_end; /* ours, the program's */
	int err_fd, err_end;
	int report_fd, report_end;
	pid_t pid; /* of the first process; 0: none, or reaped */
	int status;
	struct rusage usage;
};

static void
reap(struct running *run)
{
	while (run->pid > 0 &&
	       syscall(SYS_wait4, run->pid, &run->status, __WALL, &run->usage) < 0)
		if (errno != EINTR)
			break;
	run->pid = 0;
}

/* The end of the first process is that of all its name spaces. */
static void
running_clear(struct running *run)
{
	if (run->pid > 0)
		kill(run->pid, SIGKILL);
	reap(run);
	plan_unmap(run->plan);
	own_close(&run->memory_fd);
	own_close(&run->out_fd);
	own_close(&run->out_end);
	own_close(&run->err_fd);
	own_close(&run->err_end);
	own_close(&run->report_fd);
	own_close(&run->report_end);
}

#define RUNNING_INIT                                                                     \
	{                                                                                \
		.memory_fd = -1, .out_fd = -1, .out_end = -1, .err_fd = -1,              \
		.err_end = -1, .report_fd = -1, .report_end = -1                         \
	}
#define auto_running __attribute__((cleanup(running_clear)))

static int
open_pipe(int *ours, int *theirs, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, "open a pipe");
	*ours = ends[0];
	*theirs = ends[1];
	return 0;
}

/* Only our end does not block; programs expect theirs to. */
static int
open_output(int *ours, int *theirs, struct error *err)
{
	if (open_pipe(ours, theirs, err) < 0)
		return -1;
	fcntl(*ours, F_SETPIPE_SZ, PIPE_SIZE);
	if (fcntl(*ours, F_SETFL, O_NONBLOCK) < 0)
		return error_sys(err, "pipe");
	return 0;
}

/* The program's ends, and ours unless it talks to a terminal. */
static int
open_ends(const struct sandbox_run *r, struct running *run, struct error *err)
{
	if (!r->has_terminal)
		return open_output(&run->out_fd, &run->out_end, err) < 0 ||
		                       open_output(&run->err_fd, &run->err_end, err) < 0
		               ? -1
		               : 0;
	run->out_end = fcntl(r->terminal_fd, F_DUPFD_CLOEXEC, 3);
	run->err_end = fcntl(r->terminal_fd, F_DUPFD_CLOEXEC, 3);
	return run->out_end < 0 || run->err_end < 0 ? error_sys(err, "terminal") : 0;
}

/* ------------------------------------------------------------ start */

static int
request(const struct sandbox *sb, const struct plan_draft *d, const struct running *run,
        const struct cgroup *cgroup, struct error *err)
{
	int fds[PLAN_FDS_MAX];

	fds[PLAN_FD_MEMORY] = run->memory_fd;
	fds[PLAN_FD_REPORT] = run->report_end;
	fds[PLAN_FD_OUT] = run->out_end;
	fds[PLAN_FD_ERR] = run->err_end;
	/* Each place must be filled; nobody uses this one if there is no group. */
	fds[PLAN_FD_CGROUP] = cgroup->procs_fd >= 0 ? cgroup->procs_fd : run->report_end;
	for (size_t i = 0; i < d->fds.n; i++)
		fds[PLAN_FD_FIRST + i] = d->fds.at[i];
	return spawner_request(&sb->spawner, fds, PLAN_FD_FIRST + d->fds.n, err);
}

/* The spawner tells the id of the process, or that there is none. */
static int
await_pid(struct running *run, struct error *err)
{
	int64_t pid = -1;
	ssize_t n = file_read_full(run->report_fd, &pid, sizeof pid, err);

	if (n < 0)
		return -1;
	if (n != (ssize_t)sizeof pid)
		return error_set(err, ERR_INTERNAL,
		                 "the process that starts sandboxes has ended");
	if (pid < 0)
		return failure_tell(run->plan, err);
	run->pid = (pid_t)pid;
	return 0;
}

/* From here on RUN has a process, and our copies of its ends are closed. */
static int
start(const struct sandbox *sb, const struct sandbox_run *r, struct plan_draft *d,
      struct running *run, const struct cgroup *cgroup, struct error *err)
{
	run->plan = plan_seal(d, &run->memory_fd, err);
	if (run->plan == NULL || open_ends(r, run, err) < 0 ||
	    open_pipe(&run->report_fd, &run->report_end, err) < 0 ||
	    request(sb, d, run, cgroup, err) < 0)
		return -1;
	own_close(&run->memory_fd);
	own_close(&run->out_end);
	own_close(&run->err_end);
	own_close(&run->report_end);
	return await_pid(run, err);
}

/* ------------------------------------------------------------ drafting */

static void
draft_ids(struct plan_draft *d, const struct sandbox *sb, const struct sandbox_run *r)
{
	_Static_assert(sizeof(gid_t) == sizeof(uint32_t),
	               "groups are copied as they are");
	d->head.uid = r->uid;
	d->head.gid = r->gid;
	d->head.groups = plan_add_bytes(d, r->groups, r->n_groups * sizeof *r->groups);
	d->head.n_groups = (uint32_t)r->n_groups;
	d->head.single_id = sb->mapping == IDS_SINGLE;
	d->head.caps = r->insecure ? CAPS_ALL : caps_default();
}

static const char *
find_path(const char *const *env)
{
	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return NULL;
}

static size_t
count(const char *const *texts)
{
	size_t n = 0;

	while (texts != NULL && texts[n] != NULL)
		n++;
	return n;
}

static void
draft_program(struct plan_draft *d, const struct sandbox *sb, const struct sandbox_run *r)
{
	d->head.argv = plan_add_list(d, r->argv, count(r->argv));
	d->head.env = plan_add_list(d, r->env, count(r->env));
	d->head.path = plan_add_text(d, find_path(r->env));
	d->head.cwd = plan_add_text(d, r->cwd);
	d->head.hostname = plan_add_text(d, r->hostname);
	if (r->insecure || sb->filter.code.n == 0)
		return;
	d->head.n_filter = (uint32_t)sb->filter.code.n;
	d->head.filter = plan_add_bytes(d, sb->filter.code.at,
	                                sb->filter.code.n * sizeof *sb->filter.code.at);
}

static int
draft(struct plan_draft *d, const struct sandbox *sb, const struct sandbox_run *r,
      const char *scratch, struct error *err)
{
	d->head.engine = PLAN_NS;
	d->head.terminal = r->has_terminal;
	d->head.clone_flags = NAME_SPACES;
	if (r->network == SANDBOX_NET_NONE) {
		d->head.clone_flags |= CLONE_NEWNET;
		d->head.new_net = 1;
	}
	d->head.lowers = plan_add_list(d, r->lowers, r->n_lowers);
	d->head.upper = plan_add_text(d, r->upper);
	d->head.work = plan_add_text(d, r->work);
	draft_ids(d, sb, r);
	draft_program(d, sb, r);
	limits_draft(d, r);
	return mounts_draft(d, sb, r, scratch, err);
}

/* ------------------------------------------------------------ end */

static int64_t
microseconds(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static void
fill_result(struct sandbox_result *result, const struct running *run,
            const struct cgroup *cgroup, int64_t started_ns)
{
	const struct plan_report *report = plan_report(run->plan);

	/* Without a status the first process was killed, and the program with it. */
	result->status = report->ended != 0 ? report->status : SIGKILL;
	result->oom = cgroup_was_oom(cgroup);
	result->wall_ns = clock_monotonic_ns() - started_ns;
	result->cpu_ns = 1000 * (microseconds(&run->usage.ru_utime) +
	                         microseconds(&run->usage.ru_stime));
	result->peak_rss = cgroup_peak(cgroup);
	if (result->peak_rss == 0)
		result->peak_rss = (uint64_t)run->usage.ru_maxrss * 1024;
}

static int
remove_stubs(const struct sandbox_run *r, const struct running *run, struct error *err)
{
	auto_fd int upper_fd = file_open_dir(AT_FDCWD, r->upper, err);

	if (upper_fd < 0)
		return -1;
	return stubs_remove(upper_fd, plan_report(run->plan), err);
}

/* To the end of all processes of RUN. */
static int
attend(const struct sandbox *sb, const struct sandbox_run *r, struct running *run,
       struct error *err)
{
	struct output output = { .out_fd = run->out_fd,
		                 .err_fd = run->err_fd,
		                 .end_fd = run->report_fd,
		                 .log = r->log,
		                 .log_arg = r->log_arg };

	if (output_pump(&output, sb->cancel, err) < 0)
		return -1;
	reap(run);
	output_drain(&output);
	if (plan_report(run->plan)->stage != STAGE_NONE)
		return failure_tell(run->plan, err);
	if (plan_report(run->plan)->started == 0)
		return error_set(err, ERR_ENVIRONMENT,
		                 "the sandbox's first process was killed (status %#x)",
		                 (unsigned)run->status);
	return 0;
}

static int
ns_run_in(struct sandbox *sb, const struct sandbox_run *r, const char *scratch,
          struct sandbox_result *result, struct error *err)
{
	auto_plan_draft struct plan_draft d = { 0 };
	auto_cgroup struct cgroup cgroup = CGROUP_INIT;
	auto_running struct running run = RUNNING_INIT;
	int64_t started_ns = clock_monotonic_ns();

	if (draft(&d, sb, r, scratch, err) < 0)
		return -1;
	cgroup_open(&cgroup, r);
	d.head.has_cgroup = cgroup.procs_fd >= 0;
	if (start(sb, r, &d, &run, &cgroup, err) < 0 || attend(sb, r, &run, err) < 0 ||
	    remove_stubs(r, &run, err) < 0)
		return -1;
	fill_result(result, &run, &cgroup, started_ns);
	return 0;
}

static int
ns_run(struct sandbox *sb, const struct sandbox_run *r, struct sandbox_result *result,
       struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	char scratch[] = "run-0123456789abcdef";
	int failed = 0;

	file_random_name(scratch + 4, 16);
	failed = ns_run_in(sb, r, scratch, result, err);
	/* What is left over goes with the sandbox's directory. */
	for (size_t i = 0; i < r->n_mounts; i++)
		if (r->mounts[i].kind == SANDBOX_OVERLAY && !r->mounts[i].readonly) {
			file_remove_tree(sb->scratch_fd, scratch, &later);
			break;
		}
	return failed;
}

/* ------------------------------------------------------------ probe */

static int
make_probe_tree(const struct sandbox *sb, struct error *err)
{
	auto_fd int lower_fd = -1;

	if (file_make_dirs(sb->scratch_fd, "probe/lower/" PROBE_DIR, 0755, err) < 0 ||
	    file_make_dirs(sb->scratch_fd, "probe/upper", 0755, err) < 0 ||
	    file_make_dirs(sb->scratch_fd, "probe/work", 0755, err) < 0)
		return -1;
	lower_fd = file_open_dir(sb->scratch_fd, "probe/lower", err);
	if (lower_fd < 0)
		return -1;
	return file_replace(lower_fd, PROBE_FILE, "", 0, 0644, err);
}

static int
run_probe(const struct sandbox *sb, struct error *err)
{
	const char *const lowers[] = { "probe/lower" };
	const struct sandbox_run r = { .lowers = lowers,
		                       .n_lowers = 1,
		                       .upper = "probe/upper",
		                       .work = "probe/work" };
	auto_plan_draft struct plan_draft d = { 0 };
	auto_running struct running run = RUNNING_INIT;
	const struct cgroup none = CGROUP_INIT;

	if (draft(&d, sb, &r, "probe", err) < 0)
		return -1;
	d.head.purpose = PLAN_PROBE;
	if (start(sb, &r, &d, &run, &none, err) < 0)
		return -1;
	return attend(sb, &r, &run, err);
}

static int
ns_probe(struct sandbox *sb, struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	int failed = make_probe_tree(sb, err);

	if (failed == 0)
		failed = run_probe(sb, err);
	file_remove_tree(sb->scratch_fd, "probe", &later);
	return failed;
}

const struct engine engine_ns = { .name = "ns", .probe = ns_probe, .run = ns_run };
