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
	struct text dest_path; /* absolute; "/" at the end means "directory" */
	struct chmod chmod;
	bool has_owner; /* --chown */
	uint32_t uid, gid;
	bool keep_owner; /* without --chown: the source's owner, else 0:0 */
	int64_t now;     /* mtime of created directories */
	struct store *store;
	const struct cancel *cancel;
	uint64_t unpack_max; /* see archive_options.max */
	int vertex;          /* for warnings */
	ARRAY(struct archive_index *)
	archives;       /* of unpacked archives: they have the contents */
	ARRAY(int) fds; /* have contents, too */
};

/* Copies match I of S. */
int copy_match_apply(struct copier *c, const struct opened_source *s, size_t i,
                     struct error *err);

/* If match I of S is an archive, unpacks it and returns 1; else 0; -1 on failure. */
int copy_match_unpack(struct copier *c, const struct opened_source *s, size_t i,
                      struct error *err);

/* Metadata of directories that are created on the way; CHMOD: apply --chmod. */
struct entry copier_parent(const struct copier *c, bool chmod);
void copier_clear(struct copier *c);

#endif
