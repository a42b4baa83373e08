#include "base/base.h"
#include "base/path.h"
#include "builder/steps/copy_dest.h"
#include "builder/steps/internal.h"
#include "layers/view.h"

#define DIRECTORY_MODE 0755

int
step_mkdir_preimage(const struct step_job *job, bool content, struct preimage *out,
                    struct error *err)
{
	(void)content;
	(void)err;
	preimage_add_str(out, "step", "mkdir");
	preimage_add(out, "path", job->step->mkdir.path);
	preimage_add(out, "user", job->step->mkdir.user);
	return 0;
}

static int
make(const struct step_job *job, const struct view *view, struct dest *d,
     struct error *err)
{
	struct entry like = { .type = ENTRY_DIR,
		              .mode = DIRECTORY_MODE,
		              .mtime = step_time(job->env) };
	auto_free char *path = NULL;

	if (step_check_owner(job, job->step->mkdir.user, false, err) < 0 ||
	    user_find_owner(view, job->step->mkdir.user, job->vertex, &like.uid,
	                    &like.gid, err) < 0 ||
	    dest_resolve(d, job->step->mkdir.path, &path, err) < 0)
		return -1;
	return dest_make_dirs(d, text_of(path), &like, err);
}

int
step_mkdir_execute(const struct step_job *job, struct result *out, struct error *err)
{
	const struct result *base =
	        job->inputs[step_input_index(job->step, job->step->base)];
	struct layer_options options = { .forms = job->forms,
		                         .epoch = job->env->epoch,
		                         .cancel = job->env->cancel };
	struct view *view = view_new(base->layers.at, base->layers.n, err);
	struct layer *layer = NULL;
	struct dest *d = NULL;

	if (view == NULL)
		return -1;
	d = dest_new(view, step_time(job->env));
	if (make(job, view, d, err) == 0) {
		struct change_list changes = dest_finish(d);

		layer = layer_from_change_list(job->env->store, &changes, &options, err);
	}
	dest_free(d);
	view_free(view);
	if (layer == NULL)
		return -1;
	result_add_layer(base, layer, out);
	return 0;
}
