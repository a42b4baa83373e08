#include "builder/sandbox/supervise/credentials.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/count.h"
#include "builder/sandbox/inside/sys.h"

/* More than a day, in microseconds: no effective limit. */
#define MARK UINT64_C(100000000000)

#define KEEP UINT32_MAX

/* The kernel's struct, the same on all machines. */
struct limit {
	uint64_t now, most;
};

static int
limit_call(pid_t pid, const struct limit *set, struct limit *get)
{
	return (int)syscall(SYS_prlimit64, pid, RLIMIT_RTTIME, set, get);
}

void
credentials_begin(struct credentials_table *t, uint32_t uid, uint32_t gid,
                  const uint32_t *groups, uint32_t n)
{
	struct credentials *c = &t->at[0];

	memset(c, 0, sizeof *c);
	for (int i = 0; i < ROLES; i++) {
		c->uid[i] = uid;
		c->gid[i] = gid;
	}
	for (uint32_t i = 0; i < n && i < CREDENTIALS_GROUPS_MAX; i++)
		c->groups[c->n_groups++] = groups[i];
	c->mask = 022;
	t->n = 1;
}

const struct credentials *
credentials_of(const struct credentials_table *t, const struct notification *a)
{
	struct limit limit;

	if (limit_call(a->tid, NULL, &limit) < 0 || limit.now < MARK ||
	    limit.now - MARK >= t->n)
		return &t->at[0];
	return &t->at[limit.now - MARK];
}

void
credentials_execute(struct credentials *c, uint32_t mode, uint32_t uid, uint32_t gid)
{
	if ((mode & S_ISUID) != 0)
		c->uid[ROLE_EFFECTIVE] = uid;
	if ((mode & S_ISGID) != 0 && (mode & S_IXGRP) != 0)
		c->gid[ROLE_EFFECTIVE] = gid;
	c->uid[ROLE_SAVED] = c->uid[ROLE_FILES] = c->uid[ROLE_EFFECTIVE];
	c->gid[ROLE_SAVED] = c->gid[ROLE_FILES] = c->gid[ROLE_EFFECTIVE];
	c->keeps = 0;
}

static bool
have_group(const struct credentials *c, uint32_t gid)
{
	if (gid == c->gid[ROLE_EFFECTIVE])
		return true;
	for (uint32_t i = 0; i < c->n_groups; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

bool
credentials_may_chown(const struct credentials *c, uint32_t old_uid, uint32_t old_gid,
                      uint32_t uid, uint32_t gid)
{
	return c->uid[ROLE_EFFECTIVE] == 0 ||
	       ((uid == KEEP || uid == old_uid) &&
	        (gid == KEEP || gid == old_gid || have_group(c, gid)));
}

int
credentials_set(struct credentials_table *t, const struct notification *a,
                const struct credentials *c)
{
	struct limit limit;
	unsigned i = 0;

	while (i < t->n && memcmp(&t->at[i], c, sizeof *c) != 0)
		i++;
	if (i == CREDENTIALS_MAX) {
		errno = EAGAIN;
		return -1;
	}
	if (i == t->n)
		t->at[t->n++] = *c;
	if (limit_call(a->tid, NULL, &limit) < 0 || !notify_is_current(a))
		return -1;
	limit.now = MARK + i;
	if (limit.most < limit.now)
		limit.most = limit.now;
	return limit_call(a->tid, &limit, NULL);
}

/* ------------------------------------------------------------ rules */

static bool
is_root(const struct credentials *c)
{
	return c->uid[ROLE_EFFECTIVE] == 0 || c->keeps != 0;
}

/* See setresuid(2): root may become anybody, others only what they are already. */
static bool
may(const struct credentials *c, const uint32_t ids[ROLES], uint32_t wanted)
{
	return wanted == KEEP || is_root(c) ||
	       wanted == ids[ROLE_REAL] || wanted == ids[ROLE_EFFECTIVE] ||
	       wanted == ids[ROLE_SAVED];
}

static int
set_all(const struct credentials *c, uint32_t ids[ROLES], uint32_t real,
        uint32_t effective, uint32_t saved)
{
	if (!may(c, ids, real) || !may(c, ids, effective) || !may(c, ids, saved)) {
		errno = EPERM;
		return -1;
	}
	if (real != KEEP)
		ids[ROLE_REAL] = real;
	if (effective != KEEP)
		ids[ROLE_FILES] = ids[ROLE_EFFECTIVE] = effective;
	if (saved != KEEP)
		ids[ROLE_SAVED] = saved;
	return 0;
}

/* setuid(), setgid() */
static int
set_one(const struct credentials *c, uint32_t ids[ROLES], uint32_t id)
{
	if (is_root(c))
		return set_all(c, ids, id, id, id);
	return set_all(c, ids, KEEP, id, KEEP);
}

/* setreuid(), setregid() */
static int
set_two(const struct credentials *c, uint32_t ids[ROLES], uint32_t real,
        uint32_t effective)
{
	const uint32_t before = ids[ROLE_REAL];

	if (set_all(c, ids, real, effective, KEEP) < 0)
		return -1;
	if (real != KEEP || (effective != KEEP && effective != before))
		ids[ROLE_SAVED] = ids[ROLE_EFFECTIVE];
	return 0;
}

/* setfsuid(), setfsgid(): the one before, whether or not it was allowed. */
static int64_t
set_files(const struct credentials *c, uint32_t ids[ROLES], uint32_t id)
{
	const uint32_t before = ids[ROLE_FILES];

	if (id != KEEP && (may(c, ids, id) || id == before))
		ids[ROLE_FILES] = id;
	return before;
}

/* ------------------------------------------------------------ calls */

static int64_t
set_groups(struct notification *a, struct credentials *c)
{
	const uint64_t n = a->args[0];
	const size_t size = (size_t)n * sizeof *c->groups;

	if (!is_root(c)) {
		errno = EPERM;
		return -1;
	}
	if (n > CREDENTIALS_GROUPS_MAX) {
		errno = EINVAL;
		return -1;
	}
	memset(c->groups, 0, sizeof c->groups);
	if (n > 0 && notify_peek(a, a->args[1], c->groups, size) != (ssize_t)size) {
		errno = EFAULT;
		return -1;
	}
	c->n_groups = (uint32_t)n;
	return 0;
}

static int64_t
get_groups(struct notification *a, const struct credentials *c)
{
	const int room = (int)a->args[0];

	if (room == 0 || c->n_groups == 0)
		return c->n_groups;
	if (room < 0 || (uint32_t)room < c->n_groups) {
		errno = EINVAL;
		return -1;
	}
	if (notify_poke(a, a->args[1], c->groups, c->n_groups * sizeof *c->groups) < 0)
		return -1;
	return c->n_groups;
}

static int64_t
get_all(struct notification *a, const uint32_t ids[ROLES])
{
	for (size_t i = 0; i < 3; i++)
		if (notify_poke(a, a->args[i], &ids[i], sizeof ids[i]) < 0)
			return -1;
	return 0;
}

/* Applies the call to C; *VALUE is its result. False if it is another call. */
static bool
change(struct notification *a, struct credentials *c, int64_t *value)
{
	const struct credentials old = *c;
	const uint32_t x = (uint32_t)a->args[0], y = (uint32_t)a->args[1],
	               z = (uint32_t)a->args[2];

	switch (a->number) {
	case SYS_setuid:
		*value = set_one(&old, c->uid, x);
		return true;
	case SYS_setgid:
		*value = set_one(&old, c->gid, x);
		return true;
	case SYS_setreuid:
		*value = set_two(&old, c->uid, x, y);
		return true;
	case SYS_setregid:
		*value = set_two(&old, c->gid, x, y);
		return true;
	case SYS_setresuid:
		*value = set_all(&old, c->uid, x, y, z);
		return true;
	case SYS_setresgid:
		*value = set_all(&old, c->gid, x, y, z);
		return true;
	case SYS_setfsuid:
		*value = set_files(&old, c->uid, x);
		return true;
	case SYS_setfsgid:
		*value = set_files(&old, c->gid, x);
		return true;
	case SYS_setgroups:
		*value = set_groups(a, c);
		return true;
	default:
		return false;
	}
}

static bool
tell(struct notification *a, const struct credentials *c, int64_t *value)
{
	switch (a->number) {
	case SYS_getuid:
		*value = c->uid[ROLE_REAL];
		return true;
	case SYS_geteuid:
		*value = c->uid[ROLE_EFFECTIVE];
		return true;
	case SYS_getgid:
		*value = c->gid[ROLE_REAL];
		return true;
	case SYS_getegid:
		*value = c->gid[ROLE_EFFECTIVE];
		return true;
	case SYS_getresuid:
		*value = get_all(a, c->uid);
		return true;
	case SYS_getresgid:
		*value = get_all(a, c->gid);
		return true;
	case SYS_getgroups:
		*value = get_groups(a, c);
		return true;
	default:
		return false;
	}
}

/* Most calls are about files and need no credentials. */
static bool
is_of_credentials(int number)
{
	static const int numbers[] = {
		SYS_getuid,    SYS_geteuid,   SYS_getgid,    SYS_getegid,
		SYS_getresuid, SYS_getresgid, SYS_getgroups, SYS_setuid,
		SYS_setgid,    SYS_setreuid,  SYS_setregid,  SYS_setresuid,
		SYS_setresgid, SYS_setfsuid,  SYS_setfsgid,  SYS_setgroups,
	};

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

int
credentials_answer(struct credentials_table *t, struct notification *a)
{
	const struct credentials *now = NULL;
	struct credentials wanted;
	int64_t value = -1;

	if (!is_of_credentials(a->number))
		return 0;
	now = credentials_of(t, a);
	wanted = *now;
	if (tell(a, now, &value)) {
		notify_answer(a, value);
		return 1;
	}
	if (!change(a, &wanted, &value))
		return 0;
	if (value >= 0 && memcmp(now, &wanted, sizeof wanted) != 0 &&
	    credentials_set(t, a, &wanted) < 0)
		value = -1;
	notify_answer(a, value);
	return 1;
}
