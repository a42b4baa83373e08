#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"
#include "base/redact.h"
#include "builder/steps/git.h"
#include "builder/steps/internal.h"
#include "parser/step.h"

int
step_git_preimage(const struct step_job *job, bool content, struct preimage *out,
                  struct error *err)
{
	const struct step_git *git = &job->step->git;
	auto_buf struct buf url = BUF_INIT;

	(void)content;
	(void)err;
	buf_add_redacted(&url, git->url);
	preimage_add_str(out, "step", "git");
	preimage_add(out, "url", buf_text(&url));
	preimage_add(out, "ref", git->ref);
	preimage_add(out, "subdir", git->subdir);
	preimage_add_u64(out, "keep git dir", git->keep_git_dir);
	preimage_add_u64(out, "submodules", git->submodules);
	return 0;
}

/* Two checkouts never have the same .git, because its index contains inodes and times. So
 * the commit and its name identify all files. */
static struct digest
content_of(const struct step_git *git, const struct git_commit *commit)
{
	auto_preimage struct preimage p = PREIMAGE_INIT;

	preimage_add_str(&p, "commit", commit->id);
	preimage_add(&p, "subdir", git->subdir);
	preimage_add_u64(&p, "submodules", git->submodules);
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
		                           .remember = true,
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
	const struct git_access access = { .store = job->env->store,
		                           .offline = job->env->offline,
		                           .secrets = job->env->secrets,
		                           .n_secrets = job->env->n_secrets,
		                           .cancel = job->env->cancel };
	auto_git_commit struct git_commit commit = { .name = NULL };
	struct git_checkout checkout = { 0 };
	int failed = 0;

	if (git_resolve(&access, git, &commit, err) < 0 ||
	    git_checkout(&access, git, &commit, &checkout, err) < 0)
		return -1;
	failed = scan(job, &checkout, out, err);
	free(checkout.dir);
	if (failed < 0)
		return -1;
	out->commit = mem_copy(commit.id);
	if (git->keep_git_dir)
		out->content = content_of(git, &commit);
	array_push(&out->layers, context_layer(out->context));
	return 0;
}
