#include "parser/pattern.h"

#include "base/base.h"

/* One end of a range in a class; 0 if there is none. */
static size_t
class_rune(struct text t, uint32_t *rune)
{
	size_t escape = t.n > 0 && t.p[0] == '\\', n;

	if (t.n == 0 || t.p[0] == '-' || t.p[0] == ']')
		return 0;
	n = text_rune(text_from(t, escape), rune);
	/* A pattern that ends within a class is malformed. */
	return n == 0 || escape + n == t.n ? 0 : escape + n;
}

size_t
pattern_class(struct text t, uint32_t rune, bool *is_in)
{
	size_t i = 1, ranges = 0, n;
	bool negated = t.n > 1 && t.p[1] == '^', found = false;

	for (i += negated; i >= t.n || t.p[i] != ']' || ranges == 0; ranges++) {
		uint32_t low = 0, high;

		if (i >= t.n || (n = class_rune(text_from(t, i), &low)) == 0)
			return 0;
		i += n;
		high = low;
		if (t.p[i] == '-') {
			n = class_rune(text_from(t, i + 1), &high);
			if (n == 0)
				return 0;
			i += n + 1;
		}
		found |= low <= rune && rune <= high;
	}
	*is_in = found != negated;
	return i + 1;
}

/* A byte that is not UTF-8 counts as one character, in no class. */
static size_t
name_rune(struct text name, uint32_t *rune)
{
	size_t n = text_rune(name, rune);

	if (n > 0)
		return n;
	*rune = 0xFFFD;
	return 1;
}

/* Length of the pattern element that P starts with, 0 if malformed. *TAKES: how many
 * bytes of NAME it matches (0: does not). Not for "*". */
static size_t
match_element(struct text p, struct text name, size_t *takes)
{
	uint32_t rune = 0;
	size_t width = name.n > 0 ? name_rune(name, &rune) : 0, n;
	bool is_in;

	switch (p.p[0]) {
	case '?':
		*takes = name.n > 0 && name.p[0] != '/' ? width : 0;
		return 1;
	case '[':
		n = pattern_class(p, rune, &is_in);
		*takes = n > 0 && is_in ? width : 0;
		return n;
	case '\\':
		if (p.n < 2)
			return 0;
		*takes = name.n > 0 && name.p[0] == p.p[1];
		return 2;
	default:
		*takes = name.n > 0 && name.p[0] == p.p[0];
		return 1;
	}
}

static bool
is_valid(struct text p)
{
	size_t takes, n;

	while (p.n > 0) {
		n = match_element(p, TEXT(""), &takes);
		if (n == 0)
			return false;
		p = text_from(p, n);
	}
	return true;
}

int
pattern_match(struct text pattern, struct text name)
{
	/* The position after the last star, and where in the name that star stopped so
	 * far. */
	struct text star_pattern = { 0 }, star_name = { 0 };
	bool starred = false;

	if (!is_valid(pattern))
		return -1;
	while (pattern.n > 0 || name.n > 0) {
		size_t takes = 0, n = 0;

		if (pattern.n > 0 && pattern.p[0] == '*') {
			pattern = star_pattern = text_from(pattern, 1);
			star_name = name;
			starred = true;
			continue;
		}
		if (pattern.n > 0)
			n = match_element(pattern, name, &takes);
		if (takes > 0) {
			pattern = text_from(pattern, n);
			name = text_from(name, takes);
			continue;
		}
		if (!starred || star_name.n == 0 || star_name.p[0] == '/')
			return 0;
		/* Earlier stars need no second try: the first match of the part after
		 * them leaves most of the name for the rest. */
		name = star_name = text_from(star_name, 1);
		pattern = star_pattern;
	}
	return 1;
}

bool
pattern_has_glob(struct text p)
{
	for (size_t i = 0; i < p.n; i++) {
		if (p.p[i] == '\\')
			i++;
		else if (p.p[i] == '*' || p.p[i] == '?' || p.p[i] == '[')
			return true;
	}
	return false;
}
