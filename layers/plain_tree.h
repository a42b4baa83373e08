/*
 * plain_tree: directories that stand in for overlays.
 *
 * Where no overlay can be mounted a step works in a directory that layer
 * directories were copied into, one over the other. What it changed is found by
 * one walk that compares inode and change time with the walk before, reads no
 * content of what is unchanged, and copies the rest out as an upper directory in
 * overlay format. Names of one file in a layer become files of their own, as an
 * overlay treats them when they are written to. One thread at a time.
 */
#ifndef LAYERS_PLAIN_TREE_H
#define LAYERS_PLAIN_TREE_H

#include <stdint.h>

#include "base/cancel.h"
#include "base/text.h"
#include "base/error.h"
#include "layers/layers.h"

struct plain_tree;

/* DIR (absolute, not owned, must outlive the tree) is an empty directory. */
struct plain_tree *plain_tree_new(const char *dir, struct error *err);

/* A tree that was left at DIR by an earlier process, with what plain_tree_save() wrote:
 * file NAME in NOTES_FD. Nothing may be taken for granted of it before
 * plain_tree_restore(). ERR_DAMAGED if the notes are. */
struct plain_tree *
plain_tree_load(const char *dir, int notes_fd, const char *name, struct error *err);
int plain_tree_save(const struct plain_tree *t, int notes_fd, const char *name,
                    struct error *err);
void plain_tree_free(struct plain_tree *t);    /* leaves DIR as it is; takes NULL */
int plain_tree_fd(const struct plain_tree *t); /* DIR; borrowed */

/* Layers that were added, and differences that became some. */
uint32_t plain_tree_n_layers(const struct plain_tree *t);

/* Lays the layer directory FROM_FD over the tree, to be noted after the last one. On
 * failure the tree is of no use. */
int plain_tree_add(struct plain_tree *t, int from_fd, const struct cancel *cancel,
                   struct error *err);

/* Makes the tree what its first N layers (at least one, directories LAYERS, the lowest
 * first) say, whatever was done to it since: one walk finds what is not as it was noted,
 * or was changed by a later layer; that is taken from the layers. 1 the tree is to be
 * noted, 0 nothing was to be done, -1: it is of no use. */
int plain_tree_restore(struct plain_tree *t, const char *const *layers, uint32_t n,
                       const struct cancel *cancel, struct error *err);

/* Lays what is in the layer directory FROM_FD over what is in TO_FD, and gives TO_FD
 * its mode, owner and time. Device nodes are left out. Any directory, also without a
 * tree. */
int
plain_tree_apply(int from_fd, int to_fd, const struct cancel *cancel, struct error *err);

/* Notes how everything is now. */
int plain_tree_note(struct plain_tree *t, const struct cancel *cancel, struct error *err);

/* As that, and what differs from the last time goes to the empty directory UPPER, which
 * is the next layer of the tree. */
int plain_tree_diff(struct plain_tree *t, int upper_fd, const struct cancel *cancel,
                    struct error *err);

/* Notes how PATH itself is now, because of something that was no change. */
void plain_tree_refresh(struct plain_tree *t, struct text path);

#endif
