/*
 * filter_verdict: what each system call number of an architecture gets.
 */
#ifndef BUILDER_SANDBOX_FILTER_VERDICT_H
#define BUILDER_SANDBOX_FILTER_VERDICT_H

#include <stdbool.h>

#include "builder/sandbox/filter.h"

/* One set of call numbers. SET is libseccomp's name of it. */
struct filter_abi {
	uint32_t machine; /* what this machine must be for it to matter */
	uint32_t set;
	uint32_t audit;      /* what the kernel calls it in a filter */
	uint32_t base;       /* of its numbers */
	bool multiplexed;    /* has socketcall() and ipc() */
	uint8_t clone_flags; /* index of clone's argument */
};

extern const struct filter_abi filter_abis[];
extern const size_t filter_n_abis;

/* Calls from FIRST up to the next range get VERDICT. */
struct filter_range {
	uint32_t first;
	uint8_t verdict;
};

struct filter_ranges {
	ARRAY(struct filter_range) list;
};

/* Adds the numbers of ABI to OUT, by rising number: known ones, refused gaps, missing ones
 * above. KINDS: bits of enum filter_kind. */
void
filter_add_abi(struct filter_ranges *out, const struct filter_abi *abi, unsigned kinds);

#endif
