/*
 * loader: the program that every exec of a step executes in place of the real one. It
 * starts the real one as the kernel would have: it asks the supervisor for its record,
 * maps program and interpreter, puts the arguments of `#!` on the stack, corrects the
 * auxiliary vector, and jumps. A static program at an address of its own, without a C
 * library. Its record and its scratch stay mapped.
 */
#include "builder/sandbox/trap/loader/record.h"

#include <linux/prctl.h>
#include <sys/syscall.h>

#include "builder/sandbox/trap/loader/image.h"
#include "builder/sandbox/trap/loader/machine.h"
#include "builder/sandbox/trap/loader/memory.h"
#include "builder/sandbox/trap/loader/stack.h"

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

struct start loader_main(uint64_t *at);

/* ------------------------------------------------------------ failure */

static void
say(const char *text)
{
	call(SYS_write, 2, (uint64_t)(uintptr_t)text, memory_length(text), 0, 0, 0);
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

/* ------------------------------------------------------------ what is shown */

static void
put_front(struct stack *s)
{
	const char *texts[LOADER_FRONT_MAX];

	for (size_t i = 0; i < record.n_front; i++)
		texts[i] = record.text + record.front[i];
	if (record.n_front > 0)
		stack_put_front(s, texts, record.n_front);
}

static void
set_aux(const struct stack *s, const struct image *program,
        const struct image *interpreter)
{
	stack_set_aux(s, AT_PHDR, program->headers);
	stack_set_aux(s, AT_PHENT, sizeof(Elf64_Phdr));
	stack_set_aux(s, AT_PHNUM, program->n_headers);
	stack_set_aux(s, AT_BASE, interpreter->bias);
	stack_set_aux(s, AT_FLAGS, 0);
	stack_set_aux(s, AT_ENTRY, program->entry);
	stack_set_aux(s, AT_UID, record.uid);
	stack_set_aux(s, AT_EUID, record.euid);
	stack_set_aux(s, AT_GID, record.gid);
	stack_set_aux(s, AT_EGID, record.egid);
	stack_set_aux(s, AT_SECURE, record.secure);
	stack_set_aux(s, AT_EXECFN, (uint64_t)(uintptr_t)(record.text + record.name));
}

/* What /proc shows: cmdline, auxv, stat. A kernel without checkpoints (CONFIG_…) refuses,
 * and shows what it left itself. */
static void
set_memory_map(const struct stack *s, const struct image *program)
{
	const uint64_t brk = (uint64_t)call(SYS_brk, 0, 0, 0, 0, 0, 0);
	struct prctl_mm_map m = {
		.start_code = program->begin,
		.end_code = program->end,
		.start_data = LOADER_RECORD,
		.end_data = LOADER_RECORD + sizeof record,
		.start_brk = brk,
		.brk = brk,
		.start_stack = (uint64_t)(uintptr_t)s->at,
		.arg_start = s->args_begin,
		.arg_end = s->args_end,
		.env_start = s->env[0],
		.auxv = (void *)s->aux,
		.exe_fd = UINT32_MAX,
	};
	size_t n = 0;

	while (s->env[n] != 0)
		n++;
	if (n > 0)
		m.env_end = s->env[n - 1] +
		            memory_length((const char *)(uintptr_t)s->env[n - 1]) + 1;
	else
		m.env_start = m.env_end = m.arg_end;
	m.auxv_size = (uint32_t)((s->n_rest - n - 1) * sizeof(uint64_t));
	call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, (uint64_t)(uintptr_t)&m, sizeof m, 0,
	     0);
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
	stack_read(at, &s);
	put_front(&s);
	page = stack_aux(&s, AT_PAGESZ, 4096);
	map(record.program_fd, page, &program);
	if (record.interpreter_fd >= 0)
		map(record.interpreter_fd, page, &interpreter);
	if (program.has_executable_stack)
		call(SYS_mprotect, (uint64_t)(uintptr_t)s.at & ~(page - 1), page,
		     PROT_ALL | PROT_GROWS_DOWN, 0, 0, 0);
	set_aux(&s, &program, &interpreter);
	set_memory_map(&s, &program);
	call(SYS_prctl, PR_SET_NAME, (uint64_t)(uintptr_t)record.comm, 0, 0, 0, 0);
	record.state = LOADER_STARTED;
	return (struct start){
		(uint64_t)(uintptr_t)s.at,
		record.interpreter_fd >= 0 ? interpreter.entry : program.entry,
	};
}
