#include "builder/steps/selection.h"

#include "base/base.h"
#include "base/path.h"
#include "builder/steps/copy_source.h"
#include "builder/steps/internal.h"
#include "layers/content.h"
#include "layers/layer.h"
#include "parser/mount_types.h"
#include "parser/step.h"

#define FLUSH_SIZE (64 << 10)

/* Where the length of an entry's path would be. */
#define NO_ENTRY UINT64_MAX

/* One chosen entry. */
struct chosen {
	const struct copy_item *item;
	struct entry entry;       /* metadata; a hard link counts as the file it is */
	const struct entry *file; /* whose content it has, or NULL */
};

/* A name of a file with several, by its place among the entries. */
struct linked {
	const struct entry *file;
	uint64_t at, first; /* of the same file */
};

struct selection {
	const struct opened_source *source;
	const struct cancel *cancel;
	ARRAY(const struct entry *) unread; /* of a context, to be read at once */
	struct hasher *hasher;
	struct buf pending;         /* not hashed yet */
	const struct match *match;  /* being walked */
	uint64_t n;                 /* entries of it */
	ARRAY(struct linked) links; /* names beyond the first */
};

static void
selection_clear(struct selection *s)
{
	array_clear(&s->unread);
	array_clear(&s->links);
	hasher_free(s->hasher);
	buf_clear(&s->pending);
}
#define auto_selection __attribute__((cleanup(selection_clear)))

/* ------------------------------------------------------------ framing */

static void
flush(struct selection *s)
{
	hasher_add(s->hasher, s->pending.p, s->pending.n);
	buf_truncate(&s->pending, 0);
}

static void
add_number(struct selection *s, uint64_t n)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(n >> 8 * i);
	buf_add(&s->pending, bytes, sizeof bytes);
}

static void
add_text(struct selection *s, struct text t)
{
	add_number(s, t.n);
	buf_add_text(&s->pending, t);
}

static void
add_digest(struct selection *s, const struct digest *d)
{
	buf_add_char(&s->pending, (char)d->alg);
	buf_add(&s->pending, d->bytes, sizeof d->bytes);
}

/* ------------------------------------------------------------ choosing */

static bool
is_of_context(const struct selection *s, const struct layer *layer)
{
	const struct result *from = s->source->result;

	return from != NULL && from->context != NULL &&
	       context_layer(from->context) == layer;
}

static int
choose(const struct copy_item *item, struct chosen *out, struct error *err)
{
	const struct tree *tree = NULL;

	*out = (struct chosen){ .item = item, .entry = item->entry };
	if (item->entry.type == ENTRY_FILE)
		out->file = item->origin;
	if (item->entry.type != ENTRY_HARDLINK)
		return 0;
	tree = layer_tree(item->layer, err);
	if (tree == NULL)
		return -1;
	out->file = tree_find(tree, item->entry.link);
	if (out->file == NULL)
		return error_set(err, ERR_DAMAGED, "/%.*s: broken hard link",
		                 TEXT_ARG(item->path));
	out->entry.type = ENTRY_FILE;
	out->entry.size = out->file->size;
	out->entry.capability = out->file->capability;
	out->entry.link = (struct text){ 0 };
	return 0;
}

static int
note_unread(void *arg, const struct copy_item *item, struct error *err)
{
	struct selection *s = arg;
	struct chosen c;

	if (choose(item, &c, err) < 0)
		return -1;
	if (c.file != NULL && is_of_context(s, item->layer) &&
	    !context_has_digest(s->source->result->context, c.file))
		array_push(&s->unread, c.file);
	return 0;
}

/* Files of a context are read on several threads, before they are asked for one by one.
 */
static int
read_ahead(struct selection *s, size_t i, struct error *err)
{
	const struct result *from = s->source->result;

	if (from == NULL || from->context == NULL || context_has_digests(from->context))
		return 0;
	s->unread.n = 0;
	if (opened_source_walk(s->source, i, note_unread, s, err) < 0)
		return -1;
	return s->unread.n == 0 ? 0
	                        : context_digest_files(from->context, s->unread.at,
	                                               s->unread.n, s->cancel, err);
}

/* ------------------------------------------------------------ content */

static int
digest_content(const struct chosen *c, const struct cancel *cancel, struct digest *out,
               struct error *err)
{
	struct content content;
	auto_fd int fd = -1;
	uint64_t size = 0;
	auto_hasher struct hasher *h = NULL;
	auto_free char *bytes = NULL;

	if (layer_content(c->item->layer, c->file, &content, err) < 0)
		return -1;
	fd = content_open(&content, &size, err);
	if (fd < 0)
		return -1;
	h = hasher_new(DIGEST_SHA256);
	bytes = mem_resize(NULL, FLUSH_SIZE, 1);
	while (size > 0) {
		size_t n = size < FLUSH_SIZE ? (size_t)size : FLUSH_SIZE;
		ssize_t got;

		if (cancel_check(cancel, err) < 0)
			return -1;
		got = read(fd, bytes, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_set(err, ERR_SOURCE,
			                 "/%.*s: changed while it was read",
			                 TEXT_ARG(c->file->path));
		hasher_add(h, bytes, (size_t)got);
		size -= (uint64_t)got;
	}
	*out = hasher_end(h);
	return 0;
}

static int
file_digest(const struct selection *s, const struct chosen *c, struct digest *out,
            struct error *err)
{
	if (is_of_context(s, c->item->layer))
		return context_file_digest(s->source->result->context, c->file, out, err);
	if (s->source->kind == STEP_HTTP) {
		*out = s->source->result->content;
		return 0;
	}
	return digest_content(c, s->cancel, out, err);
}

/* ------------------------------------------------------------ hashing */

static int
add_chosen(struct selection *s, const struct chosen *c, bool is_root, struct error *err)
{
	const struct entry *e = &c->entry;
	struct digest digest;

	add_text(s, c->item->rel);
	add_number(s, e->type);
	/* The metadata of a source's root depend on its place, so they do not count. */
	if (is_root)
		return 0;
	add_number(s, e->mode);
	add_number(s, e->uid);
	add_number(s, e->gid);
	add_text(s, e->link);
	add_text(s, e->capability);
	add_number(s, e->dev_major);
	add_number(s, e->dev_minor);
	add_number(s, c->file != NULL ? e->size : 0);
	if (s->source->kind == STEP_HTTP)
		add_number(s, (uint64_t)e->mtime);
	if (c->file != NULL) {
		if (file_digest(s, c, &digest, err) < 0)
			return -1;
		add_digest(s, &digest);
	}
	if (s->pending.n >= FLUSH_SIZE)
		flush(s);
	return 0;
}

static int
add_item(void *arg, const struct copy_item *item, struct error *err)
{
	struct selection *s = arg;
	struct chosen c;

	s->n++;
	if (choose(item, &c, err) < 0)
		return -1;
	if (item->entry.type == ENTRY_HARDLINK)
		array_push(&s->links, ((struct linked){ .file = c.file, .at = s->n }));
	if (add_chosen(s, &c, item->rel.n == 0 && *s->match->path == '\0', err) < 0)
		return -1;
	return cancel_check(s->cancel, err);
}

/* ------------------------------------------------------------ hard links */

static int
compare_links(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;

	if (x->file != y->file)
		return (uintptr_t)x->file < (uintptr_t)y->file ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int
compare_places(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static bool
has_link(const struct selection *s, size_t n, const struct entry *file)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->links.at[mid].file == file)
			return true;
		if ((uintptr_t)s->links.at[mid].file < (uintptr_t)file)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

struct first_names {
	struct selection *selection;
	size_t n_links; /* of them, sorted */
};

static int
note_first_name(void *arg, const struct copy_item *item, struct error *err)
{
	const struct first_names *names = arg;
	struct selection *s = names->selection;

	s->n++;
	if (item->entry.type == ENTRY_FILE && has_link(s, names->n_links, item->origin))
		array_push(&s->links,
		           ((struct linked){ .file = item->origin, .at = s->n }));
	return cancel_check(s->cancel, err);
}

/* Adds which chosen names are one file, because a copy has the same links. Names that
 * were not chosen do not count. */
static int
add_links(struct selection *s, size_t i, struct error *err)
{
	struct first_names names = { s, s->links.n };
	uint64_t n = s->n;
	size_t n_kept = 0;

	array_sort(&s->links, compare_links);
	s->n = 0;
	if (opened_source_walk(s->source, i, note_first_name, &names, err) < 0)
		return -1;
	s->n = n;
	array_sort(&s->links, compare_links);
	for (size_t k = 0, start = 0; k < s->links.n; k++) {
		if (s->links.at[k].file != s->links.at[start].file)
			start = k;
		s->links.at[k].first = s->links.at[start].at;
	}
	for (size_t k = 0; k < s->links.n; k++)
		if (s->links.at[k].first != s->links.at[k].at)
			s->links.at[n_kept++] = s->links.at[k];
	s->links.n = n_kept;
	array_sort(&s->links, compare_places);
	for (size_t k = 0; k < n_kept; k++) {
		add_number(s, s->links.at[k].first);
		add_number(s, s->links.at[k].at);
	}
	return 0;
}

static int
add_match(struct selection *s, size_t i, struct error *err)
{
	s->match = &s->source->matches.list.at[i];
	s->n = 0;
	s->links.n = 0;
	if (read_ahead(s, i, err) < 0)
		return -1;
	add_text(s, path_base(text_of(s->match->name)));
	if (opened_source_walk(s->source, i, add_item, s, err) < 0)
		return -1;
	add_number(s, NO_ENTRY);
	add_number(s, s->n);
	return s->links.n == 0 ? 0 : add_links(s, i, err);
}

/* ------------------------------------------------------------ listing */

struct listing {
	struct selection selection;
	struct arena *arena;
	struct noted_step *out;
	struct text context; /* its name; p NULL: the main one */
};

/* The path of the entry for messages, usually its path in the tree. */
static struct text
listed_path(const struct listing *l, const struct copy_item *item)
{
	const char *name = l->selection.match->name;
	const char *slash = *name != '\0' && item->rel.n > 0 ? "/" : "";

	if (l->context.p != NULL)
		return text_of(arena_print(l->arena, "%.*s: %s%s%.*s",
		                           TEXT_ARG(l->context), name, slash,
		                           TEXT_ARG(item->rel)));
	if (item->origin != NULL && strcmp(name, l->selection.match->path) == 0)
		return item->origin->path;
	return text_of(
	        arena_print(l->arena, "%s%s%.*s", name, slash, TEXT_ARG(item->rel)));
}

static int
list_item(void *arg, const struct copy_item *item, struct error *err)
{
	struct listing *l = arg;
	struct noted_file *file = NULL;
	struct chosen c;
	struct digest digest;
	auto_error struct error ignored = ERROR_INIT;

	if (choose(item, &c, err) < 0)
		return -1;
	if (item->rel.n == 0 && *l->selection.match->path == '\0')
		return 0;
	file = array_add(&l->out->files);
	file->path = listed_path(l, item);
	file->mode = (uint32_t)c.entry.type << 12 | c.entry.mode;
	file->link = c.entry.link;
	if (c.file != NULL && file_digest(&l->selection, &c, &digest, &ignored) == 0)
		memcpy(&file->content, digest.bytes, sizeof file->content);
	return 0;
}

/* The files of the context FROM. Texts are in the context's tree, or in ARENA. */
static int
list_source(const struct opened_source *source, const struct step *from,
            struct arena *arena, struct noted_step *out, struct error *err)
{
	struct listing l = { .selection = { .source = source },
		             .arena = arena,
		             .out = out,
		             .context = from->local.context };

	for (size_t i = 0; i < source->matches.list.n; i++) {
		l.selection.match = &source->matches.list.at[i];
		if (opened_source_walk(source, i, list_item, &l, err) < 0)
			return -1;
	}
	return 0;
}

static bool
is_local(const struct step_job *job, step_id from)
{
	return from != STEP_NONE && job->plan->steps.at[from].kind == STEP_LOCAL;
}

static int
list_copied(const struct step_job *job, struct arena *arena, struct noted_step *out,
            struct error *err)
{
	const struct step_copy *copy = &job->step->copy;

	for (size_t i = 0; i < copy->sources.n; i++) {
		auto_opened_source struct opened_source s = OPENED_SOURCE_INIT;

		if (is_local(job, copy->sources.at[i].from) &&
		    (opened_source_open(job, i, &s, err) < 0 ||
		     list_source(&s, &job->plan->steps.at[copy->sources.at[i].from],
		                 arena, out, err) < 0))
			return -1;
	}
	return 0;
}

static int
list_mounted(const struct step_job *job, struct arena *arena, struct noted_step *out,
             struct error *err)
{
	const struct step_run *run = &job->step->run;

	for (size_t i = 0; i < run->mounts.n; i++) {
		const struct step_mount *m = &run->mounts.at[i];
		auto_opened_source struct opened_source s = OPENED_SOURCE_INIT;

		if (m->type == MOUNT_BIND && is_local(job, m->from) &&
		    (opened_source_open_path(job, step_input_index(job->step, m->from),
		                             m->source, &s, err) < 0 ||
		     list_source(&s, &job->plan->steps.at[m->from], arena, out, err) < 0))
			return -1;
	}
	return 0;
}

int
step_list_files(const struct step_job *job, struct arena *arena, struct noted_step *out,
                struct error *err)
{
	if (job->step->kind == STEP_COPY)
		return list_copied(job, arena, out, err);
	return job->step->kind == STEP_RUN ? list_mounted(job, arena, out, err) : 0;
}

/* ------------------------------------------------------------ public */

static int
digest_source(const struct opened_source *source, const struct cancel *cancel,
              struct digest *out, struct error *err)
{
	auto_selection struct selection s = { .source = source,
		                              .cancel = cancel,
		                              .hasher = hasher_new(DIGEST_SHA256) };
	bool by_commit = source->kind == STEP_GIT &&
	                 digest_known(&source->result->content);

	add_text(&s, TEXT("cooper-selection-2"));
	add_number(&s, source->matches.list.n);
	/* With .git, the commit identifies everything; the paths decide what is
	 * chosen. */
	if (by_commit)
		add_digest(&s, &source->result->content);
	for (size_t i = 0; i < source->matches.list.n; i++) {
		if (by_commit)
			add_text(&s, text_of(source->matches.list.at[i].name));
		else if (add_match(&s, i, err) < 0)
			return -1;
	}
	flush(&s);
	*out = hasher_end(s.hasher);
	return 0;
}

int
selection_of_source(const struct step_job *job, size_t i, struct digest *out,
                    struct error *err)
{
	auto_opened_source struct opened_source s = OPENED_SOURCE_INIT;

	return opened_source_open(job, i, &s, err) < 0
	               ? -1
	               : digest_source(&s, job->env->cancel, out, err);
}

int
selection_of_path(const struct step_job *job, size_t input, struct text source,
                  struct digest *out, struct error *err)
{
	auto_opened_source struct opened_source s = OPENED_SOURCE_INIT;

	return opened_source_open_path(job, input, source, &s, err) < 0
	               ? -1
	               : digest_source(&s, job->env->cancel, out, err);
}
