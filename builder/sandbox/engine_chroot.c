/*
 * The engine for root in containers that allow neither namespaces nor mounts: a
 * plain tree per stage, chroot, Landlock, and a supervisor that replaces /proc. A
 * walk finds the changes. The container is the boundary.
 */
#include <linux/capability.h>

#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/contained.h"
#include "builder/sandbox/engine_plain.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/recipe_process.h"

#define BIT(cap) (UINT64_C(1) << (cap))

static recipe_at
add_filter(struct recipe_draft *d, unsigned kinds, uint32_t *n)
{
	struct filter filter = { 0 };

	filter_compile(&filter, kinds);
	return engine_add_filter(d, &filter, n);
}

static void
draft_filters(struct recipe_draft *d, const struct sandbox_run *r)
{
	const unsigned kinds = FILTER_OWN_LIMITS |
	                       (r->network == SANDBOX_NET_NONE ? FILTER_NO_NETWORK : 0) |
	                       (d->head.has_landlock != 0 ? 0 : FILTER_NO_TRACING);

	d->head.filter = add_filter(d, kinds, &d->head.n_filter);
	d->head.notify_filter =
	        add_filter(d,
	                   kinds | FILTER_ASKS_PATHS |
	                           (d->head.owner_marks != 0 ? FILTER_ASKS_OWNERS : 0),
	                   &d->head.n_notify_filter);
}

static void
draft(struct recipe_draft *d, const struct sandbox *sb, const struct sandbox_run *r,
      const char *tree, bool has_devices)
{
	d->head.engine = RECIPE_CHROOT;
	d->head.root = recipe_add_text(d, tree);
	recipe_add_process(d, sb, r, NULL);
	d->head.has_landlock = confine_version() >= CONFINE_VERSION_MIN;
	d->head.serves_devices = !has_devices;
	/* Few steps need these calls, and they help to leave a root. Outside it, Landlock
	 * does not prevent changes of modes and owners, or connections to sockets.
	 * Package managers chroot to their current root, which the supervisor answers. */
	d->head.caps &= ~(BIT(CAP_NET_RAW) | BIT(CAP_SETPCAP) | BIT(CAP_MKNOD) |
	                  BIT(CAP_SYS_CHROOT));
	/* With a single id the supervisor keeps the owners, too. */
	if (sb->mapping == IDS_SINGLE)
		engine_add_owner_marks(d, r);
	draft_filters(d, r);
}

static int
chroot_run(struct sandbox *sb, const struct sandbox_run *r, struct sandbox_result *result,
           struct error *err)
{
	return engine_plain_run(sb, r, draft, result, err);
}

/* ------------------------------------------------------------ probe */

static int
chroot_probe(struct sandbox *sb, char **why, struct error *err)
{
	if (engine_plain_probe(sb, draft, err) < 0)
		return -1;
	if (*why == NULL && confine_version() < CONFINE_VERSION_MIN && !is_contained())
		*why = mem_copy("no Landlock and no container hold a step of engine "
		                "\"chroot\" here");
	else
		engine_add_likeness(why, "engine \"chroot\" is slower, and the container is "
		                         "all that holds a step");
	return 0;
}

const struct engine engine_chroot = { .name = "chroot",
	                              .probe = chroot_probe,
	                              .run = chroot_run };
