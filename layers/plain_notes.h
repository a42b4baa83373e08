/*
 * plain_notes: the state of everything in a plain tree at the last walk, and the
 * layer that last changed each path.
 */
#ifndef LAYERS_PLAIN_NOTES_H
#define LAYERS_PLAIN_NOTES_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/error.h"
#include "base/mem.h"

/* The state of a path. It includes the ctime, which no program can set. */
struct noted {
	struct text path;
	uint64_t ino;
	uint64_t size; /* of a file */
	int64_t changed_s;
	uint32_t changed_ns;
	uint32_t uid, gid;
	uint32_t
	        since; /* the layer that changed it last, or a later one; 0: the lowest */
	uint16_t mode; /* with the type */
	bool is_odd;   /* differs from a copy of its layer */
};

/* Layer SINCE had removed PATH with everything below it. */
struct vanished {
	struct text path;
	uint32_t since;
};

/* Both in the order of path_compare(), each path once. */
struct notes {
	ARRAY(struct noted) list;
	ARRAY(struct vanished) gone;
	struct arena *arena; /* of the paths */
};

void notes_clear(struct notes *n);

/* Fills in OUT (except path and layer) and ST for NAME in DIR_FD. -1 with errno. */
int notes_examine(int dir_fd, const char *name, struct noted *out, struct stat *st);
bool notes_same(const struct noted *a, const struct noted *b);
struct noted *notes_find(const struct notes *n, struct text path); /* or NULL */

void notes_add_gone(struct notes *n, struct text path, uint32_t since);
void notes_settle_gone(struct notes *n); /* after the last one was added */

/* Other facts about a tree. */
struct notes_tree {
	uint64_t ino; /* of its root */
	uint32_t n_layers;
};

/* As file NAME of DIR_FD. */
int notes_write(const struct notes *n, const struct notes_tree *tree, int dir_fd,
                const char *name, struct error *err);

/* Returns 1, 0 if there are none or they are damaged, or -1. */
int notes_read(int dir_fd, const char *name, struct notes *out, struct notes_tree *tree,
               struct error *err);

#endif
