#include "builder/sandbox/trap/loader/stack.h"

#include "builder/sandbox/trap/loader/memory.h"

#define RANDOM_SIZE  16
#define PLATFORM_MAX 64

static void
read_words(uint64_t *at, struct stack *s)
{
	uint64_t *p = at + 1 + at[0] + 1;

	s->at = at;
	s->argc = at[0];
	s->args = at + 1;
	s->env = p;
	while (*p != 0)
		p++;
	s->aux = (Elf64_auxv_t *)(uintptr_t)(p + 1);
	p += 3;
	for (const Elf64_auxv_t *a = s->aux; a->a_type != AT_NULL; a++)
		p += 2;
	s->n_rest = (size_t)(p - s->env);
}

void
stack_read(uint64_t *at, struct stack *out)
{
	uint64_t last = 0;

	read_words(at, out);
	out->args_begin = out->args_end = 0;
	if (out->argc == 0)
		return;
	last = out->args[out->argc - 1];
	out->args_begin = out->args[0];
	out->args_end = last + memory_length((const char *)(uintptr_t)last) + 1;
}

uint64_t
stack_aux(const struct stack *s, uint64_t type, uint64_t otherwise)
{
	for (const Elf64_auxv_t *a = s->aux; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a->a_un.a_val;
	return otherwise;
}

void
stack_set_aux(const struct stack *s, uint64_t type, uint64_t value)
{
	for (Elf64_auxv_t *a = s->aux; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			a->a_un.a_val = value;
}

/* ------------------------------------------------------------ arguments */

/* What the auxiliary vector points to lies where the new texts may have to be. */
static void
move_aux_bytes(const struct stack *s)
{
	static char random[RANDOM_SIZE], platform[2][PLATFORM_MAX];
	static const uint64_t types[] = { AT_PLATFORM, AT_BASE_PLATFORM };
	const uint64_t from = stack_aux(s, AT_RANDOM, 0);

	if (from != 0) {
		memory_move(random, (const void *)(uintptr_t)from, sizeof random);
		stack_set_aux(s, AT_RANDOM, (uint64_t)(uintptr_t)random);
	}
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const char *text = (const char *)(uintptr_t)stack_aux(s, types[i], 0);
		size_t n = text == NULL ? PLATFORM_MAX : memory_length(text);

		if (n >= PLATFORM_MAX)
			continue;
		memory_move(platform[i], text, n + 1);
		stack_set_aux(s, types[i], (uint64_t)(uintptr_t)platform[i]);
	}
}

/* The kernel's own first argument, "", if the caller gave none, was added by Linux 5.18. */
void
stack_put_front(struct stack *s, const char *const *texts, size_t n)
{
	const uint64_t kept = s->argc > 0 ? s->argc - 1 : 0;
	const uint64_t n_words = 1 + n + kept + 1 + s->n_rest;
	uint64_t begin = kept > 0 ? s->args[1] : s->args_end;
	uint64_t *p = NULL;
	uint64_t at = 0;

	move_aux_bytes(s);
	if (s->argc == 0)
		begin = (uint64_t)(uintptr_t)(s->env + s->n_rest);
	for (size_t i = 0; i < n; i++)
		begin -= memory_length(texts[i]) + 1;
	p = (uint64_t *)(uintptr_t)((begin - 8 * n_words) & ~UINT64_C(15));
	if (p > s->at - n)
		p = (uint64_t *)((uintptr_t)(s->at - n) & ~(uintptr_t)15);
	memory_move(p + 1 + n, s->args + (s->argc > 0), (kept + 1) * sizeof *p);
	memory_move(p + 1 + n + kept + 1, s->env, s->n_rest * sizeof *p);
	p[0] = n + kept;
	at = begin;
	for (size_t i = 0; i < n; i++) {
		const size_t size = memory_length(texts[i]) + 1;

		p[1 + i] = at;
		memory_move((void *)(uintptr_t)at, texts[i], size);
		at += size;
	}
	stack_read(p, s);
}
