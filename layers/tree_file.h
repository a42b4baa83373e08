/*
 * tree_file: a tree on disk, trees/ID in a store.
 *
 *	"cooptree"  version u32  reserved u32  entries u64  text bytes u64     header
 *	per entry: flags u8, path (bytes shared with the one before, rest),
 *	           mode, uid, gid, mtime, then what its type has              body
 *	CRC-32 of all before u32
 *
 * Little endian; numbers of the body are LEB128, mtime zigzag. Read whole, in
 * one go. Whatever is wrong with a file, it counts as absent: an index can be
 * made again.
 */
#ifndef LAYERS_TREE_FILE_H
#define LAYERS_TREE_FILE_H

#include "layers/tree.h"

/* Appends T as a file's bytes. */
void tree_print(const struct tree *t, struct buf *out);

/* The tree in BYTES, or NULL if they are anything else. */
struct tree *tree_parse(struct text bytes);

/* trees/ID, replaced whole. */
int tree_file_write(struct store *st, const char *id, const struct tree *t,
                    struct error *err);

/* NULL if there is none, or none that can be used. Marks it as used. */
struct tree *tree_file_read(struct store *st, const char *id);

#endif
