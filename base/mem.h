/*
 * mem: allocation that cannot fail, and arenas.
 *
 * Running out of memory ends the program; therefore every size that comes
 * from outside is checked against a named limit before it gets here. Counts
 * times sizes are checked for overflow. All memory is zeroed unless it is a
 * copy. mem_* results are freed with free().
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/text.h"

void *mem_new(size_t size);
void *mem_new_n(size_t n, size_t size);

/* Resizes to N elements; the bytes beyond the old content are not zeroed. */
void *mem_resize(void *old, size_t n, size_t size);

char *mem_copy(const char *s);                 /* NULL gives NULL */
char *mem_copy_n(const void *bytes, size_t n); /* NUL-terminated copy */
char *mem_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *mem_vprint(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Makes free() return large blocks to the system, always. Call it once, before any thread
 * starts. */
void mem_setup(void);

/* Ends the program with MESSAGE on standard error. For exhausted memory and
 * broken invariants only. */
_Noreturn void mem_die(const char *message);

/* Memory that is freed all at once, never piece by piece. Not thread-safe. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *arena);                /* takes NULL */
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned to 16 */
void *arena_alloc_n(struct arena *arena, size_t n, size_t size);
char *arena_copy(struct arena *arena, const char *s); /* NULL gives NULL */
char *arena_copy_n(struct arena *arena, const void *bytes, size_t n);
char *arena_print(struct arena *arena, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));
struct text arena_text(struct arena *arena, struct text t); /* NUL-terminated copy */

/* Moves the memory of TAKEN to ARENA and frees TAKEN. Takes NULL. */
void arena_join(struct arena *arena, struct arena *taken);

static inline void
own_arena(struct arena **arena)
{
	arena_free(*arena);
	*arena = NULL;
}
#define auto_arena __attribute__((cleanup(own_arena)))

#endif
