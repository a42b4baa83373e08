#include "layers/pour_tree.h"

#include "layers/layer.h"

int
pour_tree(const struct pour *p, struct layer *l, const struct tree *t, struct error *err)
{
	for (size_t i = 0; i < t->n; i++) {
		struct change c = { .entry = t->entries[i] };

		if (c.entry.type == ENTRY_FILE &&
		    layer_content(l, &t->entries[i], &c.content, err) < 0)
			return -1;
		if (pour_one(p, &c, err) < 0)
			return -1;
	}
	return 0;
}
