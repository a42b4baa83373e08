/*
 * tar_read: entries of any tar archive, checked, one after the other.
 *
 *	tar_reader_next()    metadata; skips the rest of the previous entry
 *	tar_reader_data()    its content, piece by piece
 *
 * Reads v7, ustar, pax and GNU archives (long names, base-256 numbers, sparse
 * files of all four kinds). No value in an archive is trusted: every
 * size, number and name is checked against a limit below, names are cleaned
 * and never leave the root, and an error names the entry. Owned by one thread.
 */
#ifndef LAYERS_TAR_READ_H
#define LAYERS_TAR_READ_H

#include "layers/changes.h"
#include "layers/tree.h"

#define TAR_EXTENDED_MAX     ((size_t)1 << 20) /* one extended header or long name */
#define TAR_PATH_MAX         ((size_t)LAYER_PATH_MAX)
#define TAR_COMPONENT_MAX    ((size_t)255) /* as NAME_MAX */
#define TAR_META_HEADERS_MAX 64            /* in a row before an entry */

/* Where an archive's bytes come from. read: up to N bytes, 0 at the end, or -1.
 * skip (may be NULL): moves on by N bytes without reading them; -1 if there
 * are not so many. */
struct tar_source {
	ssize_t (*read)(void *arg, void *bytes, size_t n, struct error *err);
	int (*skip)(void *arg, uint64_t n, struct error *err);
	void *arg;
};

/* How to treat "../x": a layer refuses it, an archive of ADD takes it as "x". An archive
 * of ADD may also name a file "" or "/": it is ignored. */
enum tar_names { TAR_NAMES_REFUSE, TAR_NAMES_CONFINE };

/* An entry as it is in the archive: ENTRY_WHITEOUT is never set here, ".wh."
 * names are ordinary. Texts are valid until the next call. */
struct tar_item {
	struct entry entry;
	bool sparse; /* content is not contiguous: entry.offset is 0 */
};

struct tar_reader;

struct tar_reader *tar_reader_new(struct tar_source source, enum tar_names names);
void tar_reader_free(struct tar_reader *r); /* takes NULL */

static inline void
own_tar_reader(struct tar_reader **r)
{
	tar_reader_free(*r);
	*r = NULL;
}
#define auto_tar_reader __attribute__((cleanup(own_tar_reader)))

/* 1 and *OUT, 0 at the end of the archive, -1 (ERR_DAMAGED, or the source's). */
int tar_reader_next(struct tar_reader *r, struct tar_item *out, struct error *err);

/* Whether a header was read: before that, the data may not be a tar at all. */
bool tar_reader_has_begun(const struct tar_reader *r);

/* The next piece of the entry's content: its length, 0 at the end, -1. *BYTES
 * is valid until the next call, and NULL if the piece is zeros. */
ssize_t tar_reader_data(struct tar_reader *r, const void **bytes, struct error *err);

#endif
