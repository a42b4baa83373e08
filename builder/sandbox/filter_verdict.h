/*
 * filter_verdict: the verdict for each system call number of an architecture.
 */
#ifndef BUILDER_SANDBOX_FILTER_VERDICT_H
#define BUILDER_SANDBOX_FILTER_VERDICT_H

#include <stdbool.h>

#include "builder/sandbox/filter.h"

/* One set of call numbers. SET is libseccomp's name of it. */
struct filter_abi {
	uint32_t machine; /* the machine that uses it */
	uint32_t set;
	uint32_t audit;      /* the kernel's name for it in a filter */
	uint32_t base;       /* of its numbers */
	bool multiplexed;    /* has socketcall() and ipc() */
	uint8_t clone_flags; /* index of clone's argument */
};

extern const struct filter_abi filter_abis[];
extern const size_t filter_n_abis;

/* The calls from FIRST up to the next range get VERDICT. */
struct filter_range {
	uint32_t first;
	uint8_t verdict;
};

struct filter_ranges {
	ARRAY(struct filter_range) list;
};

/* Adds the numbers of ABI to OUT in ascending order: known calls, refused gaps, and
 * missing calls above. KINDS: bits of enum filter_kind. */
void
filter_add_abi(struct filter_ranges *out, const struct filter_abi *abi, unsigned kinds);

#endif
