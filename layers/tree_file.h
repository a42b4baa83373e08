/*
 * tree_file: a tree on disk, trees/ID in a store.
 *
 *	"cooptree"  version u32  reserved u32                                  header
 *	per entry: flags u8, path (bytes shared with the one before, rest),
 *	           mode, uid, gid, mtime, then what its type has              body
 *	entries u64  text bytes u64  CRC-32 of all before u32                  trailer
 *
 * Little endian; numbers of the body are LEB128, mtime zigzag. Written entry by
 * entry, read whole, in one go. An invalid file counts as absent, because
 * an index can be made again.
 */
#ifndef LAYERS_TREE_FILE_H
#define LAYERS_TREE_FILE_H

#include "layers/tree.h"
#include "layers/tree_maker.h"

/* Appends T as a file's bytes. */
void tree_print(const struct tree *t, struct buf *out);

/* The tree in BYTES, or NULL if they are anything else. */
struct tree *tree_parse(struct text bytes);

/* trees/ID, replaced whole. */
int tree_file_write(struct store *st, const char *id, const struct tree *t,
                    struct error *err);

/* The same, entry by entry: there may be millions. Begins a file in the store's tmp/. */
struct tree_writer;
struct tree_writer *tree_writer_new(struct store *st, struct error *err);

/* Entries come in path_compare() order, each path once, links settled as in a tree. */
int tree_writer_add(struct tree_writer *w, const struct entry *e, struct error *err);

/* Gives it the name trees/ID. TAKEN is freed, also on failure. */
int tree_writer_keep(struct tree_writer *taken, const char *id, struct error *err);
void tree_writer_free(struct tree_writer *w); /* forgets it; takes NULL */

static inline void
own_tree_writer(struct tree_writer **w)
{
	tree_writer_free(*w);
	*w = NULL;
}
#define auto_tree_writer __attribute__((cleanup(own_tree_writer)))

/* NULL if there is none or it is invalid. Marks it as used. */
struct tree *tree_file_read(struct store *st, const char *id);

#endif
