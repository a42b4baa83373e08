#include "base/base.h"
#include "base/number.h"
#include "base/path.h"
#include "base/redact.h"
#include "parser/dockerfile.h"
#include "parser/expand.h"
#include "parser/heredoc.h"
#include "parser/lint_rules.h"
#include "parser/origin.h"
#include "parser/pattern.h"
#include "parser/plan_layers.h"
#include "parser/plan_steps.h"
#include "parser/scope.h"
#include "parser/state.h"
#include "parser/step.h"

/* Content given in the Dockerfile itself (a heredoc). */
struct inline_file {
	struct text name, content;
};

/* COPY or ADD with everything expanded. */
struct request {
	const struct command *command;
	const struct instruction *in;
	struct text chown, chmod, checksum, dest; /* p NULL: not given */
	struct words paths;
	ARRAY(struct inline_file) files;
	struct text title, name; /* of the step */
	ARRAY(struct copy_source) sources;
};

static void
request_clear(struct request *r)
{
	words_clear(&r->paths);
	array_clear(&r->files);
	array_clear(&r->sources);
}
#define auto_request __attribute__((cleanup(request_clear)))

/* ------------------------------------------------------------ arguments */

static int
add_file(struct planner *p, struct node *node, struct request *r,
         const struct heredoc *operator, struct error * err)
{
	struct text body = TEXT("");

	/* If several heredocs have one name, the last one counts. */
	for (size_t i = 0; i < r->in->heredocs.n; i++)
		if (text_equal(r->in->heredocs.at[i].name, operator->name))
			body = r->in->heredocs.at[i].body;
	if (plan_check_word(operator->name, err) < 0)
		return -1;
	if (operator->chomp)
		body = plan_chomp(p, body);
	if (operator->expand && scope_expand_body(p, node, r->in, body, &body, err) < 0)
		return -1;
	array_push(&r->files, ((struct inline_file){ operator->name, body }));
	return 0;
}

static int
read_sources(struct planner *p, struct node *node, struct request *r, struct error *err)
{
	for (size_t i = 0; i + 1 < r->in->args.n; i++) {
		struct text word = r->in->args.at[i], path;
		struct heredoc operator;

		if (heredoc_parse(p->arena, word, &operator)) {
			if (add_file(p, node, r, &operator, err) < 0)
				return -1;
			continue;
		}
		if (scope_expand(p, node, r->in, word, &path, err) < 0)
			return -1;
		array_push(&r->paths.list, path);
	}
	return 0;
}

static int
check_chown(const struct request *r, bool link, struct error *err)
{
	struct text rest = r->chown;

	/* Without a base, no file maps a name to a number. */
	while (link && rest.n > 0) {
		struct text part = text_cut(&rest, ':');
		uint32_t id;

		if (part.n > 0 && !number_u32(part, &id) && !text_is(part, "root"))
			return error_set(err, ERR_DOCKERFILE, "invalid user index: -1");
	}
	return 0;
}

/* An option that is empty after expansion counts as not given. */
static void
drop_empty(struct text *t)
{
	if (t->n == 0)
		t->p = NULL;
}

static int
read_request(struct planner *p, struct node *node, struct request *r, struct error *err)
{
	const struct instruction *in = r->in;

	if (scope_expand(p, node, in, in->flag.chown, &r->chown, err) < 0 ||
	    scope_expand(p, node, in, in->flag.chmod, &r->chmod, err) < 0 ||
	    scope_expand(p, node, in, in->flag.checksum, &r->checksum, err) < 0 ||
	    read_sources(p, node, r, err) < 0 ||
	    scope_expand(p, node, in, in->args.at[in->args.n - 1], &r->dest, err) < 0)
		return -1;
	for (size_t i = 0; i < r->paths.list.n; i++)
		if (plan_check_word(r->paths.list.at[i], err) < 0)
			return -1;
	if (plan_check_word(r->dest, err) < 0 || plan_check_word(r->chown, err) < 0)
		return -1;
	drop_empty(&r->chown);
	drop_empty(&r->chmod);
	drop_empty(&r->checksum);
	if (r->chmod.p != NULL && plan_check_chmod(r->chmod, err) < 0)
		return -1;
	return check_chown(r, in->flag.link && r->chmod.p == NULL, err);
}

/* ------------------------------------------------------------ sources */

static struct copy_source *
add_source(struct request *r, step_id from, struct text path)
{
	struct copy_source *source = array_add(&r->sources);

	source->from = from;
	source->path = path;
	return source;
}

/* The step whose files are copied: that of --from, or the context. */
static int
find_from(struct planner *p, struct node *node, const struct request *r, step_id *out,
          struct error *err)
{
	struct node *source = r->command->n_sources == 0 ? NULL : r->command->sources[0];
	auto_buf struct buf from = BUF_INIT, here = BUF_INIT;

	if (source == NULL) {
		*out = plan_step_local(p, node, r->in, NULL);
		return 0;
	}
	if (source->is_done) {
		*out = origin_files(p, source);
		return 0;
	}
	buf_add_quoted(&from, r->in->flag.from);
	buf_add_quoted(&here, p->df->stages.n == 1 ? TEXT("") : node->shown);
	return error_set(
	        err, ERR_DOCKERFILE,
	        "cannot copy from stage %s, it needs to be defined before current "
	        "stage %s",
	        buf_str(&from), buf_str(&here));
}

/* The part of PATH that --parents keeps: what follows the pivot "/./", or all of it. */
static struct text
kept_part(struct text path)
{
	const char *pivot = path.n == 0 ? NULL : memmem(path.p, path.n, "/./", 3);

	return pivot == NULL ? path : text_from(path, (size_t)(pivot + 3 - path.p));
}

/* An empty path has no parents, so there is no name that the patterns could match. */
static int
check_parents(struct text path, struct error *err)
{
	struct text kept = kept_part(path);
	auto_free char *clean = path_clean_abs(kept);
	bool has_pivot = kept.p != path.p;

	if (strcmp(clean, "/") != 0)
		return 0;
	error_set(err, ERR_DOCKERFILE,
	          "--parents: \"%.*s\" names no file or directory whose parents could be "
	          "kept",
	          TEXT_ARG(path));
	if (!has_pivot)
		return error_hint(err,
		                  "\"*\" is all that is in it; without --parents "
		                  "\"%.*s\" is all of it",
		                  TEXT_ARG(path));
	return error_hint(err, "\"%.*s*\" is all that is in it", (int)(kept.p - path.p),
	                  path.p);
}

static int
check_pattern(struct text path, struct error *err)
{
	auto_free char *clean = path_clean_abs(path);
	struct text pattern = text_of(clean + 1);

	if (!pattern_has_glob(pattern) || pattern_match(pattern, TEXT("")) >= 0)
		return 0;
	error_set(err, ERR_DOCKERFILE, "\"%.*s\": syntax error in pattern",
	          TEXT_ARG(path));
	return error_hint(err, "\"[[]\" stands for a \"[\" that is meant as it is");
}

static int
add_path(struct planner *p, struct node *node, struct request *r, struct text path,
         struct error *err)
{
	bool is_add = r->in->kind == INSTR_ADD;
	struct copy_source *source;
	struct remote remote = { 0 };
	step_id from = STEP_NONE;
	int is_remote = plan_remote(p, node, r->in, path, r->checksum, r->chmod, r->name,
	                            &remote, err);

	if (is_remote < 0)
		return -1;
	if (is_remote) {
		source = add_source(r, remote.step, remote.path);
		source->force_unpack = r->in->flag.unpack == 1 && remote.path.n > 0;
		return 0;
	}
	if (find_from(p, node, r, &from, err) < 0 ||
	    (r->in->flag.parents && check_parents(path, err) < 0) ||
	    check_pattern(path, err) < 0)
		return -1;
	if (r->command->n_sources == 0)
		lint_copy_ignored_file(&p->lint, r->in, p->options->ignore, path);
	source = add_source(r, from, path);
	source->unpack = is_add && r->in->flag.unpack != 0;
	return 0;
}

/* Paths come first, then the files with content of their own. */
static int
add_sources(struct planner *p, struct node *node, struct request *r, struct error *err)
{
	step_id unused;

	if (r->checksum.p != NULL && r->paths.list.n != 1)
		return error_set(err, ERR_DOCKERFILE,
		                 "checksum can't be specified for multiple sources");
	for (size_t i = 0; i < r->paths.list.n; i++)
		if (add_path(p, node, r, r->paths.list.at[i], err) < 0)
			return -1;
	if (r->paths.list.n == 0 && r->command->n_sources > 0 &&
	    find_from(p, node, r, &unused, err) < 0)
		return -1;
	for (size_t i = 0; i < r->files.n; i++)
		add_source(r, STEP_NONE, r->files.at[i].name)->content =
		        r->files.at[i].content;
	return 0;
}

/* ------------------------------------------------------------ the step */

/* The absolute destination. It ends in "/" if it was written as a directory: "dir/",
 * "dir/.", "." and "". */
static struct text
absolute(struct planner *p, const struct node *node, struct text dest)
{
	auto_free char *dir = text_copy(state_workdir(&node->state));
	auto_free char *joined = NULL;
	bool is_dir = dest.n == 0 || text_is(dest, ".") || text_ends(dest, "/") ||
	              text_ends(dest, "/.");

	if (text_starts(dest, "/"))
		joined = path_clean_abs(dest);
	else
		joined = path_join(dir, dest.p);
	return text_of(arena_print(p->arena, "%s%s", joined,
	                           is_dir && strcmp(joined, "/") != 0 ? "/" : ""));
}

/* --from, --link, --exclude and similar flags are left out. */
static struct text
history(struct planner *p, const struct request *r)
{
	auto_buf struct buf b = BUF_INIT;

	buf_add_str(&b, r->in->kind == INSTR_ADD ? "ADD" : "COPY");
	if (r->in->flag.parents)
		buf_add_str(&b, " --parents");
	if (r->chown.p != NULL)
		buf_print(&b, " --chown=%s", r->chown.p);
	if (r->chmod.p != NULL)
		buf_print(&b, " --chmod=%s", r->chmod.p);
	for (size_t i = 0; i < r->paths.list.n; i++) {
		buf_add_char(&b, ' ');
		buf_add_redacted(&b, r->paths.list.at[i]);
	}
	for (size_t i = 0; i < r->files.n; i++) {
		buf_add_str(&b, " <<");
		buf_add_text(&b, r->files.at[i].name);
	}
	buf_add_char(&b, ' ');
	buf_add_text(&b, r->dest);
	buf_add_str(&b, " # buildkit");
	return arena_text(p->arena, buf_text(&b));
}

static void
add_step(struct planner *p, struct node *node, struct request *r)
{
	const struct instruction *in = r->in;
	struct step *step = plan_step_add(p, node, STEP_COPY, in, node->state.step);

	step->name = r->name;
	step->command = r->title;
	step->copy = (struct step_copy){
		.is_add = in->kind == INSTR_ADD,
		.base = node->state.step,
		.dest = absolute(p, node, r->dest),
		.chown = r->chown,
		.chmod = r->chmod,
		.link = in->flag.link && r->chmod.p == NULL,
		.parents = in->flag.parents,
		.keep_owner = r->command->n_sources > 0 &&
		              r->command->sources[0]->origin != ORIGIN_FILES,
	};
	step->copy.excludes.at = in->flag.excludes.at;
	step->copy.excludes.n = step->copy.excludes.cap = in->flag.excludes.n;
	planner_freeze(p, &step->copy.sources, &r->sources);
	plan_step_finish(p, step);
	node->state.step = step->id;
}

int
plan_copy(struct planner *p, struct node *node, const struct command *command,
          struct error *err)
{
	auto_request struct request r = { .command = command, .in = command->in };

	if (read_request(p, node, &r, err) < 0)
		return -1;
	r.title = plan_step_command(p, command,
	                            scope_shown(p, node, r.in->line, false, NULL));
	r.name = plan_step_name(p, node, r.title);
	if (add_sources(p, node, &r, err) < 0)
		return -1;
	add_step(p, node, &r);
	state_add_history(&node->state, p->arena, history(p, &r), node->state.step);
	return 0;
}
