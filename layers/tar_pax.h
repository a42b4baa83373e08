/*
 * tar_pax: the numbers of tar headers and the records of pax extended headers.
 */
#ifndef LAYERS_TAR_PAX_H
#define LAYERS_TAR_PAX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/text.h"
#include "layers/xattrs.h"

/* A header field: octal between blanks and NULs (empty: 0), or base 256. False
 * if it is neither or beyond 63 bits. */
bool tar_number(const char *field, size_t n, int64_t *out);

struct tar_extent {
	uint64_t offset, size; /* in the file; everything between is zeros */
};

/* What extended headers say about the next entry. Unset members are empty. */
struct tar_pax {
	struct buf path, link;
	bool has_path, has_link, has_size, has_uid, has_gid, has_mtime;
	uint64_t size, uid, gid;
	int64_t mtime; /* floor of a fraction */
	struct capability capability;

	/* GNU.sparse.*, formats 0.0, 0.1 and 1.0 */
	bool sparse;
	bool sparse_in_data;  /* 1.0: the map is at the start of the content */
	uint64_t sparse_size; /* of the file */
	ARRAY(struct tar_extent) extents;
};

void tar_pax_reset(struct tar_pax *p); /* empty, memory is kept */
void tar_pax_clear(struct tar_pax *p);

/* Takes in the records of one extended header; NULL, or what is wrong. */
const char *tar_pax_parse(struct tar_pax *p, struct text records);

#define TAR_EXTENTS_MAX ((size_t)1 << 18)

#endif
