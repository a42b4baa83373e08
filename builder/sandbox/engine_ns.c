/*
 * The engine with namespaces and overlayfs: the upper directory of the root is
 * the result.
 */
#include <fcntl.h>
#include <sched.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "builder/sandbox/engine.h"
#include "builder/sandbox/inside/probe.h"
#include "builder/sandbox/limits.h"
#include "builder/sandbox/mount_stubs.h"
#include "builder/sandbox/plain/copies.h"
#include "builder/sandbox/recipe_draft.h"
#include "builder/sandbox/recipe_mounts.h"
#include "builder/sandbox/recipe_process.h"
#include "builder/sandbox/running.h"

#define NAME_SPACES                                                                      \
	(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

static void
draft_notify_filter(struct recipe_draft *d, const struct filter *filter)
{
	d->head.n_notify_filter = (uint32_t)filter->code.n;
	d->head.notify_filter = recipe_add_bytes(
	        d, filter->code.at, filter->code.n * sizeof *filter->code.at);
}

/* With a single id a supervisor keeps the owners. */
static void
draft_owners(struct recipe_draft *d, struct sandbox *sb, const struct sandbox_run *r)
{
	auto_filter struct filter filter = { 0 };
	auto_free char *marks = mem_print("%s.owners", r->upper);

	if (sb->mapping != IDS_SINGLE)
		return;
	if (r->insecure) {
		if (!atomic_exchange(&sb->told_insecure, true))
			event_warn(0,
			           "--security=insecure with a single user id: no call "
			           "is passed to a supervisor, so owners are not "
			           "emulated");
		return;
	}
	filter_compile(&filter, FILTER_ASKS_OWNERS);
	if (filter.code.n == 0)
		return;
	draft_notify_filter(d, &filter);
	d->head.owner_marks = recipe_add_text(d, marks);
	d->head.inner_flags = d->head.clone_flags;
	d->head.clone_flags = 0;
}

/* TREE: a plain one for the root, or NULL. */
static int
draft(struct recipe_draft *d, struct sandbox *sb, const struct sandbox_run *r,
      const char *tree, const char *scratch, struct error *err)
{
	d->head.engine = RECIPE_NS;
	d->head.clone_flags = NAME_SPACES;
	if (r->network == SANDBOX_NET_NONE) {
		d->head.clone_flags |= CLONE_NEWNET;
		d->head.new_net = 1;
	}
	d->head.root = recipe_add_text(d, tree);
	if (tree == NULL) {
		d->head.lowers = recipe_add_list(d, r->lowers, r->n_lowers);
		d->head.upper = recipe_add_text(d, r->upper);
		d->head.work = recipe_add_text(d, r->work);
	}
	recipe_add_process(d, sb, r, &sb->filter);
	d->head.readonly_root = r->readonly_root;
	draft_owners(d, sb, r);
	if (sb->node_filter.code.n > 0 && !r->insecure)
		draft_notify_filter(d, &sb->node_filter);
	return recipe_add_mounts(d, sb, r, scratch, err);
}

static int
remove_stubs(const char *dir, const struct running *run, struct error *err)
{
	auto_fd int dir_fd = file_open_dir(AT_FDCWD, dir, err);

	if (dir_fd < 0)
		return -1;
	return mount_stubs_remove(dir_fd, recipe_report(run->recipe), err);
}

/* TREE: the plain tree for the root, or NULL for an overlay. *NEEDS_COPIES: binds cannot
 * be overlays here; then the try has left nothing behind. */
static int
run_once(struct sandbox *sb, const struct sandbox_run *r, const char *tree,
         const char *scratch, bool *needs_copies, struct sandbox_result *result,
         struct error *err)
{
	const char *root = tree == NULL ? r->upper : tree;
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_cgroup struct cgroup cgroup = CGROUP_INIT;
	auto_running struct running run = RUNNING_INIT;
	int64_t started_ns = clock_monotonic_ns();

	if (draft(&d, sb, r, tree, scratch, err) < 0)
		return -1;
	run.is_asked_to_end = d.head.owner_marks != 0;
	cgroup_open(&cgroup, r, &sb->told_limits);
	d.head.has_cgroup = cgroup.procs_fd >= 0;
	run.is_waited_for = run.is_asked_to_end || d.head.has_cgroup != 0;
	if (running_start(sb, r, &d, &run, &cgroup, err) < 0)
		return -1;
	if (running_attend(sb, r, &run, err) < 0) {
		auto_error struct error later = ERROR_INIT;

		*needs_copies = recipe_report(run.recipe)->stage == STAGE_OVERLAY &&
		                remove_stubs(root, &run, &later) == 0;
		return -1;
	}
	if (remove_stubs(root, &run, err) < 0)
		return -1;
	running_result(&run, &cgroup, started_ns, result);
	return 0;
}

static bool
has_overlays(const struct sandbox_run *r)
{
	for (size_t i = 0; i < r->n_mounts; i++)
		if (r->mounts[i].kind == SANDBOX_OVERLAY)
			return true;
	return false;
}

static int
run_with_copies(struct sandbox *sb, const struct sandbox_run *r, const char *tree,
                const char *scratch, struct sandbox_result *result, struct error *err)
{
	auto_copies struct copies copies = COPIES_INIT;
	const struct plain_scratch place = sandbox_scratch(sb);
	bool needs_copies = false;

	if (copies_make(&copies, &place, r, scratch, err) < 0)
		return -1;
	return run_once(sb, &copies.run, tree, scratch, &needs_copies, result, err);
}

/* TREE as in run_once(). */
static int
ns_run_in(struct sandbox *sb, const struct sandbox_run *r, const char *tree,
          struct sandbox_result *result, struct error *err)
{
	bool needs_copies = sb->has_plain_binds && has_overlays(r);
	auto_error struct error later = ERROR_INIT;
	char scratch[] = "run-0123456789abcdef";
	int failed = -1;

	file_random_name(scratch + 4, 16);
	if (!needs_copies)
		failed = run_once(sb, r, tree, scratch, &needs_copies, result, err);
	if (needs_copies) {
		/* On a tmpfs, all overlays work or none; other places may differ. */
		sb->has_plain_binds = sb->has_plain_roots;
		error_clear(err);
		failed = run_with_copies(sb, r, tree, scratch, result, err);
	}
	/* Leftovers are removed with the sandbox's directory. */
	if (has_overlays(r))
		file_remove_tree(sb->scratch_fd, scratch, &later);
	return failed;
}

static int
run_on_tree(struct sandbox *sb, const struct sandbox_run *r,
            struct sandbox_result *result, struct error *err)
{
	struct stage_tree *tree = trees_take(&sb->trees, r, err);
	int failed = 0;

	if (tree == NULL)
		return -1;
	failed = ns_run_in(sb, r, stage_tree_dir(tree), result, err);
	if (failed == 0 && !stage_tree_is_unread(r))
		failed = stage_tree_diff(tree, r, sb->cancel, err);
	trees_give(&sb->trees, tree,
	           stage_tree_state(r, failed == 0 && !stage_tree_is_unread(r),
	                            result->status));
	return failed;
}

static int
ns_run(struct sandbox *sb, const struct sandbox_run *r, struct sandbox_result *result,
       struct error *err)
{
	return sb->has_plain_roots ? run_on_tree(sb, r, result, err)
	                           : ns_run_in(sb, r, NULL, result, err);
}

/* ------------------------------------------------------------ probe */

static int
make_probe_tree(const struct sandbox *sb, struct error *err)
{
	auto_fd int lower_fd = -1;

	if (file_make_dirs(sb->scratch_fd, "probe/lower/" PROBE_DIR, 0755, err) < 0 ||
	    file_make_dirs(sb->scratch_fd, "probe/upper", 0755, err) < 0 ||
	    file_make_dirs(sb->scratch_fd, "probe/work", 0755, err) < 0)
		return -1;
	lower_fd = file_open_dir(sb->scratch_fd, "probe/lower", err);
	if (lower_fd < 0)
		return -1;
	return file_replace(lower_fd, PROBE_FILE, "", 0, 0644, err);
}

/* TREE as in draft(). */
static int
run_probe(struct sandbox *sb, const char *tree, struct error *err)
{
	const char *const lowers[] = { "probe/lower" };
	const struct sandbox_run r = { .lowers = lowers,
		                       .n_lowers = 1,
		                       .upper = "probe/upper",
		                       .work = "probe/work" };
	auto_recipe_draft struct recipe_draft d = { 0 };
	auto_running struct running run = RUNNING_INIT;
	const struct cgroup none = CGROUP_INIT;

	if (draft(&d, sb, &r, tree, "probe", err) < 0)
		return -1;
	d.head.purpose = RECIPE_PROBE;
	if (running_start(sb, &r, &d, &run, &none, err) < 0)
		return -1;
	return running_attend(sb, &r, &run, err);
}

int
engine_ns_try_overlay(struct sandbox *sb, struct error *err)
{
	auto_error struct error later = ERROR_INIT;
	int failed = make_probe_tree(sb, err);

	if (failed == 0)
		failed = run_probe(sb, NULL, err);
	file_remove_tree(sb->scratch_fd, "probe", &later);
	return failed;
}

/* Tries an overlay first, then a plain tree: an overlay or NFS cannot hold an upper
 * directory. */
static int
ns_probe(struct sandbox *sb, char **why, struct error *err)
{
	auto_error struct error later = ERROR_INIT, refused = ERROR_INIT;
	int failed = make_probe_tree(sb, err);

	if (failed == 0)
		failed = run_probe(sb, NULL, &refused);
	if (failed < 0 && refused.code != ERR_NONE) {
		failed = run_probe(sb, "probe/lower", &later);
		sb->has_plain_roots = failed == 0;
		if (failed == 0)
			*why = mem_print(
			        "RUN works on copies of the layers, which is slower: "
			        "%s; choose a directory on another file system with "
			        "COOPER_ROOT or --root",
			        refused.text);
		else
			error_move(err, &refused);
	}
	file_remove_tree(sb->scratch_fd, "probe", &later);
	return failed;
}

const struct engine engine_ns = { .name = "ns", .probe = ns_probe, .run = ns_run };
