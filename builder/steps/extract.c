/* Copies files of an input unchanged to a directory, for mounts. */
#include "base/base.h"
#include "base/path.h"
#include "builder/steps/copy_apply.h"
#include "builder/steps/internal.h"
#include "layers/layer.h"
#include "layers/view.h"
#include "layers/view_write.h"

/* What is at and below SOURCE, at the same path or (AT_ROOT) as the root. */
struct extract {
	struct opened_source source;
	struct view *nothing;
	struct copier copier;
	struct change_list changes;
};

static void
extract_clear(struct extract *x)
{
	dest_free(x->copier.dest);
	copier_clear(&x->copier);
	view_free(x->nothing);
	opened_source_clear(&x->source);
}
#define auto_extract __attribute__((cleanup(extract_clear)))

static int
extract(const struct step_job *job, size_t input, struct text source, const char *to,
        struct extract *x, struct error *err)
{
	if (step_http_verify(job, input, err) < 0 ||
	    opened_source_open_path(job, input, source, &x->source, err) < 0)
		return -1;
	x->nothing = view_new(NULL, 0, err);
	if (x->nothing == NULL)
		return -1;
	x->copier.now = step_time(job->env);
	x->copier.dest = dest_new(x->nothing, x->copier.now);
	x->copier.dest_path = text_of(to);
	x->copier.keep_owner = true;
	x->copier.cancel = job->env->cancel;
	if (copy_match_apply(&x->copier, &x->source, 0, err) < 0)
		return -1;
	x->changes = dest_finish(x->copier.dest);
	return 0;
}

struct layer *
layer_of_path(const struct step_job *job, size_t input, struct text source,
              struct error *err)
{
	auto_extract struct extract x = { 0 };
	auto_free char *same = path_clean_abs(source);
	struct layer_options options = { .forms = LAYER_DIR,
		                         .epoch = job->env->epoch,
		                         .is_mount = true,
		                         .cancel = job->env->cancel };

	if (extract(job, input, source, same, &x, err) < 0)
		return NULL;
	return layer_from_change_list(job->env->store, &x.changes, &options, err);
}

static int
write_changes(const struct extract *x, int fd, const struct cancel *cancel,
              struct error *err)
{
	size_t n = x->changes.n;
	auto_free struct entry *entries = mem_new_n(n + 1, sizeof *entries);
	auto_free struct content *contents = mem_new_n(n + 1, sizeof *contents);
	struct layer *layer = NULL;
	struct view *view = NULL;
	int failed = -1;

	for (size_t i = 0; i < n; i++) {
		struct change c;

		x->changes.get(x->changes.arg, i, &c);
		entries[i] = c.entry;
		contents[i] = c.content;
	}
	layer = layer_of_files(entries, n, -1, contents);
	view = view_new(&layer, 1, err);
	if (view != NULL)
		failed = view_write_dir(view, fd, true, -1, cancel, err);
	view_free(view);
	layer_free_source(layer);
	return failed;
}

int
write_path(const struct step_job *job, size_t input, struct text source, int fd,
           struct error *err)
{
	auto_extract struct extract x = { 0 };

	if (extract(job, input, source, "/", &x, err) < 0)
		return -1;
	return write_changes(&x, fd, job->env->cancel, err);
}
