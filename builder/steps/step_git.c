#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"
#include "builder/steps/git.h"
#include "builder/steps/internal.h"

int
step_git_preimage(const struct step_job *job, bool content, struct preimage *out,
                  struct error *err)
{
	const struct step_git *git = &job->step->git;

	(void)content;
	(void)err;
	preimage_add_str(out, "step", "git");
	preimage_add(out, "url", git->url);
	preimage_add(out, "ref", git->ref);
	preimage_add(out, "subdir", git->subdir);
	preimage_add_u64(out, "keep git dir", git->keep_git_dir);
	preimage_add_u64(out, "submodules", git->submodules);
	return 0;
}

/* What the files are: two names for one commit are equal, except in .git. */
static struct digest
content_of(const struct step_git *git, const char *commit)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;

	preimage_add_str(&p, "commit", commit);
	preimage_add(&p, "subdir", git->subdir);
	preimage_add_u64(&p, "submodules", git->submodules);
	if (git->keep_git_dir)
		preimage_add(&p, "keep git dir of", git->ref);
	return preimage_key(&p);
}

static int
scan(const struct step_job *job, const struct git_checkout *checkout, struct result *out,
     struct error *err)
{
	struct context_options options = { .store = job->env->store,
		                           .path = checkout->dir,
		                           .dir_fd = -1,
		                           .has_mtime = true,
		                           .mtime = checkout->time,
		                           .cancel = job->env->cancel };

	options.dir_fd = file_open_dir(AT_FDCWD, checkout->dir, err);
	if (options.dir_fd < 0)
		return -1;
	out->context = context_scan(&options, err);
	return out->context == NULL ? -1 : 0;
}

int
step_git_execute(const struct step_job *job, struct result *out, struct error *err)
{
	const struct step_git *git = &job->step->git;
	struct git_checkout checkout = { 0 };
	char commit[GIT_COMMIT_MAX];
	int failed = 0;

	if (job->env->offline && git_check_offline(git, err) < 0)
		return -1;
	if (git_resolve(git, job->env->cancel, commit, err) < 0 ||
	    git_checkout(job->env->store, git, commit, job->env->cancel, &checkout, err) <
	            0)
		return -1;
	failed = scan(job, &checkout, out, err);
	free(checkout.dir);
	if (failed < 0)
		return -1;
	out->content = content_of(git, commit);
	array_push(&out->layers, context_layer(out->context));
	return 0;
}
