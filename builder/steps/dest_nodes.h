/*
 * dest_nodes: the entries of a destination (copy_dest.h), in little memory: a COPY may
 * have millions of files, and all are in memory before anything is written.
 */
#ifndef BUILDER_STEPS_DEST_NODES_H
#define BUILDER_STEPS_DEST_NODES_H

#include "base/array.h"
#include "base/mem.h"
#include "layers/changes.h"

/* A change without its path. Rare members are elsewhere. */
struct dest_body {
	int64_t mtime;
	uint64_t size;
	uint32_t uid, gid;
	unsigned mode : 12;
	unsigned type : 4;
	unsigned content_kind : 2;
	bool opaque : 1;
	uint32_t serial;        /* when it was put */
	struct dest_rare *rare; /* link, capability, device; or NULL */
	union {
		const char *text; /* CONTENT_MEMORY: bytes; CONTENT_FILE: path */
		uint64_t offset;  /* CONTENT_RANGE */
	} content;
	uint32_t content_n; /* bytes of the text */
	int content_fd;     /* CONTENT_FILE: directory; CONTENT_RANGE */
};

/* A file with several names; the first in path order has the content. */
struct dest_shared {
	struct dest_body body;
	const struct dest_node *file;  /* the node it was put as */
	const void *origin;            /* of that */
	const struct dest_node *first; /* while finishing */
};

struct dest_node {
	const char *path; /* NUL-terminated */
	uint32_t path_n;
	bool gone;       /* removed, also from the base */
	bool base_below; /* a directory: the base's content remains visible in it */
	bool timed;      /* a directory that keeps its time when entries are added */
	bool is_shared;
	struct dest_body body; /* unless shared */
	union {
		const void *origin;
		struct dest_shared *shared;
	};
};

/* All nodes, by path and in order of arrival. */
struct dest_nodes {
	struct arena *arena; /* of nodes and texts */
	ARRAY(struct dest_node *) list;
	uint32_t *slots; /* index + 1 into the list, 0: free */
	size_t n_slots;
	struct dest_node *spare; /* nodes not used yet */
	size_t n_spare;
};

struct dest_node *dest_nodes_find(const struct dest_nodes *all, struct text path);

/* A new node, all zero, for PATH, which has none. */
struct dest_node *dest_nodes_add(struct dest_nodes *all, struct text path);
void dest_nodes_clear(struct dest_nodes *all);

static inline struct text
dest_node_path(const struct dest_node *n)
{
	return (struct text){ n->path, n->path_n };
}

static inline struct dest_body *
dest_node_body(struct dest_node *n)
{
	return n->is_shared ? &n->shared->body : &n->body;
}

/* The identity of its source, or NULL. */
const void *dest_node_origin(const struct dest_node *n);

/* Convert to and from a body, without path and serial. Texts of links and contents are
 * borrowed. */
void dest_body_set(struct dest_nodes *all, struct dest_body *b, const struct change *c);
void dest_body_get(const struct dest_body *b, struct change *out);

#endif
