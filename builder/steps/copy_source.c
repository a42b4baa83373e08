#include "builder/steps/copy_source.h"

#include <fcntl.h>

#include "base/base.h"
#include "base/file.h"
#include "base/inroot.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/suggest.h"
#include "builder/steps/internal.h"
#include "layers/content.h"
#include "layers/layer.h"
#include "layers/view.h"

#define INLINE_MODE 0644

/* ------------------------------------------------------------ not found */

struct names {
	ARRAY(char *) list;
};

static void
names_clear(struct names *n)
{
	for (size_t i = 0; i < n->list.n; i++)
		free(n->list.at[i]);
	array_clear(&n->list);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A scan only covers the names in steps, so the context's directory itself is listed. */
static void
names_on_disk(const struct local_context *context, struct text dir, struct names *out)
{
	auto_free char *path = dir.n == 0 ? mem_copy(".") : text_copy(dir);
	auto_listing struct listing list = listing_take(
	        inroot_open(context->dir_fd, path, O_RDONLY | O_DIRECTORY, 0));
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		array_push(&out->list, mem_copy(name));
	array_sort(&out->list, compare_names);
}

static void
names_in_view(const struct view *v, struct text dir, struct names *out)
{
	struct view_names names = { 0 };

	view_children(v, dir, &names);
	for (size_t i = 0; i < names.list.n; i++)
		array_push(&out->list, text_copy(names.list.at[i]));
	array_clear(&names.list);
}

static const struct local_context *
context_of(const struct step_job *job, step_id id)
{
	const struct step *step = id == STEP_NONE ? NULL : &job->plan->steps.at[id];

	if (step == NULL || step->kind != STEP_LOCAL)
		return NULL;
	for (size_t i = 0; i < job->env->n_contexts; i++) {
		struct text name = job->env->contexts[i].name;
		bool is_main = name.p == NULL && step->local.context.p == NULL;

		if (is_main || (name.p != NULL && step->local.context.p != NULL &&
		                text_equal(name, step->local.context)))
			return &job->env->contexts[i];
	}
	return NULL;
}

static bool
is_ignored(const struct local_context *context, const char *path)
{
	return context != NULL && context->ignore != NULL &&
	       file_is_there(context->dir_fd, path) &&
	       ignore_match_alone(context->ignore, text_of(path));
}

/* The name that was meant by BASE: the same in other letter case, or one nearly the
 * same. NULL: none. */
static const char *
near_name(struct text base, const struct names *names)
{
	for (size_t i = 0; i < names->list.n; i++)
		if (text_equal_nocase(text_of(names->list.at[i]), base))
			return names->list.at[i];
	return suggest_find(base, (const char *const *)names->list.at, names->list.n,
	                    true);
}

static int __attribute__((nonnull))
not_found(const struct step_job *job, step_id from, const struct view *v,
          const char *path, struct error *err)
{
	const struct local_context *context = context_of(job, from);
	struct text shown = text_of(path), dir = path_dir(shown), base = path_base(shown);
	__attribute__((cleanup(names_clear))) struct names names = { 0 };
	auto_free char *near_path = NULL;
	const char *near = NULL;

	error_set(err, ERR_SOURCE, "\"/%.*s\": not found", TEXT_ARG(shown));
	if (is_ignored(context, path)) {
		auto_free char *place = ignore_place(context->ignore, text_of(path));

		return error_hint(err, "/%s is in the context, but %s excludes it", path,
		                  place == NULL ? ".dockerignore" : place);
	}
	if (context != NULL)
		names_on_disk(context, dir, &names);
	else
		names_in_view(v, dir, &names);
	near = near_name(base, &names);
	if (near != NULL && text_is(base, near) && job->step->kind == STEP_COPY &&
	    job->step->copy.excludes.n > 0)
		return error_hint(err, "/%s is there, but --exclude leaves it out", path);
	if (near != NULL)
		near_path = mem_print("/%.*s%s%s", TEXT_ARG(dir), dir.n > 0 ? "/" : "",
		                      near);
	suggest_hint(err, near_path);
	if (context != NULL)
		error_hint(err,
		           "it is looked for in the context, %s, and COPY reaches "
		           "nothing outside of it",
		           context->path);
	return -1;
}

/* ------------------------------------------------------------ views */

static int
open_inline(const struct copy_source *source, const struct build_env *env,
            struct opened_source *out, struct error *err)
{
	auto_free char *name = path_clean_abs(source->path);
	struct content content = { .kind = CONTENT_MEMORY,
		                   .memory = source->content,
		                   .size = source->content.n };
	struct entry entry = { .path = text_of(name + 1),
		               .type = ENTRY_FILE,
		               .mode = INLINE_MODE,
		               .size = source->content.n,
		               .mtime = step_time(env) };

	/* An inline file is like a file in an empty directory. */
	if (name[1] == '\0' || strchr(name + 1, '/') != NULL)
		return error_set(err, ERR_SOURCE, "open %s: %s", name,
		                 name[1] == '\0' ? "is a directory"
		                                 : "no such file or directory");
	out->kind = STEP_SCRATCH;
	out->inline_layer = layer_of_files(&entry, 1, -1, &content);
	out->view = view_new(&out->inline_layer, 1, err);
	return out->view == NULL ? -1 : 0;
}

static int
open_input(const struct step_job *job, size_t input, struct opened_source *out,
           struct error *err)
{
	const struct result *from = job->inputs[input];

	out->result = from;
	out->kind = job->plan->steps.at[job->step->inputs.at[input]].kind;
	out->view = view_new(from->layers.at, from->layers.n, err);
	return out->view == NULL ? -1 : 0;
}

static bool
exists(const struct view *v, const char *path)
{
	struct view_entry e;

	return view_find(v, text_of(path), &e) == 1;
}

/* The target of a link may be missing, too. */
static int
require_matches(const struct step_job *job, step_id from, const struct opened_source *s,
                struct error *err)
{
	for (size_t i = 0; i < s->matches.list.n; i++) {
		const struct match *m = &s->matches.list.at[i];

		if (!exists(s->view, m->path))
			return not_found(job, from, s->view, m->name, err);
	}
	return 0;
}

static bool
is_on_disk(const struct local_context *context, const char *path)
{
	auto_fd int fd = context == NULL ? -1
	                                 : inroot_open(context->dir_fd, path, O_PATH, 0);

	return fd >= 0 && !is_ignored(context, path);
}

/* A pattern may match nothing, but its directory must exist. (A context's directory
 * without a match was not scanned.) */
static int
require_directory(const struct step_job *job, const struct copy_source *source,
                  const struct opened_source *s, struct error *err)
{
	auto_free char *dir = match_directory(source->path), *path = NULL;

	if (dir == NULL || *dir == '\0' || s->matches.list.n > 0)
		return 0;
	if (view_resolve(s->view, text_of(dir), &path, err) < 0)
		return -1;
	if (exists(s->view, path) || is_on_disk(context_of(job, source->from), dir))
		return 0;
	error_set(err, ERR_SOURCE, "lstat /%s: no such file or directory", dir);
	return error_hint(err,
	                  "/%s, where \"%.*s\" would be looked for, is not there, or "
	                  ".dockerignore excludes it",
	                  dir, TEXT_ARG(source->path));
}

/* ------------------------------------------------------------ --parents */

/* Splits "base/./rest" into *BASE and the part of the path that is kept. */
static void
split_pivot(struct text source, struct text *base, struct text *rest)
{
	*base = (struct text){ "", 0 };
	*rest = source;
	for (size_t i = 0; i + 3 <= source.n; i++) {
		if (memcmp(source.p + i, "/./", 3) != 0)
			continue;
		*base = text_first(source, i);
		*rest = text_from(source, i + 3);
		return;
	}
}

static int
open_parents(const struct step_job *job, const struct copy_source *source,
             struct opened_source *out, struct error *err)
{
	struct text base, rest;
	auto_free char *clean = NULL;

	split_pivot(source->path, &base, &rest);
	clean = path_clean_abs(rest);
	out->include = mem_copy(clean + 1);
	if (match_find(out->view, base, &out->matches, err) < 0)
		return -1;
	if (match_is_pattern(base) || match_is_pattern(rest))
		return 0;
	for (size_t i = 0; i < out->matches.list.n; i++) {
		auto_free char *path = path_join(out->matches.list.at[i].path,
		                                 out->include);
		const char *relative = strcmp(path, ".") == 0 ? "" : path;

		if (!exists(out->view, relative))
			return not_found(job, source->from, out->view, relative, err);
	}
	return 0;
}

/* ------------------------------------------------------------ public */

/* Names of heredocs and downloads are never patterns. */
static bool
may_be_pattern(const struct opened_source *s)
{
	return s->result != NULL && s->kind != STEP_HTTP && s->kind != STEP_GIT;
}

static int
open_source(const struct step_job *job, const struct copy_source *source,
            struct opened_source *out, struct error *err)
{
	const struct step_copy *copy = &job->step->copy;

	if (source->from == STEP_NONE) {
		if (open_inline(source, job->env, out, err) < 0)
			return -1;
	} else if (open_input(job, step_input_index(job->step, source->from), out, err) <
	           0) {
		return -1;
	}
	if (copy->excludes.n > 0) {
		out->excludes = ignore_new(copy->excludes.at, copy->excludes.n, err);
		if (out->excludes == NULL)
			return -1;
	}
	if (copy->parents && source->from != STEP_NONE)
		return open_parents(job, source, out, err);
	if (!may_be_pattern(out)) {
		if (match_literal(out->view, source->path, &out->matches, err) < 0)
			return -1;
	} else if (match_find(out->view, source->path, &out->matches, err) < 0 ||
	           require_directory(job, source, out, err) < 0) {
		return -1;
	}
	return require_matches(job, source->from, out, err);
}

int
opened_source_open(const struct step_job *job, size_t i, struct opened_source *out,
                   struct error *err)
{
	auto_opened_source struct opened_source s = OPENED_SOURCE_INIT;

	if (open_source(job, &job->step->copy.sources.at[i], &s, err) < 0)
		return -1;
	*out = s;
	s = (struct opened_source)OPENED_SOURCE_INIT;
	return 0;
}

int
opened_source_open_path(const struct step_job *job, size_t input, struct text path,
                        struct opened_source *out, struct error *err)
{
	auto_opened_source struct opened_source s = OPENED_SOURCE_INIT;
	auto_free char *clean = path_clean_abs(path);
	struct match m = { 0 };

	if (open_input(job, input, &s, err) < 0 ||
	    view_resolve(s.view, text_of(clean + 1), &m.path, err) < 0)
		return -1;
	m.name = mem_copy(clean + 1);
	array_push(&s.matches.list, m);
	if (!exists(s.view, m.path))
		return not_found(job, job->step->inputs.at[input], s.view, clean + 1,
		                 err);
	*out = s;
	s = (struct opened_source)OPENED_SOURCE_INIT;
	return 0;
}

int
opened_source_walk(const struct opened_source *s, size_t i, copy_item_fn *fn, void *arg,
                   struct error *err)
{
	struct copy_walk walk = { .view = s->view,
		                  .root = text_of(s->matches.list.at[i].path),
		                  .excludes = s->excludes,
		                  .fn = fn,
		                  .arg = arg };

	if (s->include != NULL)
		walk.include = text_of(s->include);
	return copy_walk(&walk, err) < 0 ? -1 : 0;
}

void
opened_source_clear(struct opened_source *s)
{
	matches_clear(&s->matches);
	ignore_free(s->excludes);
	view_free(s->view);
	layer_free_source(s->inline_layer);
	free(s->include);
	*s = (struct opened_source)OPENED_SOURCE_INIT;
}
