/*
 * census: lists everything in a store, with sizes and the times of last use.
 */
#ifndef LAYERS_CENSUS_H
#define LAYERS_CENSUS_H

#include "base/array.h"
#include "base/map.h"
#include "layers/layers.h"

enum thing_kind {
	THING_BLOB,
	THING_LAYER,
	THING_TREE,
	THING_STEP,
	THING_REF,
	THING_NOTE, /* compressed/… */
	THING_CONTEXT,
	THING_MOUNT,
	THING_FAILED,
	THING_PLAIN,    /* a kept plain tree that no build has taken */
	THING_LEFTOVER, /* a leftover of a killed write */
	N_THING_KINDS,
};

struct thing {
	enum thing_kind kind;
	char *name;      /* below the root: "layers/4f0c…" */
	const char *key; /* the part after the last "/" */
	uint64_t size;   /* bytes on disk; of layers and mounts see census_measure() */
	int64_t used_ns;
	bool measured, live;
	size_t next_note; /* index + 1 of another note about the same layer */
};

struct census {
	ARRAY(struct thing) things;
	struct map by_name; /* name → index + 1, as a pointer */
	struct map notes;   /* hex of a diffID → index + 1 of the first note */
};

int census_take(struct store *st, struct census *out, struct error *err);
void census_clear(struct census *c);
#define auto_census __attribute__((cleanup(census_clear)))

/* Index of the thing NAME, or -1. */
ptrdiff_t census_find(const struct census *c, const char *name);

/* Determines the size of T; walks directories. */
void census_measure(struct store *st, struct thing *t);

/* Bytes on disk of everything at NAME below DIR_FD; unreadable files count as 0. */
uint64_t disk_usage(int dir_fd, const char *name);

#endif
