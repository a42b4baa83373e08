#include "base/base.h"
#include "registry/registry.h"

/* No real index is nested deeper. */
#define NESTING_MAX 4

/* The number of documents that are read in a tree of indexes. */
#define DOCUMENTS_MAX 64

struct walk {
	const struct platform *platform;
	const char *where;
	document_read_fn *read;
	void *arg;
	int left; /* documents that may be read */
	struct descriptor *out;
	struct buf *text;
};

static int
visit(struct walk *w, const struct descriptor *d, int depth, struct error *err);

/* 0 found, 1 there is none below it, -1; ERR is set unless 0. */
static int
visit_index(struct walk *w, struct text bytes, int depth, struct error *err)
{
	auto_index struct index ix = { 0 };
	auto_free const struct descriptor **found = NULL;
	size_t n;

	if (index_read(&ix, bytes, w->where, err) < 0)
		return -1;
	found = mem_new_n(ix.manifests.n + 1, sizeof *found);
	n = index_candidates(&ix, w->platform, found);
	for (size_t i = 0; i < n; i++) {
		auto_error struct error fault = ERROR_INIT;
		int rc = visit(w, found[i], depth + 1, &fault);

		if (rc == 0) {
			error_clear(err);
			return 0;
		}
		if (err->code == ERR_NONE || rc < 0)
			error_move(err, &fault);
		if (rc < 0)
			return -1;
	}
	if (n == 0)
		index_find(&ix, w->platform, w->where, err);
	return 1;
}

static int
visit(struct walk *w, const struct descriptor *d, int depth, struct error *err)
{
	auto_buf struct buf bytes = BUF_INIT;
	bool is_index = false;

	if (depth > NESTING_MAX || w->left-- == 0)
		return error_set(err, ERR_DAMAGED,
		                 depth > NESTING_MAX ? "%s: indexes nested deeper than %d"
		                                     : "%s: more than %d indexes",
		                 w->where,
		                 depth > NESTING_MAX ? NESTING_MAX : DOCUMENTS_MAX);
	if (w->read(w->arg, d, &bytes, err) < 0 ||
	    manifest_is_index(buf_text(&bytes), w->where, &is_index, err) < 0)
		return -1;
	if (is_index)
		return visit_index(w, buf_text(&bytes), depth, err);
	descriptor_copy(w->out, d);
	w->out->size = bytes.n;
	buf_add_text(w->text, buf_text(&bytes));
	return 0;
}

int
manifest_find(const struct descriptor *root, const struct platform *platform,
              const char *where, document_read_fn *read, void *arg,
              struct descriptor *out, struct buf *text, struct error *err)
{
	struct walk w = { .platform = platform,
		          .where = where,
		          .read = read,
		          .arg = arg,
		          .left = DOCUMENTS_MAX,
		          .out = out,
		          .text = text };

	return visit(&w, root, 0, err) == 0 ? 0 : -1;
}
