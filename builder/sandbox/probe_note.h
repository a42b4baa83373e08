/*
 * probe_note: that the strongest engine works here, so that it need not be tried by
 * every build. It is a text file with all that the outcome depends on: the boot, the
 * user, privileges and filters of this process, the store's file system, the program.
 * Weaker outcomes are not remembered: a setting may have changed meanwhile.
 */
#ifndef BUILDER_SANDBOX_PROBE_NOTE_H
#define BUILDER_SANDBOX_PROBE_NOTE_H

#include <stdbool.h>

#include "builder/sandbox/sandbox.h"

/* The text for now; caller frees. NULL if something cannot be found out: nothing is
 * remembered then. */
char *probe_note_text(int scratch_fd, enum id_mapping mapping);

/* Whether FILE says TEXT. Either may be NULL. */
bool probe_note_says(const char *file, const char *text);

/* Makes it say so, or nothing any more. A failure costs time only. */
void probe_note_write(const char *file, const char *text);
void probe_note_remove(const char *file);

#endif
