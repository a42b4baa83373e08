/*
 * tags_index: index.json, the names of images.
 *
 * Members and entries that others wrote stay as they are. A writer holds the
 * store's lock, reads, and replaces the file whole; the one before is kept as
 * index.old, for the case that the machine crashes before the new one is on
 * the disk.
 */
#ifndef LAYERS_TAGS_INDEX_H
#define LAYERS_TAGS_INDEX_H

#include "layers/layers.h"

/* Writes an empty index.json unless there is one. */
int tags_make_index(struct store *st, struct error *err);

#endif
