/*
 * stand_ins: replacements for mounts in steps that cannot mount. A stand-in takes the
 * place of the entry in the tree, which is moved aside, and is removed when the step
 * has ended. /dev, /etc/hosts and the like get files of their own, a cache mount gets
 * a directory into which its entries are moved, a bind gets a copy.
 */
#ifndef BUILDER_SANDBOX_PLAIN_STAND_INS_H
#define BUILDER_SANDBOX_PLAIN_STAND_INS_H

#include "base/array.h"
#include "builder/sandbox/plain/plain_scratch.h"
#include "builder/sandbox/plain/trees.h"
#include "builder/sandbox/sandbox.h"

/* A directory whose entries were changed. */
struct touched {
	char *path;
	struct timespec before, after; /* times of modification */
	struct timespec settled;       /* of its last change before the step */
	ino_t ino;
	bool is_same; /* the step did not change it */
};

struct stand_in {
	char *path;   /* relative, without links */
	char *aside;  /* path of the original entry, or NULL */
	int fd;       /* of the stand-in, -1 until it exists */
	int lent_fd;  /* the directory whose entries it has, or -1 */
	bool is_stub; /* a missing parent that we made: stays if the step used it */
	bool is_back; /* the original is at PATH again */
};

struct stand_ins {
	int tree_fd;      /* borrowed */
	const char *tree; /* its path */
	char *dir;        /* the place for originals: a directory beside the tree */
	ARRAY(struct stand_in) list;
	ARRAY(struct touched) touched;
	bool has_devices;
};

/* Puts all stand-ins of R into the tree of S. Call stand_ins_remove() even on failure. */
int stand_ins_place(struct stand_ins *c, const struct plain_scratch *scratch,
                    const struct sandbox_run *r, struct stage_tree *s, struct error *err);

/* Restores the times of directories that got or lost a stand-in. From now on changes
 * count as the step's. */
void stand_ins_settle(struct stand_ins *c);

/* Restores the tree, including times. */
int stand_ins_remove(struct stand_ins *c, struct stage_tree *s, struct error *err);
void stand_ins_clear(struct stand_ins *c);
#define auto_stand_ins __attribute__((cleanup(stand_ins_clear)))

#endif
