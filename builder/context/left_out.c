#include "builder/context/left_out.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "base/event.h"
#include "base/mem.h"

void
left_out_add(struct left_out_list *l, dev_t dev, ino_t ino, const char *name,
             const char *told)
{
	struct left_out *o = array_add(&l->list);

	o->dev = (uint64_t)major(dev) << 32 | minor(dev);
	o->ino = ino;
	o->name = name;
	o->told = told == NULL ? NULL : mem_copy(told);
}

bool
left_out_has(const struct left_out_list *l, uint64_t dev, uint64_t ino, const char *name)
{
	for (size_t i = 0; l != NULL && i < l->list.n; i++) {
		struct left_out *o = &l->list.at[i];

		if (o->ino != ino || o->dev != dev ||
		    (o->name != NULL && strcmp(o->name, name) != 0))
			continue;
		if (o->told != NULL && !atomic_exchange(&o->was_told, true))
			event_warn(0, "%s is left out of the context", o->told);
		return true;
	}
	return false;
}

void
left_out_clear(struct left_out_list *l)
{
	for (size_t i = 0; i < l->list.n; i++)
		free(l->list.at[i].told);
	array_clear(&l->list);
}
