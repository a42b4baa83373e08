/*
 * stack: the layer directories whose merge a plain tree is. A directory is identified by
 * its inode and birth time, so renaming does not matter.
 */
#ifndef BUILDER_SANDBOX_PLAIN_STACK_H
#define BUILDER_SANDBOX_PLAIN_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/sandbox/sandbox.h"

/* The identity of a directory during its life. */
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

/* Adds DIR on top. ERR_ENVIRONMENT if it does not exist. */
int stack_add(struct stack *s, const char *dir, struct error *err);

/* The lowers of R. */
int stack_of_run(const struct sandbox_run *r, struct stack *out, struct error *err);

/* The number of lowest layers that both share. */
size_t stack_common(const struct stack *a, const struct stack *b);

/* One line of text for each layer, without its device, whose number may change. */
void stack_print(const struct stack *s, struct buf *out);

/* Adds the layers in TEXT, all on one device. False if TEXT is malformed. */
bool
stack_parse(struct stack *s, struct text text, uint64_t dev_major, uint64_t dev_minor);

/* True if all layers are on one device and can be identified later. */
bool stack_is_lasting(const struct stack *s);

#endif
