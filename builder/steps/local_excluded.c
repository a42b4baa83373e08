#include "builder/steps/local_excluded.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/inroot.h"
#include "base/listing.h"
#include "base/path.h"
#include "parser/pattern.h"
#include "parser/plan.h"
#include "parser/step.h"

void
exclusions_clear(struct exclusions *x)
{
	for (size_t i = 0; i < x->ignores.n; i++)
		ignore_free(x->ignores.at[i]);
	for (size_t i = 0; i < x->texts.n; i++)
		free(x->texts.at[i]);
	array_clear(&x->rules);
	array_clear(&x->ignores);
	array_clear(&x->texts);
}

/* Whether PATH contains no link. */
static bool
is_plain(int dir_fd, struct text path)
{
	auto_free char *name = path.n == 0 ? mem_copy(".") : text_copy(path);
	auto_fd int fd = inroot_open_nolinks(dir_fd, name, O_PATH | O_NOFOLLOW, 0);
	struct stat sb;

	return fd >= 0 && fstat(fd, &sb) == 0 && !S_ISLNK(sb.st_mode);
}

/* Whether DIR has a link that matches PATTERN: it may lead anywhere. */
static bool
matches_link(int dir_fd, struct text dir, struct text pattern)
{
	auto_free char *name = dir.n == 0 ? mem_copy(".") : text_copy(dir);
	auto_listing struct listing list = listing_take(
	        inroot_open_nolinks(dir_fd, name, O_RDONLY | O_DIRECTORY, 0));
	const char *found = NULL;
	struct stat sb;

	while ((found = listing_next(&list)) != NULL)
		if (pattern_match(pattern, text_of(found)) == 1 &&
		    (fstatat(listing_fd(&list), found, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
		     S_ISLNK(sb.st_mode)))
			return true;
	return listing_failed(&list);
}

/* "**" and classes may match more than one component. */
static bool
is_simple(struct text pattern)
{
	return memmem(pattern.p, pattern.n, "**", 2) == NULL &&
	       text_find(pattern, '[') < 0;
}

static void
exclude_path(struct exclusions *x, int dir_fd, struct text path,
             const struct ignore *ignore)
{
	char *clean = path_clean_abs(path);
	struct excluded_rule r = { .root = text_of(clean + 1), .ignore = ignore };

	array_push(&x->texts, clean);
	if (pattern_has_glob(r.root)) {
		r.pattern = path_base(r.root);
		r.root = path_dir(r.root);
		r.ignore = NULL;
		x->useless |= pattern_has_glob(r.root) || !is_simple(r.pattern) ||
		              matches_link(dir_fd, r.root, r.pattern);
	}
	x->useless |= !is_plain(dir_fd, r.root);
	array_push(&x->rules, r);
}

/* --parents: exclusions are relative to what is in front of the pivot. */
static struct text
base_of_parents(struct text path)
{
	const char *pivot = path.n == 0 ? NULL : memmem(path.p, path.n, "/./", 3);

	return text_first(path, pivot == NULL ? 0 : (size_t)(pivot - path.p));
}

static int
exclude_of_copy(struct exclusions *x, int dir_fd, const struct step_copy *copy,
                step_id context, struct error *err)
{
	struct ignore *ignore = NULL;

	if (copy->excludes.n > 0) {
		ignore = ignore_new(copy->excludes.at, copy->excludes.n, err);
		if (ignore == NULL)
			return -1;
		array_push(&x->ignores, ignore);
	}
	for (size_t i = 0; i < copy->sources.n; i++) {
		struct text path = copy->sources.at[i].path;

		if (copy->sources.at[i].from == context)
			exclude_path(x, dir_fd,
			             copy->parents ? base_of_parents(path) : path,
			             ignore);
	}
	return 0;
}

/* The result of a build may be the context itself. */
static bool
is_result(const struct plan *plan, step_id context)
{
	for (size_t i = 0; i < plan_n_images(plan); i++)
		if (plan_image_at(plan, i)->step == context)
			return true;
	return false;
}

static int
exclude_of_step(struct exclusions *x, int dir_fd, const struct step *user,
                step_id context, struct error *err)
{
	x->useless |= user->base == context;
	if (user->kind == STEP_COPY &&
	    exclude_of_copy(x, dir_fd, &user->copy, context, err) < 0)
		return -1;
	if (user->kind != STEP_RUN)
		return 0;
	for (size_t k = 0; k < user->run.mounts.n; k++)
		if (user->run.mounts.at[k].from == context)
			exclude_path(x, dir_fd, user->run.mounts.at[k].source, NULL);
	return 0;
}

static bool
has_exclusions(const struct plan *plan)
{
	for (size_t i = 0; i < plan->steps.n; i++)
		if (plan->steps.at[i].kind == STEP_COPY &&
		    plan->steps.at[i].copy.excludes.n > 0)
			return true;
	return false;
}

int
exclusions_find(struct exclusions *x, int dir_fd, const struct step_job *job,
                struct error *err)
{
	step_id context = job->step->id;

	if (!has_exclusions(job->plan))
		return 0;
	x->useless = is_result(job->plan, context);
	for (size_t i = 0; i < job->plan->steps.n && !x->useless; i++)
		if (exclude_of_step(x, dir_fd, &job->plan->steps.at[i], context, err) < 0)
			return -1;
	if (x->useless)
		x->rules.n = 0;
	return 0;
}
