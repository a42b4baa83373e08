#include "base/mem.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t
product(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		mem_die("allocation too large");
	return bytes == 0 ? 1 : bytes;
}

static void *
or_die(void *p)
{
	if (p == NULL)
		mem_die("out of memory");
	return p;
}

void *
mem_new(size_t size)
{
	return or_die(calloc(1, product(1, size)));
}

void *
mem_new_n(size_t n, size_t size)
{
	return or_die(calloc(1, product(n, size)));
}

void *
mem_resize(void *old, size_t n, size_t size)
{
	return or_die(realloc(old, product(n, size)));
}

char *
mem_copy(const char *s)
{
	return s == NULL ? NULL : mem_copy_n(s, strlen(s));
}

char *
mem_copy_n(const void *bytes, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		mem_die("allocation too large");
	copy = or_die(malloc(n + 1));
	if (n > 0)
		memcpy(copy, bytes, n);
	copy[n] = '\0';
	return copy;
}

char *
mem_print(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vprint(fmt, ap);
	va_end(ap);
	return s;
}

char *
mem_vprint(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		mem_die("out of memory");
	return s;
}

/* By default, glibc serves ever larger pieces from heaps that seldom shrink, and each
 * thread has a heap of its own. */
void
mem_setup(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

void
mem_die(const char *message)
{
	fprintf(stderr, "cooper: %s\n", message);
	abort();
}

#define ARENA_ALIGN 16

/* Things are put at the front, texts, which need no alignment, at the back. */
struct block {
	struct block *before;
	size_t used, size; /* the free part lies between them */
	alignas(ARENA_ALIGN) char bytes[];
};

/* The first block is small, for the many arenas that hold little. Each further block is
 * as large as all before it, up to the limit; blocks with malloc's header are whole
 * pages. */
#define ARENA_FIRST ((size_t)4 * 1024)
#define ARENA_LIMIT ((size_t)256 * 1024 - sizeof(struct block) - ARENA_ALIGN)

struct arena {
	struct block *last;
	size_t total;
};

struct arena *
arena_new(void)
{
	return mem_new(sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->last != NULL) {
		struct block *before = arena->last->before;

		free(arena->last);
		arena->last = before;
	}
	free(arena);
}

static void
add_block(struct arena *arena, size_t at_least)
{
	size_t size = arena->total < ARENA_FIRST ? ARENA_FIRST : arena->total;
	struct block *block;

	if (size > ARENA_LIMIT)
		size = ARENA_LIMIT;
	if (size < at_least)
		size = at_least;
	block = mem_new(sizeof *block + size);
	block->size = size;
	block->before = arena->last;
	arena->last = block;
	arena->total += size;
}

static void
need_room(struct arena *arena, size_t size)
{
	if (arena->last == NULL || arena->last->size - arena->last->used < size)
		add_block(arena, size);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	void *p;

	if (size > SIZE_MAX / 2)
		mem_die("allocation too large");
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	need_room(arena, size);
	p = arena->last->bytes + arena->last->used;
	arena->last->used += size;
	return p;
}

void *
arena_alloc_n(struct arena *arena, size_t n, size_t size)
{
	return arena_alloc(arena, product(n, size));
}

char *
arena_copy(struct arena *arena, const char *s)
{
	return s == NULL ? NULL : arena_copy_n(arena, s, strlen(s));
}

char *
arena_copy_n(struct arena *arena, const void *bytes, size_t n)
{
	char *copy;

	if (n >= SIZE_MAX / 2)
		mem_die("allocation too large");
	need_room(arena, n + 1);
	arena->last->size -= n + 1;
	copy = arena->last->bytes + arena->last->size;
	if (n > 0)
		memcpy(copy, bytes, n);
	return copy;
}

void
arena_join(struct arena *arena, struct arena *taken)
{
	struct block **end = &arena->last;

	if (taken == NULL)
		return;
	while (*end != NULL)
		end = &(*end)->before;
	*end = taken->last;
	arena->total += taken->total;
	free(taken);
}

char *
arena_print(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *s, *copy;

	va_start(ap, fmt);
	s = mem_vprint(fmt, ap);
	va_end(ap);
	copy = arena_copy(arena, s);
	free(s);
	return copy;
}

struct text
arena_text(struct arena *arena, struct text t)
{
	return (struct text){ arena_copy_n(arena, t.p, t.n), t.n };
}
