/*
 * stack: what the kernel leaves on the stack of a new program (the process initialization
 * of the System V ABI): the number of arguments, their addresses, NULL, those of the
 * variables, NULL, the auxiliary vector; above them its random bytes and names, and above
 * these the texts of arguments and variables, one after the other.
 */
#ifndef BUILDER_SANDBOX_TRAP_LOADER_STACK_H
#define BUILDER_SANDBOX_TRAP_LOADER_STACK_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct stack {
	uint64_t *at; /* the stack pointer */
	uint64_t argc;
	uint64_t *args, *env;
	Elf64_auxv_t *aux;
	size_t n_rest; /* words from env to the end of aux */
	/* Texts of arguments, and their end; 0 if there are none. */
	uint64_t args_begin, args_end;
};

/* Reads the stack at AT. */
void stack_read(uint64_t *at, struct stack *out);

/* Puts N texts in place of the first argument, where /proc/PID/cmdline shows them. The
 * stack pointer moves, and remains a multiple of 16. */
void stack_put_front(struct stack *s, const char *const *texts, size_t n);

/* An entry of the auxiliary vector, or OTHERWISE. */
uint64_t stack_aux(const struct stack *s, uint64_t type, uint64_t otherwise);

/* Changes it, if it is there. */
void stack_set_aux(const struct stack *s, uint64_t type, uint64_t value);

#endif
