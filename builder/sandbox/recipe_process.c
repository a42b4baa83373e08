#include "builder/sandbox/recipe_process.h"

#include <string.h>

#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/inside/prober.h"
#include "builder/sandbox/limits.h"
#include "builder/sandbox/recipe_draft.h"

static void
draft_ids(struct recipe_draft *d, const struct sandbox *sb, const struct sandbox_run *r)
{
	_Static_assert(sizeof(gid_t) == sizeof(uint32_t),
	               "groups are copied as they are");
	d->head.uid = r->uid;
	d->head.gid = r->gid;
	d->head.groups = recipe_add_bytes(d, r->groups, r->n_groups * sizeof *r->groups);
	d->head.n_groups = (uint32_t)r->n_groups;
	d->head.single_id = sb->mapping == IDS_SINGLE;
	d->head.caps = r->insecure ? CAPS_ALL : caps_default() | r->caps_added;
	d->head.caps &= ~r->caps_dropped;
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
draft_filter(struct recipe_draft *d, const struct filter *filter)
{
	d->head.n_filter = (uint32_t)filter->code.n;
	d->head.filter = recipe_add_bytes(d, filter->code.at,
	                                  filter->code.n * sizeof *filter->code.at);
}

static void
draft_foreground(struct recipe_draft *d, const struct sandbox_foreground *f)
{
	_Static_assert(SANDBOX_PROBE_TIMED_OUT == PROBER_TIMED_OUT, "one status");
	d->head.has_input = 1;
	if (f->probe == NULL)
		return;
	d->head.probe = recipe_add_list(d, f->probe, count(f->probe));
	d->head.probe_ms = f->probe_ms;
}

void
recipe_add_process(struct recipe_draft *d, const struct sandbox *sb,
                   const struct sandbox_run *r, const struct filter *filter)
{
	draft_ids(d, sb, r);
	d->head.terminal = r->has_terminal;
	if (r->foreground != NULL)
		draft_foreground(d, r->foreground);
	d->head.opens_devices = r->insecure;
	d->head.argv = recipe_add_list(d, r->argv, count(r->argv));
	d->head.env = recipe_add_list(d, r->env, count(r->env));
	d->head.path = recipe_add_text(d, find_path(r->env));
	d->head.cwd = recipe_add_text(d, r->cwd);
	d->head.hostname = recipe_add_text(d, r->hostname);
	if (!r->insecure && filter != NULL && filter->code.n > 0)
		draft_filter(d, filter);
	limits_draft(d, r);
}
