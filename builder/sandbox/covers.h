/*
 * covers: what a step without mounts finds where others have them. A cover is put
 * in the place of what the tree has there, which waits aside, and is taken away
 * when the step has ended: /dev, /etc/hosts and the like by files of their own,
 * cache mounts by a directory that borrows their entries, binds by copies.
 */
#ifndef BUILDER_SANDBOX_COVERS_H
#define BUILDER_SANDBOX_COVERS_H

#include "base/array.h"
#include "builder/sandbox/engine.h"

/* A directory that got other names in it. */
struct touched {
	char *path;
	struct timespec before, after; /* times of modification */
};

struct cover {
	char *path;   /* relative, without links */
	char *aside;  /* path of what was there, or NULL */
	int fd;       /* of the cover, -1 until it is there */
	int lent_fd;  /* whose entries it has, or -1 */
	bool is_stub; /* a parent that was missing: stays if it got used */
};

struct covers {
	int tree_fd;      /* borrowed */
	const char *tree; /* its path */
	char *dir;        /* where things wait: a directory beside the tree */
	ARRAY(struct cover) list;
	ARRAY(struct touched) touched;
	bool has_devices;
};

/* Puts all that R wants into the tree of S. On failure covers_remove() is due, too. */
int covers_place(struct covers *c, const struct sandbox *sb, const struct sandbox_run *r,
                 struct stage_tree *s, struct error *err);

/* Directories that got or lost a cover have their times again; from here on the
 * step's changes count. */
void covers_settle(struct covers *c);

/* The tree is as if nothing had been there, times included. */
int covers_remove(struct covers *c, struct stage_tree *s, struct error *err);
void covers_clear(struct covers *c);
#define auto_covers __attribute__((cleanup(covers_clear)))

#endif
