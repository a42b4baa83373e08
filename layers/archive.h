/*
 * archive: reads archives from outside.
 */
#ifndef LAYERS_ARCHIVE_H
#define LAYERS_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"

/* An ADDed or streamed archive: decompressed (gzip, bzip2, xz, zstd by magic; a
 * plain tar is used in place), indexed, its data readable by range. */
struct archive_index;

/* The limit for an archive's unpacked bytes and for its files' content: MAX bytes (0: 1
 * GiB, or 200 times the archive's own size if that is more). */
struct archive_options {
	uint64_t max;
	const struct cancel *cancel;
};

/* Returns 1 and *OUT if FD is a tar archive, compressed or not. Returns 0 if it does not
 * begin as one, if the decompressed data does not, or if the tar is empty; else -1. FD is
 * borrowed and must stay open. Names are cleaned and confined. A damaged archive is
 * ERR_DAMAGED with the entry's name, one beyond the limit is ERR_POLICY. */
int archive_open(struct store *st, int fd, const struct archive_options *options,
                 struct archive_index **out, struct error *err);
void archive_close(struct archive_index *a); /* takes NULL */

/* Entries in the archive's order. path "" is the archive's root entry; ".wh."
 * names are kept as they are. Link targets of hard links are cleaned paths. */
size_t archive_count(const struct archive_index *a);
void archive_get(const struct archive_index *a, size_t i, struct change *out);

/* Copies an archive from the stream IN, which began with HEAD, to the file OUT. PLAIN: it
 * is an uncompressed tar; checks it and stops at its end. More than 16 MiB after the end,
 * or of zeros in compressed data, is ERR_DAMAGED, because a stream may never end. */
int archive_spool(int in, struct text head, bool plain, int out,
                  const struct cancel *cancel, struct error *err);

/* Unpacks a whole archive (a context on standard input) below DIR_FD, owner
 * ignored, for use as a local context. */
int archive_unpack_context(int fd, int dir_fd, const struct archive_options *options,
                           struct error *err);

#endif
