#include "base/job.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/own.h"
#include "base/path.h"
#include "base/text.h"

/* CPUs in the affinity mask of this thread. The kernel refuses a set that is
 * smaller than its own, so it grows until it fits. */
static size_t
affinity_cpus(void)
{
	for (size_t n = 1024; n <= (size_t)1 << 20; n *= 4) {
		cpu_set_t *set = CPU_ALLOC(n);
		size_t size = CPU_ALLOC_SIZE(n), count = 0;

		if (set != NULL && sched_getaffinity(0, size, set) == 0)
			count = (size_t)CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (count > 0)
			return count;
	}
	return 1;
}

/* The number in the file PATH/NAME; false if absent or none ("max", "-1"). */
static bool
read_number(const char *path, const char *name, uint64_t *out)
{
	auto_free char *file = mem_print("%s/%s", path, name);
	auto_buf struct buf content = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;

	return file_read(AT_FDCWD, file, 4096, &content, &ignored) > 0 &&
	       number_u64(text_trim(buf_text(&content)), out);
}

/* "QUOTA PERIOD" of cgroup v2 at PATH, or the two files of v1. */
static bool
read_quota(const char *path, uint64_t *quota, uint64_t *period)
{
	auto_free char *file = mem_print("%s/cpu.max", path);
	auto_buf struct buf content = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct text line, first;

	if (file_read(AT_FDCWD, file, 4096, &content, &ignored) <= 0)
		return read_number(path, "cpu.cfs_quota_us", quota) &&
		       read_number(path, "cpu.cfs_period_us", period);
	line = text_trim(buf_text(&content));
	first = text_cut(&line, ' ');
	return number_u64(first, quota) && number_u64(line, period);
}

/* The least quota of the group GROUP of the hierarchy at MOUNT and of all groups
 * above it, rounded up; at most CPUS. In a container the path may not exist
 * below the mount, but the mount itself is then the container's group. */
static size_t
limit_by_group(size_t cpus, const char *mount, struct text group)
{
	auto_buf struct buf path = BUF_INIT;
	size_t top, above;

	buf_add_str(&path, mount);
	top = path.n;
	buf_add_text(&path, group);
	for (;;) {
		uint64_t quota, period;

		if (read_quota(buf_str(&path), &quota, &period) && period > 0 &&
		    (quota + period - 1) / period < cpus)
			cpus = (size_t)((quota + period - 1) / period);
		if (path.n <= top)
			return cpus;
		above = path_dir(buf_text(&path)).n;
		buf_truncate(&path, above > top ? above : top);
	}
}

/* Lines of /proc/self/cgroup are "ID:CONTROLLERS:PATH", with no controllers
 * for version 2. */
static size_t
limit_by_groups(size_t cpus)
{
	auto_buf struct buf content = BUF_INIT;
	auto_error struct error ignored = ERROR_INIT;
	struct text rest, line;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", 1 << 20, &content, &ignored) <= 0)
		return cpus;
	rest = buf_text(&content);
	while (text_line(&rest, &line)) {
		struct text controllers;

		text_cut(&line, ':');
		controllers = text_cut(&line, ':');
		if (!text_starts(line, "/"))
			continue;
		if (controllers.n == 0)
			cpus = limit_by_group(cpus, "/sys/fs/cgroup", line);
		else if (text_is(controllers, "cpu") ||
		         text_is(controllers, "cpu,cpuacct"))
			cpus = limit_by_group(cpus, "/sys/fs/cgroup/cpu", line);
	}
	return cpus;
}

static size_t n_cpus;

static void
count_cpus(void)
{
	n_cpus = limit_by_groups(affinity_cpus());
	if (n_cpus == 0)
		n_cpus = 1;
}

size_t
job_cpus(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, count_cpus);
	return n_cpus;
}

struct job {
	STAILQ_ENTRY(job) next;
	job_fn *fn;
	void *arg;
};

/* Everything below is under pool.lock. A group is in pool.ready as long as it
 * has queued jobs; workers take from the groups in turn. */
struct group {
	struct pool *pool;
	STAILQ_HEAD(, job) queued;
	TAILQ_ENTRY(group) next;
	size_t n_open;          /* queued or running */
	pthread_cond_t changed; /* a job was added, or the last one ended */
	bool failed;
	struct error first; /* of the jobs that failed */
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work; /* a group became ready, or STOPPING was set */
	TAILQ_HEAD(, group) ready;
	bool stopping;
	size_t n_threads;
	pthread_t *threads;
};

/* Takes the first job of G, which has one, off its queue. */
static struct job *
next_job(struct group *g)
{
	struct job *job = STAILQ_FIRST(&g->queued);

	STAILQ_REMOVE_HEAD(&g->queued, next);
	TAILQ_REMOVE(&g->pool->ready, g, next);
	if (!STAILQ_EMPTY(&g->queued))
		TAILQ_INSERT_TAIL(&g->pool->ready, g, next);
	return job;
}

/* Runs the next job of G; called and left with the lock held. */
static void
run_job(struct group *g)
{
	auto_error struct error err = ERROR_INIT;
	struct job *job = next_job(g);
	int result;

	pthread_mutex_unlock(&g->pool->lock);
	result = job->fn(job->arg, &err);
	free(job);
	pthread_mutex_lock(&g->pool->lock);
	if (result < 0 && !g->failed) {
		g->failed = true;
		error_move(&g->first, &err);
	}
	if (--g->n_open == 0)
		pthread_cond_broadcast(&g->changed);
}

static void *
pool_thread(void *arg)
{
	struct pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct group *g = TAILQ_FIRST(&pool->ready);

		if (g != NULL)
			run_job(g);
		else if (pool->stopping)
			break;
		else
			pthread_cond_wait(&pool->work, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct pool *
pool_new(size_t n_threads)
{
	struct pool *pool = mem_new(sizeof *pool);
	sigset_t all, saved;

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	TAILQ_INIT(&pool->ready);
	pool->threads = mem_new_n(n_threads, sizeof *pool->threads);
	/* Signals belong to the one thread that reads them. With fewer threads
	 * than asked for, or none, group_wait() does more of the work. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &saved);
	while (pool->n_threads < n_threads &&
	       pthread_create(&pool->threads[pool->n_threads], NULL, pool_thread, pool) ==
	               0)
		pool->n_threads++;
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return pool;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->n_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool);
}

struct group *
group_new(struct pool *pool)
{
	struct group *g = mem_new(sizeof *g);

	g->pool = pool;
	STAILQ_INIT(&g->queued);
	pthread_cond_init(&g->changed, NULL);
	return g;
}

void
group_add(struct group *g, job_fn *fn, void *arg)
{
	struct job *job = mem_new(sizeof *job);

	job->fn = fn;
	job->arg = arg;
	pthread_mutex_lock(&g->pool->lock);
	if (STAILQ_EMPTY(&g->queued))
		TAILQ_INSERT_TAIL(&g->pool->ready, g, next);
	STAILQ_INSERT_TAIL(&g->queued, job, next);
	g->n_open++;
	pthread_cond_signal(&g->pool->work);
	pthread_cond_signal(&g->changed);
	pthread_mutex_unlock(&g->pool->lock);
}

/* A waiting thread only runs jobs of its own group. That is enough for progress,
 * because some thread runs each job that is not queued. A job of another group might
 * wait for an unfinished job further down on this stack. */
int
group_wait(struct group *g, struct error *err)
{
	int result = 0;

	pthread_mutex_lock(&g->pool->lock);
	while (g->n_open > 0) {
		if (!STAILQ_EMPTY(&g->queued))
			run_job(g);
		else
			pthread_cond_wait(&g->changed, &g->pool->lock);
	}
	if (g->failed) {
		error_move(err, &g->first);
		g->failed = false;
		result = -1;
	}
	pthread_mutex_unlock(&g->pool->lock);
	return result;
}

void
group_free(struct group *g)
{
	auto_error struct error ignored = ERROR_INIT;

	if (g == NULL)
		return;
	group_wait(g, &ignored);
	pthread_cond_destroy(&g->changed);
	free(g);
}
