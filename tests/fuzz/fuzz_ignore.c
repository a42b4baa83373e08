/* An ignore file, and after a NUL a path a line. What is found below an
 * excluded directory must have been announced by ignore_may_reinclude(). */
#include <assert.h>
#include <stdlib.h>

#include "base/base.h"
#include "parser/ignore.h"
#include "parser/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Walks down to PATH as a walk of a context does. */
static void
walk(const struct ignore *ig, struct text path)
{
	size_t size = ignore_state_size(ig);
	auto_free char *states = mem_new_n(2, size);
	char *above = NULL, *here = states;
	bool entered = true;

	for (size_t i = 1; i <= path.n; i++) {
		struct text level = text_first(path, i);
		bool excluded;

		if (i < path.n && path.p[i] != '/')
			continue;
		excluded = ignore_match(ig, level, above, here);
		assert(excluded || entered);
		entered = !excluded || ignore_may_reinclude(ig, level);
		above = here;
		here = above == states ? states + size : states;
	}
	ignore_match_alone(ig, path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text text = { (const char *)bytes, n }, paths = TEXT(""), path, rest,
	            pattern;
	ptrdiff_t end = text_find(text, '\0');
	auto_error struct error err = ERROR_INIT;
	struct ignore *ig;

	if (end >= 0) {
		paths = text_from(text, (size_t)end + 1);
		text = text_first(text, (size_t)end);
	}
	ig = ignore_parse(text, ".dockerignore", &err);
	assert((ig == NULL) == (err.code == ERR_DOCKERFILE));
	while (ig != NULL && text_line(&paths, &path)) {
		if (path.n > 0 && path.p[0] != '/')
			walk(ig, path);
		for (rest = text; text_line(&rest, &pattern);)
			pattern_match(pattern, path);
	}
	ignore_free(ig);
	return 0;
}
