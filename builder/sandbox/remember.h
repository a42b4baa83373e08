/*
 * remember: that the strongest engine works here, so that it need not be tried by
 * every build. It is a text file with all that the outcome depends on: the boot, the
 * user, privileges and filters of this process, the store's file system, the program.
 * Weaker outcomes are not remembered: a setting may have changed meanwhile.
 */
#ifndef BUILDER_SANDBOX_REMEMBER_H
#define BUILDER_SANDBOX_REMEMBER_H

#include <stdbool.h>

#include "builder/sandbox/sandbox.h"

/* The text for now; caller frees. NULL if something cannot be found out: nothing is
 * remembered then. */
char *remember_text(int scratch_fd, enum id_mapping mapping);

/* Whether FILE says TEXT. Either may be NULL. */
bool remember_knows(const char *file, const char *text);

/* Makes it say so, or nothing any more. A failure costs time only. */
void remember_note(const char *file, const char *text);
void remember_forget(const char *file);

#endif
