/*
 * The collector.
 *
 *	census ──► mark ──► sweep, a few things at a time under the store's lock
 *	   ▲                 │
 *	   └─────────────────┘ if index.json changed meanwhile
 *
 * Marking takes no lock. If a process uses something after that, it gets a newer
 * time under the shared lock, and the sweep keeps it. The sweep also keeps everything
 * with a time since the oldest lease.
 */
#include "layers/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "layers/lease.h"
#include "layers/store.h"
#include "layers/store_state.h"

enum {
	LATELY_S = 7 * 24 * 3600,
	BATCH = 32,
	TRIES = 10, /* then index.json changes too often; the rest stays */
};

/* ------------------------------------------------------------ what to keep */

/* Used since then: always kept. */
static int
cut_of(struct store *st, const struct gc_options *o, int64_t *cut_ns, struct error *err)
{
	int64_t keep_s = o->older_than_s, lease_ns;

	if (leases_oldest(store_fd(st), &lease_ns, err) < 0)
		return -1;
	if (keep_s == 0 && !o->all && o->max_bytes == 0)
		keep_s = LATELY_S;
	*cut_ns = keep_s > 0 ? clock_wall_ns() - keep_s * NS_PER_S : INT64_MAX;
	if (lease_ns < *cut_ns)
		*cut_ns = lease_ns;
	return 0;
}

/* Marks what was used since the cut, and everything that this needs, however old. */
static void
mark_recent(struct marks *m, const struct gc_options *o, int64_t cut_ns)
{
	for (size_t i = 0; i < m->census->things.n; i++) {
		const struct thing *t = &m->census->things.at[i];

		if (t->kind == THING_LEFTOVER || t->kind == THING_PLAIN)
			continue;
		if (t->used_ns >= cut_ns || (t->kind == THING_MOUNT && !o->mounts))
			mark_thing(m, i);
	}
}

struct by_use {
	int64_t used_ns;
	size_t index;
	bool is_plain;
};

/* Plain trees come last. */
static int
compare_by_use(const void *a, const void *b)
{
	const struct by_use *x = a, *y = b;

	if (x->is_plain != y->is_plain)
		return x->is_plain ? 1 : -1;
	if (x->used_ns != y->used_ns)
		return x->used_ns > y->used_ns ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

/* No build uses plain trees, and they can be made again. They stay if they are younger
 * than the age limit that the user gave; the oldest lease does not protect them. */
static void
mark_plain(struct marks *m, const struct gc_options *o)
{
	const int64_t cut_ns = clock_wall_ns() - o->older_than_s * NS_PER_S;

	for (size_t i = 0; o->older_than_s > 0 && i < m->census->things.n; i++) {
		const struct thing *t = &m->census->things.at[i];

		if (t->kind == THING_PLAIN && t->used_ns >= cut_ns)
			mark_thing(m, i);
	}
}

/* The youngest, as long as all together stay below MAX. */
static void
mark_until(struct marks *m, uint64_t max)
{
	ARRAY(struct by_use) list = { 0 };

	for (size_t i = 0; i < m->census->things.n; i++) {
		const struct thing *t = &m->census->things.at[i];

		if (!t->live && t->kind != THING_LEFTOVER)
			array_push(&list, ((struct by_use){ t->used_ns, i,
			                                    t->kind == THING_PLAIN }));
	}
	array_sort(&list, compare_by_use);
	for (size_t i = 0; i < list.n; i++) {
		size_t before = m->order.n;

		mark_thing(m, list.at[i].index);
		if (m->total <= max)
			continue;
		marks_truncate(m, before);
		break;
	}
	array_clear(&list);
}

int
gc_mark(struct store *st, const struct gc_options *o, struct census *c, struct error *err)
{
	struct marks m = { .store = st, .census = c, .sizes = o->max_bytes > 0 };
	int64_t cut_ns;

	if (cut_of(st, o, &cut_ns, err) < 0 || mark_tags(&m, err) < 0)
		return -1;
	mark_recent(&m, o, cut_ns);
	mark_plain(&m, o);
	if (o->max_bytes > 0)
		mark_until(&m, o->max_bytes);
	array_clear(&m.order);
	return 0;
}

/* ------------------------------------------------------------ removing */

struct sweep {
	struct store *store;
	struct census *census;
	const struct gc_options *options;
	struct stat index; /* index.json as it was marked from */
	uint64_t freed;
	size_t at;  /* the next thing */
	int failed; /* errno of the first removal that failed, or 0 */
};

static int
stat_index(struct store *st, struct stat *out, struct error *err)
{
	if (fstatat(store_fd(st), "index.json", out, 0) == 0)
		return 0;
	error_sys(err, "stat index.json");
	return store_wrap(st, err);
}

/* A replaced file has another inode or another time. */
static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       clock_mtime_ns(a) == clock_mtime_ns(b);
}

/* A record's lock that is held is not a leftover. */
static bool
is_locked(int dir_fd, const char *name)
{
	auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

static void
remove_thing(struct sweep *s, const struct thing *t, int64_t lease_ns)
{
	struct stat now;
	int fd = store_fd(s->store);

	if (fstatat(fd, t->name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
	    clock_mtime_ns(&now) != t->used_ns ||
	    (t->used_ns >= lease_ns && t->kind != THING_PLAIN))
		return;
	if ((t->kind == THING_LEFTOVER || t->kind == THING_MOUNT) &&
	    is_locked(fd, t->name))
		return;
	if (scratch_trash(store_scratch(s->store), fd, t->name) == 0)
		s->freed += t->size;
	else if (s->failed == 0 && errno != ENOENT)
		s->failed = errno;
}

/* 1 there is more, 0 done, -1; *CHANGED: index.json is another by now. */
static int
sweep_batch(struct sweep *s, bool *changed, struct error *err)
{
	auto_fd int lock = store_lock(s->store, true, err);
	struct stat index;
	int64_t lease_ns;
	size_t n = 0;

	if (lock < 0 || stat_index(s->store, &index, err) < 0 ||
	    leases_oldest(store_fd(s->store), &lease_ns, err) < 0)
		return -1;
	*changed = !same_file(&index, &s->index);
	if (*changed)
		return 0;
	for (; s->at < s->census->things.n && n < BATCH; s->at++) {
		const struct thing *t = &s->census->things.at[s->at];

		if (t->live)
			continue;
		remove_thing(s, t, lease_ns);
		n++;
	}
	return s->at < s->census->things.n;
}

/* Sizes are determined before anything is locked. */
static void
measure_dead(struct store *st, struct census *c)
{
	for (size_t i = 0; i < c->things.n; i++)
		if (!c->things.at[i].live)
			census_measure(st, &c->things.at[i]);
}

static uint64_t
dead_bytes(const struct census *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->things.n; i++)
		if (!c->things.at[i].live)
			sum += c->things.at[i].size;
	return sum;
}

/* 1 if it must be done again, 0 if done, -1. */
static int
collect(struct store *st, const struct gc_options *o, uint64_t *freed, struct error *err)
{
	auto_census struct census c = { 0 };
	struct sweep s = { .store = st, .census = &c, .options = o };
	bool changed = false;
	int status;

	if (stat_index(st, &s.index, err) < 0 || census_take(st, &c, err) < 0 ||
	    gc_mark(st, o, &c, err) < 0)
		return -1;
	measure_dead(st, &c);
	if (o->dry_run) {
		*freed += dead_bytes(&c);
		return 0;
	}
	do
		status = cancel_check(o->cancel, err) < 0
		                 ? -1
		                 : sweep_batch(&s, &changed, err);
	while (status == 1);
	*freed += s.freed;
	if (status == 0 && s.failed != 0 && s.freed == 0) {
		errno = s.failed;
		error_sys(err, "remove what is not used");
		return store_wrap(st, err);
	}
	return status < 0 ? -1 : changed;
}

int
store_gc(struct store *st, const struct gc_options *options, uint64_t *freed,
         struct error *err)
{
	uint64_t sum = 0;
	int status = 1;

	for (int i = 0; i < TRIES && status == 1; i++)
		status = collect(st, options, &sum, err);
	*freed = sum;
	return status < 0 ? -1 : 0;
}
