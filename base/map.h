/*
 * map: hash map from bytes to a pointer. Keys are copied; values are not
 * owned. Iteration order is that of insertion, so results never depend on
 * hashing. Not thread-safe.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct map_item {
	struct text key; /* owned by the map, NUL-terminated */
	void *value;
};

struct map {
	struct map_item *items; /* in order of insertion */
	size_t n, cap;
	size_t *slots; /* index + 1 into items, 0 = free */
	size_t n_slots;
};

#define MAP_INIT                                                                         \
	{                                                                                \
		0                                                                        \
	}

/* The value of KEY, or NULL if absent. */
void *map_find(const struct map *m, struct text key);
bool map_has(const struct map *m, struct text key);

/* Sets KEY to VALUE; true if the key is new. */
bool map_set(struct map *m, struct text key, void *value);

void map_clear(struct map *m);
#define auto_map __attribute__((cleanup(map_clear)))

#endif
