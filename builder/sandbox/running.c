#include "builder/sandbox/running.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/own.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/failure.h"
#include "builder/sandbox/output.h"
#include "builder/sandbox/recipe_draft.h"

/* Room for bursts; the system's limit for pipes of one user may be lower. */
#define PIPE_SIZE (256 * 1024)

static void
reap(struct running *run)
{
	while (run->pid > 0 &&
	       syscall(SYS_wait4, run->pid, &run->status, __WALL, &run->usage) < 0)
		if (errno != EINTR)
			break;
	run->pid = 0;
}

void
running_clear(struct running *run)
{
	if (run->pid > 0)
		kill(run->pid, run->is_asked_to_end ? SIGTERM : SIGKILL);
	reap(run);
	recipe_unmap(run->recipe);
	own_close(&run->memory_fd);
	own_close(&run->out_fd);
	own_close(&run->out_end);
	own_close(&run->err_fd);
	own_close(&run->err_end);
	own_close(&run->in_end);
	own_close(&run->report_fd);
	own_close(&run->report_end);
}

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

/* Only our end is non-blocking; programs expect theirs to block. */
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

static int
copy_end(int fd, int *theirs, const char *what, struct error *err)
{
	*theirs = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *theirs < 0 ? error_sys(err, "%s", what) : 0;
}

/* The program's ends, and ours unless it talks to a terminal or to a caller. */
static int
open_ends(const struct sandbox_run *r, struct running *run, struct error *err)
{
	const struct sandbox_foreground *f = r->foreground;
	int failed = 0;

	if (r->has_terminal) {
		failed = copy_end(r->terminal_fd, &run->out_end, "terminal", err);
		if (failed == 0)
			failed = copy_end(r->terminal_fd, &run->err_end, "terminal", err);
	} else if (f != NULL) {
		failed = copy_end(f->in_fd, &run->in_end, "standard input", err);
		if (failed == 0)
			failed = copy_end(f->out_fd, &run->out_end, "standard output",
			                  err);
		if (failed == 0)
			failed = copy_end(f->err_fd, &run->err_end, "standard error",
			                  err);
	} else if (open_output(&run->out_fd, &run->out_end, err) < 0 ||
	           open_output(&run->err_fd, &run->err_end, err) < 0) {
		failed = -1;
	}
	return failed;
}

/* ------------------------------------------------------------ start */

static int
request(const struct sandbox *sb, const struct sandbox_run *r,
        const struct recipe_draft *d, const struct running *run,
        const struct cgroup *cgroup, struct error *err)
{
	const bool probes = r->foreground != NULL && r->foreground->probe != NULL;
	int fds[RECIPE_FDS_MAX];

	fds[RECIPE_FD_MEMORY] = run->memory_fd;
	fds[RECIPE_FD_REPORT] = run->report_end;
	fds[RECIPE_FD_OUT] = run->out_end;
	fds[RECIPE_FD_ERR] = run->err_end;
	/* Every slot needs a descriptor; some are unused. */
	fds[RECIPE_FD_CGROUP] = cgroup->procs_fd >= 0 ? cgroup->procs_fd
	                                              : run->report_end;
	fds[RECIPE_FD_IN] = run->in_end >= 0 ? run->in_end : run->report_end;
	fds[RECIPE_FD_PROBE] = probes ? r->foreground->probe_fd : run->report_end;
	for (size_t i = 0; i < d->fds.n; i++)
		fds[RECIPE_FD_FIRST + i] = d->fds.at[i];
	return spawner_request(&sb->spawner, fds, RECIPE_FD_FIRST + d->fds.n, err);
}

/* The spawner sends the id of the process, or an error. */
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
		return failure_tell(run->recipe, err);
	run->pid = (pid_t)pid;
	return 0;
}

int
running_start(const struct sandbox *sb, const struct sandbox_run *r,
              struct recipe_draft *d, struct running *run, const struct cgroup *cgroup,
              struct error *err)
{
	memory_look(&run->memory);
	run->recipe = recipe_seal(d, &run->memory_fd, err);
	if (run->recipe == NULL || open_ends(r, run, err) < 0 ||
	    open_pipe(&run->report_fd, &run->report_end, err) < 0 ||
	    request(sb, r, d, run, cgroup, err) < 0)
		return -1;
	own_close(&run->memory_fd);
	own_close(&run->out_end);
	own_close(&run->err_end);
	own_close(&run->in_end);
	own_close(&run->report_end);
	return await_pid(run, err);
}

static void
leave(const struct sandbox *sb, struct running *run)
{
	unreaped_add(sb->unreaped, run->pid);
	run->pid = 0;
}

/* To the program, or the end of all. A queued signal tells our supervisors that it is
 * not for them. */
static void
deliver(void *arg, int number)
{
	const struct running *run = arg;

	if (number == SIGKILL)
		kill(run->pid, run->is_asked_to_end ? SIGTERM : SIGKILL);
	else
		sigqueue(run->pid, number, (union sigval){ 0 });
}

int
running_attend(const struct sandbox *sb, const struct sandbox_run *r, struct running *run,
               struct error *err)
{
	struct output output = { .out_fd = run->out_fd,
		                 .err_fd = run->err_fd,
		                 .end_fd = run->report_fd,
		                 .signals_fd = r->foreground == NULL
		                                       ? -1
		                                       : r->foreground->signals_fd,
		                 .deliver = deliver,
		                 .deliver_arg = run,
		                 .log = r->log,
		                 .log_arg = r->log_arg };

	if (output_pump(&output, sb->cancel, err) < 0)
		return -1;
	if (recipe_report(run->recipe)->at_rest != 0 && !run->is_waited_for)
		leave(sb, run);
	else
		reap(run);
	output_drain(&output);
	if (recipe_report(run->recipe)->stage != STAGE_NONE)
		return failure_tell(run->recipe, err);
	if (recipe_report(run->recipe)->started == 0)
		return error_set(err, ERR_ENVIRONMENT,
		                 "the sandbox's first process was killed (status %#x)",
		                 (unsigned)run->status);
	return 0;
}

/* ------------------------------------------------------------ end */

static int64_t
microseconds(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

/* With a group of its own, the answer is certain. In a shared group, the kernel may have
 * killed another process, so it only counts if the program was killed, or if its status
 * says, like a shell's, that a child was. */
static void
find_killer(const struct running *run, const struct cgroup *cgroup,
            struct sandbox_result *result)
{
	const int status = result->status;
	const bool is_killed = WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL
	                                           : WEXITSTATUS(status) == 128 + SIGKILL;
	struct memory_state now;

	result->oom = cgroup_was_oom(cgroup);
	if (result->oom || !is_killed) {
		result->oom_limit = cgroup_memory(cgroup);
		return;
	}
	memory_look(&now);
	result->oom = now.kills > run->memory.kills;
	result->oom_limit = now.limit;
}

void
running_result(const struct running *run, const struct cgroup *cgroup, int64_t started_ns,
               struct sandbox_result *result)
{
	const struct recipe_report *report = recipe_report(run->recipe);

	/* Without a status, the first process was killed, and the program with it. */
	result->status = report->ended != 0 ? report->status : SIGKILL;
	find_killer(run, cgroup, result);
	result->wall_ns = clock_monotonic_ns() - started_ns;
	result->cpu_ns = report->at_rest != 0
	                         ? 1000 * report->cpu_us
	                         : 1000 * (microseconds(&run->usage.ru_utime) +
	                                   microseconds(&run->usage.ru_stime));
	result->peak_rss = cgroup_peak(cgroup);
	if (result->peak_rss == 0)
		result->peak_rss = 1024 * (report->at_rest != 0
		                                   ? report->peak_kb
		                                   : (uint64_t)run->usage.ru_maxrss);
}
