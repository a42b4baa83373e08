/*
 * array: typed growing arrays.
 *
 *	ARRAY(struct step) steps = {0};
 *	struct step *s = array_add(&steps);      new, zeroed; valid until the next add
 *	for (size_t i = 0; i < steps.n; i++) use(&steps.at[i]);
 *	array_clear(&steps);                     frees the array, not what elements own
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"

#define ARRAY(type)                                                                      \
	struct {                                                                         \
		type *at;                                                                \
		size_t n, cap;                                                           \
	}

/* Makes room for one more element of SIZE bytes and zeroes it. */
void *array_grow(void *at, size_t n, size_t *cap, size_t size);

#define array_add(a)                                                                     \
	__extension__({                                                                  \
		(a)->at = array_grow((a)->at, (a)->n, &(a)->cap, sizeof *(a)->at);       \
		&(a)->at[(a)->n++];                                                      \
	})

#define array_push(a, value) ((void)(*array_add(a) = (value)))

#define array_clear(a)                                                                   \
	do {                                                                             \
		free((a)->at);                                                           \
		(a)->at = NULL;                                                          \
		(a)->n = (a)->cap = 0;                                                   \
	} while (0)

#define array_sort(a, compare)                                                           \
	do {                                                                             \
		if ((a)->n > 1)                                                          \
			qsort((a)->at, (a)->n, sizeof *(a)->at, compare);                \
	} while (0)

#endif
