/*
 * copy_chmod: --chmod, octal or symbolic as in chmod(1) with umask 0.
 */
#ifndef BUILDER_STEPS_COPY_CHMOD_H
#define BUILDER_STEPS_COPY_CHMOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

/* One "who op perm" of a symbolic mode. */
struct chmod_action {
	char op;      /* + - = */
	uint16_t who; /* bits it may touch */
	uint16_t bits;
	uint16_t copy; /* copies these bits' rwx ("g=u"): 0700, 070, 07 or 0 */
	bool x_if_any; /* X */
};

struct chmod {
	bool given;
	bool octal;
	uint16_t mode; /* octal */
	ARRAY(struct chmod_action) actions;
};

#define CHMOD_INIT                                                                       \
	{                                                                                \
		0                                                                        \
	}

/* TEXT p NULL: not given. ERR_DOCKERFILE "invalid chmod parameter …". */
int chmod_parse(struct text text, struct chmod *out, struct error *err);

/* The mode of a copy whose source has MODE. */
uint16_t chmod_apply(const struct chmod *c, uint16_t mode, bool is_dir);

/* The mode of a directory that is created on the way. */
uint16_t chmod_of_parents(const struct chmod *c);
void chmod_clear(struct chmod *c);

#endif
