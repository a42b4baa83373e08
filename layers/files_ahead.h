/*
 * files_ahead: small files among a list of changes, read by a second thread a little
 * ahead of the one that makes a layer of them.
 *
 * To open and close a small file takes longer than all else that is done with it. The
 * threads share the list in pieces: what neither reads for the other it reads itself.
 * Whatever the second thread cannot read is left to the first, which then finds out why.
 * Owned by the thread that asks.
 */
#ifndef LAYERS_FILES_AHEAD_H
#define LAYERS_FILES_AHEAD_H

#include "layers/changes.h"

/* Larger files are not read ahead: for them a second thread is no gain. */
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
