/*
 * stack: which layer directories a plain tree stands for. A directory is known by its
 * inode and birth, whatever it is renamed to.
 */
#ifndef BUILDER_SANDBOX_PLAIN_STACK_H
#define BUILDER_SANDBOX_PLAIN_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/sandbox/sandbox.h"

/* What a directory is known by as long as it exists. */
struct identity {
	uint64_t ino, dev_major, dev_minor;
	int64_t born_s;
	uint32_t born_ns;
};

/* Lowest first. */
struct stack {
	ARRAY(struct identity) list;
};

void stack_clear(struct stack *s);
#define auto_stack __attribute__((cleanup(stack_clear)))

/* Adds DIR on top. ERR_ENVIRONMENT if there is none. */
int stack_add(struct stack *s, const char *dir, struct error *err);

/* The lowers of R. */
int stack_of_run(const struct sandbox_run *r, struct stack *out, struct error *err);

/* How many of the lowest layers are the same in both. */
size_t stack_common(const struct stack *a, const struct stack *b);

/* A line of text for each layer, without its device, which may get another number. */
void stack_print(const struct stack *s, struct buf *out);

/* Adds what TEXT says, all of one device. False if it is no such text. */
bool
stack_parse(struct stack *s, struct text text, uint64_t dev_major, uint64_t dev_minor);

/* All of it is on one device and can be known again. */
bool stack_is_lasting(const struct stack *s);

#endif
