#include "builder/sandbox/limits.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/count.h"
#include "base/event.h"
#include "builder/sandbox/recipe_draft.h"

static const struct {
	const char *name;
	int resource;
} kinds[] = {
	{ "core", RLIMIT_CORE },         { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },         { "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },       { "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },     { "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },           { "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },     { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The highest hard limit up to WANTED that the kernel lets us set. Only a try can tell:
 * the kernel requires a privilege on the machine, not in our user namespace, and has
 * limits of its own (fs.nr_open). A raised limit is restored. */
static uint64_t
allowed(int resource, uint64_t wanted)
{
	__rlimit_resource_t which = (__rlimit_resource_t)resource;
	struct rlimit own, more;

	if (getrlimit(which, &own) < 0 || wanted <= own.rlim_max)
		return wanted;
	more = (struct rlimit){ own.rlim_cur, wanted };
	if (setrlimit(which, &more) < 0)
		return own.rlim_max;
	setrlimit(which, &own);
	return wanted;
}

int
sandbox_limit_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (text_is(name, kinds[i].name))
			return kinds[i].resource;
	return -1;
}

static const char *
name_of(int resource)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].resource == resource)
			return kinds[i].name;
	return "?";
}

void
sandbox_tell_limits(const struct sandbox *sb, const struct sandbox_limits *limits)
{
	if (limits->shm_size > 0 && strcmp(sandbox_engine(sb), "ns") != 0)
		event_warn(0,
		           "--shm-size: nothing can be mounted here, so /dev/shm is as "
		           "large as the store's file system");
	for (size_t i = 0; i < limits->list.n; i++) {
		const struct sandbox_limit *l = &limits->list.at[i];
		uint64_t most = allowed(l->resource, l->hard);

		if (most < l->hard)
			event_warn(0,
			           "--ulimit %s: this user may have no more than %" PRIu64
			           ", which is what steps get",
			           name_of(l->resource), most);
	}
}

void
limits_draft(struct recipe_draft *d, const struct sandbox_run *r)
{
	ARRAY(struct recipe_limit) limits = { 0 };

	for (size_t i = 0; i < r->limits.list.n; i++) {
		const struct sandbox_limit *l = &r->limits.list.at[i];
		struct recipe_limit limit = { .resource = (uint32_t)l->resource };

		limit.hard = allowed(l->resource, l->hard);
		limit.soft = smaller(l->soft, limit.hard);
		array_push(&limits, limit);
	}
	d->head.n_limits = (uint32_t)limits.n;
	d->head.limits = recipe_add_bytes(d, limits.at, limits.n * sizeof *limits.at);
	array_clear(&limits);
}
