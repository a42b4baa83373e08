#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/mem.h"

/* The slot that holds KEY, or the free slot where it belongs. At most half of the slots
 * are used, so the search ends. */
static size_t *
slot_of(const struct map *m, struct text key)
{
	size_t mask = m->n_slots - 1;
	size_t i = (size_t)text_hash(key) & mask;

	while (m->slots[i] != 0 && !text_equal(m->items[m->slots[i] - 1].key, key))
		i = (i + 1) & mask;
	return &m->slots[i];
}

static struct map_item *
item_of(const struct map *m, struct text key)
{
	size_t slot = m->n_slots == 0 ? 0 : *slot_of(m, key);

	return slot == 0 ? NULL : &m->items[slot - 1];
}

static void
grow_slots(struct map *m)
{
	m->n_slots = m->n_slots == 0 ? 16 : m->n_slots * 2;
	free(m->slots);
	m->slots = mem_new_n(m->n_slots, sizeof *m->slots);
	for (size_t i = 0; i < m->n; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are slots */
		*slot_of(m, m->items[i].key) = i + 1;
}

void *
map_find(const struct map *m, struct text key)
{
	struct map_item *item = item_of(m, key);

	return item == NULL ? NULL : item->value;
}

bool
map_has(const struct map *m, struct text key)
{
	return item_of(m, key) != NULL;
}

bool
map_set(struct map *m, struct text key, void *value)
{
	struct map_item *item = item_of(m, key);

	if (item != NULL) {
		item->value = value;
		return false;
	}
	if (m->n_slots / 2 <= m->n)
		grow_slots(m);
	*slot_of(m, key) = m->n + 1;
	m->items = array_grow(m->items, m->n, &m->cap, sizeof *m->items);
	m->items[m->n++] = (struct map_item){ { text_copy(key), key.n }, value };
	return true;
}

void
map_clear(struct map *m)
{
	for (size_t i = 0; i < m->n; i++)
		free((char *)m->items[i].key.p);
	free(m->items);
	free(m->slots);
	*m = (struct map)MAP_INIT;
}
