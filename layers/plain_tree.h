/*
 * plain_tree: plain directories in place of overlays.
 *
 * Where no overlay can be mounted, a step works in a directory with copies of the
 * layer directories, applied one after the other. One walk finds the step's
 * changes: it compares inode and ctime with the walk before, does not read
 * unchanged files, and copies the changes to an upper directory in overlay
 * format. Hard links of a layer become separate files, as in an overlay after a
 * write. One thread at a time.
 */
#ifndef LAYERS_PLAIN_TREE_H
#define LAYERS_PLAIN_TREE_H

#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

struct plain_tree;

/* DIR (absolute, not owned, must outlive the tree) is an empty directory. */
struct plain_tree *plain_tree_new(const char *dir, struct error *err);

/* Opens a tree at DIR from an earlier process, with the notes of plain_tree_save(): file
 * NAME in NOTES_FD. Its content is unknown until plain_tree_restore(). ERR_DAMAGED if the
 * notes are damaged. */
struct plain_tree *
plain_tree_load(const char *dir, int notes_fd, const char *name, struct error *err);
int plain_tree_save(const struct plain_tree *t, int notes_fd, const char *name,
                    struct error *err);
void plain_tree_free(struct plain_tree *t);    /* leaves DIR as it is; takes NULL */
int plain_tree_fd(const struct plain_tree *t); /* DIR; borrowed */

/* The number of layers: those applied, and those made from a step's changes. */
uint32_t plain_tree_n_layers(const struct plain_tree *t);

/* Applies the layer directory FROM_FD to the tree. Call plain_tree_note() after the last
 * one. On failure the tree is unusable. */
int plain_tree_add(struct plain_tree *t, int from_fd, const struct cancel *cancel,
                   struct error *err);

/* Restores the tree to its first N layers (at least one; LAYERS are their directories,
 * lowest first), whatever has changed since. One walk finds the paths that differ from
 * the notes or were changed by a later layer, and takes them from the layers. Returns 1
 * if the tree must be noted again, 0 if nothing was changed, -1 if the tree is
 * unusable. */
int plain_tree_restore(struct plain_tree *t, const char *const *layers, uint32_t n,
                       const struct cancel *cancel, struct error *err);

/* Applies the content of the layer directory FROM_FD to TO_FD, and gives TO_FD its
 * mode, owner and time. Device nodes are left out. Any directory, also without a
 * tree. */
int
plain_tree_apply(int from_fd, int to_fd, const struct cancel *cancel, struct error *err);

/* Notes the current state. */
int plain_tree_note(struct plain_tree *t, const struct cancel *cancel, struct error *err);

/* The same, and copies the differences from the last notes to the empty directory UPPER,
 * which is the next layer of the tree. If UPPER stays empty, the tree has no more layers
 * than before. */
int plain_tree_diff(struct plain_tree *t, int upper_fd, const struct cancel *cancel,
                    struct error *err);

/* Returns when every later change carries a later time. */
void plain_tree_pause(void);

/* Notes the current state of PATH itself, which a step did not change. */
void plain_tree_refresh(struct plain_tree *t, struct text path);

#endif
