#include "builder/context/excluded.h"

#include "base/base.h"
#include "base/path.h"
#include "parser/pattern.h"

/* PATH as seen from ROOT, which it is below. */
static struct text
below(struct text path, struct text root)
{
	return root.n == 0 ? path : text_from(path, root.n + 1);
}

bool
excluded_by_all(const struct excluded_rule *rules, size_t n, struct text path)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct excluded_rule *r = &rules[i];
		struct text rel;

		if (path_is_below(r->root, path))
			return false;
		if (r->root.n > 0 && !path_is_below(path, r->root))
			continue;
		rel = below(path, r->root);
		if (r->pattern.p != NULL) {
			struct text rest = rel, first = { 0 };

			path_next(&rest, &first);
			if (pattern_match(r->pattern, first) != 0)
				return false;
			continue;
		}
		if (r->ignore == NULL || !ignore_match_alone(r->ignore, rel) ||
		    ignore_may_reinclude(r->ignore, rel))
			return false;
		any = true;
	}
	return any;
}
