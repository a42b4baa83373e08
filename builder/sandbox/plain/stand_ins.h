/*
 * stand_ins: what a step without mounts finds where others have them. A stand-in is put
 * in the place of what the tree has there, which waits aside, and is taken away
 * when the step has ended: /dev, /etc/hosts and the like by files of their own,
 * cache mounts by a directory that borrows their entries, binds by copies.
 */
#ifndef BUILDER_SANDBOX_PLAIN_STAND_INS_H
#define BUILDER_SANDBOX_PLAIN_STAND_INS_H

#include "base/array.h"
#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/plain/trees.h"
#include "builder/sandbox/sandbox.h"

/* A directory that got other names in it. */
struct touched {
	char *path;
	struct timespec before, after; /* times of modification */
};

struct stand_in {
	char *path;   /* relative, without links */
	char *aside;  /* path of what was there, or NULL */
	int fd;       /* of the stand-in, -1 until it is there */
	int lent_fd;  /* whose entries it has, or -1 */
	bool is_stub; /* a parent that was missing: stays if it got used */
	bool is_back; /* what was there is at PATH again */
};

struct stand_ins {
	int tree_fd;      /* borrowed */
	const char *tree; /* its path */
	char *dir;        /* where things wait: a directory beside the tree */
	ARRAY(struct stand_in) list;
	ARRAY(struct touched) touched;
	bool has_devices;
};

/* Puts all that R wants into the tree of S. On failure stand_ins_remove() is due, too. */
int stand_ins_place(struct stand_ins *c, const struct plain_scratch *scratch,
                    const struct sandbox_run *r, struct stage_tree *s, struct error *err);

/* Directories that got or lost a stand-in have their times again; from here on the
 * step's changes count. */
void stand_ins_settle(struct stand_ins *c);

/* The tree is as if nothing had been there, times included. */
int stand_ins_remove(struct stand_ins *c, struct stage_tree *s, struct error *err);
void stand_ins_clear(struct stand_ins *c);
#define auto_stand_ins __attribute__((cleanup(stand_ins_clear)))

#endif
