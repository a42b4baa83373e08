/*
 * copy_apply: the rules by which sources land in a destination, one match at a
 * time (docs/dockerfile.md, COPY).
 */
#ifndef BUILDER_STEPS_COPY_APPLY_H
#define BUILDER_STEPS_COPY_APPLY_H

#include "builder/steps/copy_chmod.h"
#include "builder/steps/copy_dest.h"
#include "builder/steps/copy_source.h"

struct copier {
	struct dest *dest;
	struct text dest_path; /* absolute; "/" at the end says "directory" */
	struct chmod chmod;
	bool has_owner; /* --chown */
	uint32_t uid, gid;
	bool keep_owner; /* no --chown: as in the source, else 0:0 */
	int64_t now;     /* mtime of created directories */
	struct store *store;
	const struct cancel *cancel;
	uint64_t unpack_max;                    /* see archive_options.max */
	int vertex;                             /* for warnings */
	ARRAY(struct archive_index *) archives; /* unpacked ones: contents are in them */
	ARRAY(int) fds;                         /* and in these */
};

/* Copies match I of S. */
int copy_match_apply(struct copier *c, const struct opened_source *s, size_t i,
                     struct error *err);

/* Unpacks match I of S if it is an archive: 1, 0 if it is not, -1. */
int copy_match_unpack(struct copier *c, const struct opened_source *s, size_t i,
                      struct error *err);

/* Metadata of directories that are made on the way; CHMOD: as --chmod says. */
struct entry copier_parent(const struct copier *c, bool chmod);
void copier_clear(struct copier *c);

#endif
