#include "layers/tar_sparse.h"

bool
tar_sparse_check(const struct tar_sparse *s, uint64_t stored)
{
	uint64_t end = 0, sum = 0;

	if (s->size > INT64_MAX)
		return false;
	for (size_t i = 0; i < s->extents.n; i++) {
		struct tar_extent e = s->extents.at[i];

		if (e.offset < end || e.offset > s->size || e.size > s->size - e.offset)
			return false;
		end = e.offset + e.size;
		sum += e.size;
	}
	return sum == stored;
}

uint64_t
tar_sparse_next(struct tar_sparse *s, uint64_t max, bool *hole)
{
	uint64_t end = s->size;

	while (s->next < s->extents.n &&
	       s->extents.at[s->next].offset + s->extents.at[s->next].size <= s->at)
		s->next++;
	*hole = true;
	if (s->next < s->extents.n) {
		struct tar_extent e = s->extents.at[s->next];

		*hole = s->at < e.offset;
		end = *hole ? e.offset : e.offset + e.size;
	}
	if (end - s->at > max)
		end = s->at + max;
	max = end - s->at;
	s->at = end;
	return max;
}

bool
tar_sparse_add(struct tar_sparse *s, const char *pairs, size_t n)
{
	for (size_t i = 0; i < n && pairs[i * 24] != '\0'; i++) {
		int64_t offset, size;

		if (!tar_number(pairs + i * 24, 12, &offset) ||
		    !tar_number(pairs + i * 24 + 12, 12, &size) || offset < 0 ||
		    size < 0 || s->extents.n == TAR_EXTENTS_MAX)
			return false;
		array_push(&s->extents,
		           ((struct tar_extent){ (uint64_t)offset, (uint64_t)size }));
	}
	return true;
}
