#include "parser/variables.h"

#include "base/base.h"
#include "base/suggest.h"

/* With fewer gaps, compacting is not worth it. */
#define GAPS_MIN 16

static size_t
place_of(const struct variables *vs, struct text name)
{
	return (size_t)(uintptr_t)map_find(&vs->places, name);
}

static void
add(struct variables *vs, struct text name, struct text value)
{
	array_push(&vs->list, ((struct variable){ name, value }));
	map_set(&vs->places, name, (void *)(uintptr_t)vs->list.n);
}

int
variables_find(const struct variables *vs, struct text name, struct text *value)
{
	size_t place = place_of(vs, name);

	if (place == 0)
		return 0;
	*value = vs->list.at[place - 1].value;
	return 1;
}

void
variables_put(struct variables *vs, struct text name, struct text value)
{
	size_t place = place_of(vs, name);

	if (place == 0)
		add(vs, name, value);
	else
		vs->list.at[place - 1].value = value;
}

static void
close_gaps(struct variables *vs)
{
	size_t n = 0;

	for (size_t i = 0; i < vs->list.n; i++) {
		struct variable v = vs->list.at[i];

		if (v.name.p == NULL)
			continue;
		vs->list.at[n++] = v;
		map_set(&vs->places, v.name, (void *)(uintptr_t)n);
	}
	vs->list.n = n;
	vs->gaps = 0;
}

void
variables_append(struct variables *vs, struct text name, struct text value)
{
	size_t place = place_of(vs, name);

	if (place > 0) {
		vs->list.at[place - 1].name.p = NULL;
		vs->gaps++;
	}
	add(vs, name, value);
	if (vs->gaps > GAPS_MIN && vs->gaps > vs->list.n / 2)
		close_gaps(vs);
}

void
variables_remove(struct variables *vs, struct text name)
{
	size_t place = place_of(vs, name);

	if (place == 0)
		return;
	vs->list.at[place - 1].name.p = NULL;
	vs->gaps++;
	map_set(&vs->places, name, NULL);
}

void
variables_copy(struct variables *to, const struct variables *from)
{
	for (size_t i = 0; i < from->list.n; i++)
		if (from->list.at[i].name.p != NULL)
			add(to, from->list.at[i].name, from->list.at[i].value);
}

void
variables_clear(struct variables *vs)
{
	array_clear(&vs->list);
	map_clear(&vs->places);
	vs->gaps = 0;
}

size_t
variables_count(const struct variables *vs)
{
	return vs->list.n - vs->gaps;
}

struct variable *
variables_list(const struct variables *vs, struct arena *arena, size_t *n)
{
	struct variable *list = arena_alloc_n(arena, variables_count(vs),
	                                      sizeof(struct variable));

	*n = 0;
	for (size_t i = 0; i < vs->list.n; i++)
		if (vs->list.at[i].name.p != NULL)
			list[(*n)++] = vs->list.at[i];
	return list;
}

struct text *
variables_names(const struct variables *vs, struct arena *arena, size_t *n)
{
	struct text *names = arena_alloc_n(arena, variables_count(vs),
	                                   sizeof(struct text));

	*n = 0;
	for (size_t i = 0; i < vs->list.n; i++)
		if (vs->list.at[i].name.p != NULL)
			names[(*n)++] = vs->list.at[i].name;
	return names;
}

const char *
variables_suggest(const struct variables *vs, struct text name)
{
	auto_free const char **names = mem_new_n(variables_count(vs) + 1,
	                                         sizeof(const char *));
	size_t n = 0;

	for (size_t i = 0; i < vs->list.n; i++)
		if (vs->list.at[i].name.p != NULL)
			names[n++] = vs->list.at[i].name.p;
	return suggest_find(name, names, n, false);
}
