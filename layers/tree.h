/*
 * tree: a layer's sorted metadata index: path, type, mode, owner, …
 */
#ifndef LAYERS_TREE_H
#define LAYERS_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "layers/layers.h"

enum entry_type {
	ENTRY_FILE,
	ENTRY_DIR,
	ENTRY_SYMLINK,
	ENTRY_HARDLINK,
	ENTRY_CHAR,
	ENTRY_BLOCK,
	ENTRY_FIFO,
	ENTRY_WHITEOUT,
};

/* One path of a change set. Texts are borrowed from the tree that holds it. */
struct entry {
	struct text path; /* relative, clean, no leading "/"; "" is the root */
	uint8_t type;     /* enum entry_type */
	bool opaque;      /* ENTRY_DIR: hides what lower layers have below it */
	uint16_t mode;    /* 07777 */
	uint32_t uid, gid;
	uint64_t size; /* ENTRY_FILE */
	int64_t mtime; /* seconds */
	uint32_t dev_major, dev_minor;
	struct text link;       /* symlink text; hard link: path of its first name */
	struct text capability; /* security.capability, revision 2, or empty */
	uint64_t offset; /* ENTRY_FILE: of the data in the layer's tar, 0 = unknown */
};

/* Entries sorted by path_compare(), each path once. Immutable. */
struct tree {
	const struct entry *entries;
	size_t n;
	void *storage; /* private */
};

/* The entry at PATH, or NULL. */
const struct entry *tree_find(const struct tree *t, struct text path);

#endif
