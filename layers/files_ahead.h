/*
 * files_ahead: a second thread reads the small files of a list of changes, slightly ahead
 * of the thread that makes the layer.
 *
 * Opening and closing a small file takes longer than everything else with it. The threads
 * share the list in pieces. If the second thread has not read a file, or cannot read it,
 * the first thread reads it, and then finds the error. Owned by the thread that asks.
 */
#ifndef LAYERS_FILES_AHEAD_H
#define LAYERS_FILES_AHEAD_H

#include "layers/changes.h"

/* Larger files are not read ahead: a second thread would not be faster. */
#define FILES_AHEAD_MAX ((size_t)64 * 1024)

struct files_ahead;

/* CHANGES are borrowed, and asked for by both threads. */
struct files_ahead *files_ahead_new(const struct change_list *changes);

/* The content of change I, as many bytes as its entry says, or NULL: the caller reads
 * it. Called for each change in turn; valid until the next call. */
const char *files_ahead_get(struct files_ahead *a, size_t i);
void files_ahead_free(struct files_ahead *a); /* takes NULL */

static inline void
own_files_ahead(struct files_ahead **a)
{
	files_ahead_free(*a);
	*a = NULL;
}
#define auto_files_ahead __attribute__((cleanup(own_files_ahead)))

#endif
