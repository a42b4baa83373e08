/*
 * member_cut: where the compressed members of a layer begin (docs/output-profile.md).
 *
 * A member begins before a block of the tar that looks like a header. Which headers begin
 * one depends on their path and size alone, so a changed file moves no other member. Large
 * files always begin one; between small ones there are GAP bytes on average.
 */
#ifndef LAYERS_MEMBER_CUT_H
#define LAYERS_MEMBER_CUT_H

#include <stdbool.h>
#include <stddef.h>

/* In bytes, multiples of 512; GAP is a power of two. */
struct member_sizes {
	size_t least, gap, most;
};

#define MEMBER_BLOCK 512

/* The end of the member that begins at BYTES, of which N are there. It is the first
 * possible one, or 0 if more bytes are needed. SEEN is how many were looked at in earlier
 * calls for the same member, and is set. At most S->most bytes are looked at. */
size_t
member_cut_find(const struct member_sizes *s, const char *bytes, size_t n, size_t *seen);

#endif
