#include "layers/content.h"
#include "layers/layer_state.h"
#include "layers/store_state.h"
#include "layers/view_state.h"

int
layer_content(struct layer *l, const struct entry *e, struct content *out,
              struct error *err)
{
	const struct tree *t = layer_tree(l, err);
	struct content c = { .kind = CONTENT_NONE };

	if (t == NULL)
		return -1;
	e = view_link_target(t, e);
	if (e == NULL || e->type != ENTRY_FILE)
		return error_set(err, ERR_INTERNAL,
		                 "content of something that is no file");
	if (e->size == 0) {
		*out = c;
		return 0;
	}
	if (l->source != NULL) {
		*out = source_content(l, e);
		return 0;
	}
	/* A position only applies to the tar; without one, the directory is used. */
	if (!layer_has(l, LAYER_DIR) && !(layer_has(l, LAYER_TAR) && e->offset > 0) &&
	    layer_make(l, e->offset > 0 ? LAYER_TAR : LAYER_DIR, NULL, err) < 0)
		return -1;
	if (layer_has(l, LAYER_DIR)) {
		c.kind = CONTENT_FILE;
		c.dir_fd = layer_dir_fd(l, err);
		c.path = e->path;
		c.size = e->size;
		if (c.dir_fd < 0)
			return -1;
	} else {
		c.kind = CONTENT_RANGE;
		if (layer_verify_tar(l, store_cancel(l->store), err) < 0)
			return -1;
		c.fd = layer_tar_fd(l, err);
		c.offset = e->offset;
		c.size = e->size;
		if (c.fd < 0)
			return -1;
	}
	*out = c;
	return 0;
}
