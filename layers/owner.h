/*
 * owner: whom entries of a layer directory should belong to where the file system
 * cannot say it, see LAYER_OWNER in layers.h.
 */
#ifndef LAYERS_OWNER_H
#define LAYERS_OWNER_H

#include <sys/stat.h>

#include "layers/layers.h"

/* Marks the open file or directory FD. -1 with errno. */
int owner_mark(int fd, uint32_t uid, uint32_t gid);

/* Copies the mark of FROM, if there is one. -1 with errno. */
int owner_copy_mark(int from, int to);

/* Records of an upper directory. */
struct owner_records {
	bool are_there;                 /* marks count */
	ARRAY(struct layer_owner) list; /* by inode, each once */
};

/* Those of the upper directory UPPER; none if it has no such file. */
int owner_records_read(const char *upper, struct owner_records *out, struct error *err);
void owner_records_clear(struct owner_records *r);
#define auto_owner_records __attribute__((cleanup(owner_records_clear)))

/* Puts the owner of NAME in DIR_FD, which is ST, into ST. */
void
owner_apply(const struct owner_records *r, int dir_fd, const char *name, struct stat *st);

#endif
