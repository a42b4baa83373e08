/*
 * left_out: the store and the output files of a build, which may be inside its own
 * context. They are not part of the context, whatever name or mount leads to them.
 */
#ifndef BUILDER_CONTEXT_LEFT_OUT_H
#define BUILDER_CONTEXT_LEFT_OUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/array.h"

struct left_out {
	uint64_t dev, ino; /* as in struct scan_stat */
	const char *name;  /* NULL: any name; borrowed */
	char *told;        /* the warning when a scan meets it; NULL: none */
	atomic_bool was_told;
};

/* Filled before the first scan, then only read (by any thread). */
struct left_out_list {
	ARRAY(struct left_out) list;
};

void left_out_add(struct left_out_list *l, dev_t dev, ino_t ino, const char *name,
                  const char *told);

/* Whether the entry NAME is one of L (which may be NULL). Emits the warning the first
 * time. */
bool
left_out_has(const struct left_out_list *l, uint64_t dev, uint64_t ino, const char *name);
void left_out_clear(struct left_out_list *l);

#endif
