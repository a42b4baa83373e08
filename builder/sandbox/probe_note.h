/*
 * probe_note: notes that the strongest engine works here, so that not every build has
 * to try it. The note is a text file with everything that the result depends on: the
 * boot, the user, privileges and filters of this process, the store's file system, the
 * program. Weaker results are not noted, because a setting may change meanwhile.
 */
#ifndef BUILDER_SANDBOX_PROBE_NOTE_H
#define BUILDER_SANDBOX_PROBE_NOTE_H

#include <stdbool.h>

#include "builder/sandbox/sandbox.h"

/* The text for the current state; caller frees. NULL if a part is unknown: then nothing
 * is noted. */
char *probe_note_text(int scratch_fd, enum id_mapping mapping);

/* Whether the content of FILE is TEXT. Either may be NULL. */
bool probe_note_says(const char *file, const char *text);

/* Writes TEXT to FILE, or removes FILE. A failure only costs time. */
void probe_note_write(const char *file, const char *text);
void probe_note_remove(const char *file);

#endif
