#include "base/suggest.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/own.h"

#define DISTANCE_MAX 2

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b, bool nocase)
{
	return nocase ? text_equal_nocase((struct text){ &a, 1 }, (struct text){ &b, 1 })
	              : a == b;
}

/* Levenshtein distance. ROW has room for B.n + 1 numbers: row[j] is the distance
 * between the part of A seen so far and the first j bytes of B. */
static size_t
distance(struct text a, struct text b, bool nocase, size_t *row)
{
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.n; j++) {
			size_t above = row[j + 1];
			size_t change = diagonal + !same(a.p[i], b.p[j], nocase);

			row[j + 1] = least(change, least(above, row[j]) + 1);
			diagonal = above;
		}
	}
	return row[b.n];
}

const char *
suggest_find(struct text word, const char *const *candidates, size_t n, bool nocase)
{
	const char *best = NULL;
	size_t best_distance = DISTANCE_MAX + 1;

	for (size_t i = 0; i < n; i++) {
		struct text candidate = text_of(candidates[i]);
		auto_free size_t *row = NULL;
		size_t d;

		if (candidate.n > word.n + DISTANCE_MAX ||
		    word.n > candidate.n + DISTANCE_MAX)
			continue;
		row = mem_new_n(candidate.n + 1, sizeof *row);
		d = distance(word, candidate, nocase, row);
		if (d == 0)
			return NULL;
		if (d < best_distance) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}

int
suggest_hint(struct error *err, const char *near)
{
	return near == NULL ? -1 : error_hint(err, "did you mean %s?", near);
}

char *
suggest_print(const char *sign, const char *near)
{
	return near == NULL ? mem_copy("")
	                    : mem_print(" (did you mean %s%s?)", sign, near);
}
