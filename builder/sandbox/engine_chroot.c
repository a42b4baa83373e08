/*
 * The engine for root in containers that allow neither namespaces nor mounts: a
 * plain tree per stage, chroot, Landlock, and a supervisor that replaces /proc. A
 * walk finds the changes. The container is the boundary.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/contained.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/inside/caps.h"
#include "builder/sandbox/inside/confine.h"
#include "builder/sandbox/inside/probe.h"
#include "builder/sandbox/plain/stand_ins.h"
#include "builder/sandbox/recipe_draft.h"
#include "builder/sandbox/recipe_process.h"
#include "builder/sandbox/running.h"

#define BIT(cap) (UINT64_C(1) << (cap))

static recipe_at
add_filter(struct recipe_draft *d, unsigned kinds, uint32_t *n)
{
	struct filter filter = { 0 };
	recipe_at at = 0;

	filter_compile(&filter, kinds);
	*n = (uint32_t)filter.code.n;
	if (filter.code.n > 0)
		at = recipe_add_bytes(d, filter.code.at,
		                      filter.code.n * sizeof *filter.code.at);
	filter_clear(&filter);
	return at;
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

/* With a single id the supervisor keeps the owners, too. */
static void
draft_owners(struct recipe_draft *d, const struct sandbox *sb,
             const struct sandbox_run *r)
{
	auto_free char *marks = mem_print("%s.owners", r->upper);

	if (sb->mapping == IDS_SINGLE && r->upper != NULL)
		d->head.owner_marks = recipe_add_text(d, marks);
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
	draft_owners(d, sb, r);
	draft_filters(d, r);
}

static int
run_process(struct sandbox *sb, const struct sandbox_run *r, struct recipe_draft *d,
            struct sandbox_result *result, struct error *err)
{
	auto_cgroup struct cgroup cgroup = CGROUP_INIT;
	auto_running struct running run = RUNNING_INIT;
	int64_t started_ns = clock_monotonic_ns();

	run.is_asked_to_end = true;
	cgroup_open(&cgroup, r, &sb->told_limits);
	d->head.has_cgroup = cgroup.procs_fd >= 0;
	if (running_start(sb, r, d, &run, &cgroup, err) < 0 ||
	    running_attend(sb, r, &run, err) < 0)
		return -1;
	running_result(&run, &cgroup, started_ns, result);
	return 0;
}

/* *STATE: TREE_SPOILT if foreign entries may still be in the tree. */
static int
run_in_tree(struct sandbox *sb, const struct sandbox_run *r, struct stage_tree *tree,
            enum tree_state *state, struct sandbox_result *result, struct error *err)
{
	auto_stand_ins struct stand_ins stand_ins = { .tree_fd = -1 };
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error later = ERROR_INIT;
	const struct plain_scratch scratch = sandbox_scratch(sb);
	int failed = stand_ins_place(&stand_ins, &scratch, r, tree, err);

	if (failed == 0) {
		draft(&d, sb, r, stage_tree_dir(tree), stand_ins.has_devices);
		failed = run_process(sb, r, &d, result, err);
	}
	*state = stage_tree_state(r, false, 0);
	if (stand_ins_remove(&stand_ins, tree, failed == 0 ? err : &later) < 0) {
		*state = TREE_SPOILT;
		failed = -1;
	}
	return failed;
}

static int
chroot_run(struct sandbox *sb, const struct sandbox_run *r, struct sandbox_result *result,
           struct error *err)
{
	struct stage_tree *tree = trees_take(&sb->trees, r, err);
	enum tree_state state = TREE_SPOILT;
	int failed = 0;

	if (tree == NULL)
		return -1;
	failed = run_in_tree(sb, r, tree, &state, result, err);
	if (failed == 0 && !stage_tree_is_unread(r)) {
		failed = stage_tree_diff(tree, r, sb->cancel, err);
		if (failed == 0)
			state = stage_tree_state(r, true, result->status);
	}
	trees_give(&sb->trees, tree, state);
	return failed;
}

/* ------------------------------------------------------------ probe */

static int
make_probe_tree(const struct sandbox *sb, struct error *err)
{
	auto_fd int fd = -1;

	if (file_make_dirs(sb->scratch_fd, "probe/tree/" PROBE_DIR, 0755, err) < 0)
		return -1;
	fd = file_open_dir(sb->scratch_fd, "probe/tree", err);
	return fd < 0 ? -1 : file_replace(fd, PROBE_FILE, "", 0, 0644, err);
}

/* *WHY: why no stronger engine is used, or NULL if this one was requested. */
static void
tell_what_holds(char **why)
{
	const bool has_landlock = confine_version() >= CONFINE_VERSION_MIN;
	auto_free char *reason = *why;

	if (reason != NULL)
		*why = mem_print("%s; engine \"chroot\" is slower, and the container is "
		                 "all that holds a step%s",
		                 reason, has_landlock ? "" : " (no Landlock)");
	else if (!has_landlock && !is_contained())
		*why = mem_copy("no Landlock and no container hold a step of engine "
		                "\"chroot\" here");
}

static int
chroot_probe(struct sandbox *sb, char **why, struct error *err)
{
	const struct sandbox_run r = { .n_lowers = 0 };
	auto_free char *tree = mem_print("%s/probe/tree", sb->scratch);
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_error struct error later = ERROR_INIT;
	struct sandbox_result result;
	int failed = make_probe_tree(sb, err);

	if (failed == 0) {
		draft(&d, sb, &r, tree, true);
		d.head.purpose = RECIPE_PROBE;
		failed = run_process(sb, &r, &d, &result, err);
	}
	file_remove_tree(sb->scratch_fd, "probe", &later);
	if (failed == 0)
		tell_what_holds(why);
	return failed;
}

const struct engine engine_chroot = { .name = "chroot",
	                              .probe = chroot_probe,
	                              .run = chroot_run };
