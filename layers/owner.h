/*
 * owner: emulated owners of entries in a layer directory, for a single id; see
 * LAYER_OWNER in owner_marks.h.
 */
#ifndef LAYERS_OWNER_H
#define LAYERS_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "layers/layers.h"

/* Marks the open file or directory FD. -1 with errno. */
int owner_mark(int fd, uint32_t uid, uint32_t gid);

/* Copies the mark of FROM, if there is one. -1 with errno. */
int owner_copy_mark(int from, int to);

/* For NAME in DIR_FD, which is a link or a device node: marks it, copies a mark. */
int owner_mark_special(int dir_fd, const char *name, uint32_t uid, uint32_t gid);
int owner_copy_special(int from_fd, const char *name, int to_fd, const char *as);

/* Whether marks count in the upper directory UPPER. */
bool owner_marks_count(const char *upper);

/* Puts the marked owner of NAME in DIR_FD into ST, the stat of NAME; without privilege
 * all facts in notes. */
void owner_apply(int dir_fd, const char *name, struct stat *st);

#endif
