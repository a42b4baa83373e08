/*
 * loader: the program that every exec of a step executes in place of the real one. It
 * starts the real one as the kernel would have: it asks the supervisor for its record,
 * maps program and interpreter, puts the arguments of `#!` on the stack, corrects the
 * auxiliary vector, and jumps. A static program at an address of its own, without a C
 * library. Its record and its scratch stay mapped.
 */
#include "builder/sandbox/trap/loader/record.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "builder/sandbox/trap/loader/image.h"
#include "builder/sandbox/trap/loader/machine.h"

#define PROT_ALL        7
#define PROT_GROWS_DOWN 0x01000000

#define OWN_STACK       (32 * 1024)

__attribute__((section(".bss.record"))) struct loader_record record;
__attribute__((section(".bss.scratch"),
               aligned(4096))) char scratch[LOADER_SCRATCH_EACH * LOADER_SCRATCH_MAX];

_Alignas(16) char own_stack[OWN_STACK];
__asm__(".global own_stack_end\n"
        ".set own_stack_end, own_stack + 32768\n");
_Static_assert(OWN_STACK == 32768, "own_stack_end");

BEGINNING;

struct start loader_main(uint64_t *stack);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

/* Compilers make calls of these; the empty asm keeps them from making one here. */
void *
memmove(void *to, const void *from, size_t n)
{
	const char *f = from;
	char *t = to;

	if ((uintptr_t)to <= (uintptr_t)from) {
		for (size_t i = 0; i < n; i++) {
			t[i] = f[i];
			__asm__ volatile("");
		}
		return to;
	}
	while (n-- > 0) {
		t[n] = f[n];
		__asm__ volatile("");
	}
	return to;
}

void *
memcpy(void *to, const void *from, size_t n)
{
	return memmove(to, from, n);
}

void *
memset(void *to, int byte, size_t n)
{
	char *t = to;

	for (size_t i = 0; i < n; i++) {
		t[i] = (char)byte;
		__asm__ volatile("");
	}
	return to;
}

/* ------------------------------------------------------------ failure */

static void
say(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		n++;
	call(SYS_write, 2, (uint64_t)(uintptr_t)text, n, 0, 0, 0);
}

_Noreturn static void
fail(const char *why, int number)
{
	char digits[] = "0000\n";

	for (int i = 3; i >= 0; i--, number /= 10)
		digits[i] = (char)('0' + number % 10);
	say("cooper: ");
	say(record.state == LOADER_NOT_ASKED ? "a program" : record.text + record.name);
	say(why);
	say(digits);
	for (;;)
		call(SYS_exit_group, 127, 0, 0, 0, 0, 0);
}

/* ------------------------------------------------------------ the stack */

/* What the kernel left: the number of arguments, their addresses, NULL, those of the
 * variables, NULL, and the auxiliary vector. */
struct stack {
	uint64_t argc;
	uint64_t *args, *env;
	Elf64_auxv_t *aux;
	size_t n_rest; /* words from env to the end of aux */
};

static void
look(uint64_t *at, struct stack *out)
{
	uint64_t *p = at + 1 + at[0] + 1;

	out->argc = at[0];
	out->args = at + 1;
	out->env = p;
	while (*p != 0)
		p++;
	out->aux = (Elf64_auxv_t *)(uintptr_t)(p + 1);
	p += 3;
	for (const Elf64_auxv_t *a = out->aux; a->a_type != AT_NULL; a++)
		p += 2;
	out->n_rest = (size_t)(p - out->env);
}

/* Only addresses move, down. The stack pointer remains a multiple of 16. */
static uint64_t *
put_front(uint64_t *at, struct stack *s)
{
	const uint64_t kept = s->argc > 0 ? s->argc - 1 : 0;
	const uint64_t argc = record.n_front + kept;
	const size_t more = (size_t)(argc - s->argc), room = (more + 1) & ~(size_t)1;
	uint64_t *to = at - room, *p = to;

	*p++ = argc;
	for (size_t i = 0; i < record.n_front; i++)
		*p++ = (uint64_t)(uintptr_t)(record.text + record.front[i]);
	memmove(p, s->args + (s->argc > 0), (kept + 1) * sizeof *p);
	p += kept + 1;
	memmove(p, s->env, s->n_rest * sizeof *p);
	look(to, s);
	return to;
}

static uint64_t
aux_of(const struct stack *s, uint64_t type, uint64_t otherwise)
{
	for (const Elf64_auxv_t *a = s->aux; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a->a_un.a_val;
	return otherwise;
}

static void
set_aux(const struct stack *s, const struct image *program,
        const struct image *interpreter)
{
	const uint64_t values[][2] = {
		{ AT_PHDR, program->headers },
		{ AT_PHENT, sizeof(Elf64_Phdr) },
		{ AT_PHNUM, program->n_headers },
		{ AT_BASE, interpreter->bias },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, program->entry },
		{ AT_UID, record.uid },
		{ AT_EUID, record.euid },
		{ AT_GID, record.gid },
		{ AT_EGID, record.egid },
		{ AT_SECURE, record.secure },
		{ AT_EXECFN, (uint64_t)(uintptr_t)(record.text + record.name) },
	};

	for (Elf64_auxv_t *a = s->aux; a->a_type != AT_NULL; a++)
		for (size_t i = 0; i < sizeof values / sizeof *values; i++)
			if (a->a_type == values[i][0])
				a->a_un.a_val = values[i][1];
}

/* ------------------------------------------------------------ all */

static void
map(int32_t fd, uint64_t page, struct image *out)
{
	const int failed = image_map(fd, page, out);

	call(SYS_close, (uint64_t)fd, 0, 0, 0, 0, 0);
	if (failed != 0)
		fail(": cannot be mapped, error ", failed);
}

struct start
loader_main(uint64_t *at)
{
	struct image program = { 0 }, interpreter = { 0 };
	struct stack s;
	uint64_t page = 0;
	const int64_t asked = call(SYS_prctl, LOADER_ASK, (uint64_t)(uintptr_t)&record,
	                           sizeof record, 0, 0, 0);

	if (asked != 0)
		fail(" cannot be started, error ", (int)-asked);
	look(at, &s);
	if (record.n_front > 0)
		at = put_front(at, &s);
	page = aux_of(&s, AT_PAGESZ, 4096);
	map(record.program_fd, page, &program);
	if (record.interpreter_fd >= 0)
		map(record.interpreter_fd, page, &interpreter);
	if (program.has_executable_stack)
		call(SYS_mprotect, (uint64_t)(uintptr_t)at & ~(page - 1), page,
		     PROT_ALL | PROT_GROWS_DOWN, 0, 0, 0);
	set_aux(&s, &program, &interpreter);
	call(SYS_prctl, PR_SET_NAME, (uint64_t)(uintptr_t)record.comm, 0, 0, 0, 0);
	record.state = LOADER_STARTED;
	return (struct start){
		(uint64_t)(uintptr_t)at,
		record.interpreter_fd >= 0 ? interpreter.entry : program.entry,
	};
}
