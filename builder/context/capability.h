/*
 * capability: security.capability of a file in a context. Internal to context.
 */
#ifndef BUILDER_CONTEXT_CAPABILITY_H
#define BUILDER_CONTEXT_CAPABILITY_H

#include "base/mem.h"
#include "base/text.h"

/* Reads it from NAME in DIR_FD (a regular file; links are not followed) as
 * revision 2 into ARENA. *OUT is left alone if there is none. */
void capability_read(int dir_fd, const char *name, struct arena *arena, struct text *out);

#endif
