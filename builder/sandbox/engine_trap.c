/*
 * The engine for users without any privilege, in containers that allow neither namespaces
 * nor mounts nor chroot: a plain tree per stage, and a supervisor that makes every call
 * with a path for the step (trap/trap.h). A walk finds the changes.
 */
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/contained.h"
#include "builder/sandbox/engine_plain.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/recipe_process.h"

static void
draft(struct recipe_draft *d, const struct sandbox *sb, const struct sandbox_run *r,
      const char *tree, bool has_devices)
{
	const unsigned kinds = FILTER_ASKS_ALL |
	                       (r->network == SANDBOX_NET_NONE ? FILTER_NO_NETWORK : 0);
	struct filter filter = { 0 };

	(void)has_devices;
	d->head.engine = RECIPE_TRAP;
	d->head.root = recipe_add_text(d, tree);
	recipe_add_process(d, sb, r, NULL);
	d->head.caps = 0;
	d->head.has_landlock = confine_version() >= CONFINE_VERSION_MIN;
	engine_add_owner_marks(d, r);
	/* A small number could be the sixth argument of a call by accident. */
	while (filter.cookie >> 32 == 0)
		if (getrandom(&filter.cookie, sizeof filter.cookie, 0) !=
		    (ssize_t)sizeof filter.cookie)
			filter.cookie = 0;
	d->head.cookie = filter.cookie;
	filter_compile(&filter, kinds);
	d->head.notify_filter = engine_add_filter(d, &filter, &d->head.n_notify_filter);
}

static int
trap_run(struct sandbox *sb, const struct sandbox_run *r, struct sandbox_result *result,
         struct error *err)
{
	if (r->insecure)
		return error_set(err, ERR_ENVIRONMENT,
		                 "RUN --security=insecure needs privileges, which engine "
		                 "\"trap\" does without");
	return engine_plain_run(sb, r, draft, result, err);
}

/* What is slow about it, machine_warn() says. */
static int
trap_probe(struct sandbox *sb, char **why, struct error *err)
{
	(void)why;
	if (sb->mapping != IDS_NONE || geteuid() == 0)
		return error_set(err, ERR_ENVIRONMENT,
		                 "engine \"trap\" is for users without privileges; root "
		                 "has stronger ones");
	if (engine_plain_probe(sb, draft, err) < 0)
		return -1;
	/* Steps have our user. Should one see our /proc, it still finds no memory,
	 * environment or descriptor there. */
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

const struct engine engine_trap = { .name = "trap", .probe = trap_probe, .run = trap_run };
