#include "builder/image/blob_place.h"

#include "base/base.h"
#include "parser/plan.h"

static int
layout_find_root(const struct source_options *o, const struct missing_base *m,
                 struct source_image *s, struct error *err)
{
	auto_free char *text = text_copy(m->name);
	char *path = NULL;
	int failed = layout_find(text, &path, &s->root, err);

	(void)o;
	s->at = path;
	return failed;
}

static int
layout_fetch(struct source_image *s, const struct descriptor *d, enum blob_role role,
             struct growing_blob *reader, struct error *err)
{
	(void)role;
	(void)reader;
	return layout_fetch_blob(s->store, s->at, d, s->cancel, err);
}

/* S->at is its path. */
const struct blob_place place_layout = { .find = layout_find_root,
	                                 .fetch = layout_fetch,
	                                 .close = free };
