/*
 * stat_index: content digests of a context's files, remembered by what stat(2)
 * said of them. Internal to context.
 *
 *	"cooper-stat-2\n\0\0"  records in path_compare() order  CRC-32 (base/sealed.h)
 *	record: u32 length, path, dev ino size mtime ctime (u64 each), digest (32)
 *
 * Numbers are in the byte order of the machine that also reads them. A damaged
 * file is an empty one. Records are trusted whenever all of stat is equal, so
 * only settled ones may be written: stat_is_settled().
 *
 * It is read and written in lockstep with a sorted walk, never held as a whole.
 */
#ifndef BUILDER_CONTEXT_STAT_INDEX_H
#define BUILDER_CONTEXT_STAT_INDEX_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/sealed.h"
#include "builder/context/scan.h"
#include "layers/layers.h"

#define STAT_DIGEST_SIZE 32

struct stat_record {
	struct text path;
	struct scan_stat stat;            /* dev, ino, size, mtime_ns, ctime_ns only */
	uint8_t digest[STAT_DIGEST_SIZE]; /* SHA-256 */
};

struct stat_index {
	struct sealed_reader file;
	const char *path;        /* of the context; borrowed */
	struct stat_record next; /* its path is in FILE's buffer */
	bool has_next, given, failed;
	size_t n_passed;            /* records that nobody asked for */
	struct sealed_writer *keep; /* gets them, unless NULL */
};

#define STAT_INDEX_INIT                                                                  \
	{                                                                                \
		.file = SEALED_READER_INIT                                               \
	}

/* Opens the index of the context at PATH. False if there is none; faults become
 * warnings. */
bool stat_index_open(struct stat_index *ix, struct store *st, const char *path);

/* The record of PATH, or NULL; valid until the next call. Paths must come in
 * path_compare() order. */
const struct stat_record *stat_index_find(struct stat_index *ix, struct text path);

/* Passes what is left. False if the file is damaged: then nothing that was found
 * counts. */
bool stat_index_end(struct stat_index *ix);
void stat_index_clear(struct stat_index *ix);
#define auto_stat_index __attribute__((cleanup(stat_index_clear)))

/* Replaces it by the records that FILL adds, sorted. Faults become warnings. */
void
stat_index_replace(struct store *st, const char *path, sealed_fill_fn *fill, void *arg);
void stat_index_add(struct sealed_writer *w, const struct stat_record *r);

/* True if a later change of the file must change its stat: its times lie before
 * the scan that began at SCAN_NS by more than the clock's granularity. */
bool stat_is_settled(const struct scan_stat *st, int64_t scan_ns);

/* Same file, not changed since. */
bool stat_is_equal(const struct scan_stat *a, const struct scan_stat *b);

#endif
