#include "builder/sandbox/limits.h"

#include <linux/capability.h>
#include <sys/resource.h>

#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/recipe_draft.h"

static uint64_t
smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
limits_draft(struct recipe_draft *d, const struct sandbox_run *r)
{
	ARRAY(struct recipe_limit) limits = { 0 };
	bool may_raise = caps_has(CAP_SYS_RESOURCE);

	for (size_t i = 0; i < r->n_limits; i++) {
		struct recipe_limit limit = { .resource = (uint32_t)r->limits[i].resource,
			                      .soft = r->limits[i].soft,
			                      .hard = r->limits[i].hard };
		struct rlimit own;

		if (getrlimit((__rlimit_resource_t)limit.resource, &own) < 0)
			continue;
		if (!may_raise)
			limit.hard = smaller(limit.hard, own.rlim_max);
		limit.soft = smaller(limit.soft, limit.hard);
		array_push(&limits, limit);
	}
	d->head.n_limits = (uint32_t)limits.n;
	d->head.limits = recipe_add_bytes(d, limits.at, limits.n * sizeof *limits.at);
	array_clear(&limits);
}
