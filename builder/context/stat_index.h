/*
 * stat_index: remembers the content digests of a context's files together with
 * their stat(2) results. Internal to context.
 *
 *	"cooper-stat-2\n\0\0"  records in path_compare() order  CRC-32 (base/sealed.h)
 *	record: u32 length, path, dev ino size mtime ctime (u64 each), digest (32)
 *
 * Numbers are in the machine's byte order, because only the same machine reads
 * them. A damaged file counts as empty. A record is trusted if all of stat is
 * equal, so only settled ones may be written: stat_is_settled().
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
	size_t n_passed;            /* records that no call asked for */
	struct sealed_writer *keep; /* gets them, unless NULL */
};

#define STAT_INDEX_INIT                                                                  \
	{                                                                                \
		.file = SEALED_READER_INIT                                               \
	}

/* Opens the index of the context at PATH. False if there is none; errors become
 * warnings. */
bool stat_index_open(struct stat_index *ix, struct store *st, const char *path);

/* The record of PATH, or NULL; valid until the next call. Paths must come in
 * path_compare() order. */
const struct stat_record *stat_index_find(struct stat_index *ix, struct text path);

/* Skips the remaining records. False if the file is damaged: then all records
 * found so far are invalid. */
bool stat_index_end(struct stat_index *ix);
void stat_index_clear(struct stat_index *ix);
#define auto_stat_index __attribute__((cleanup(stat_index_clear)))

/* Replaces the index by the records that FILL adds, sorted. Errors become warnings. */
void
stat_index_replace(struct store *st, const char *path, sealed_fill_fn *fill, void *arg);
void stat_index_add(struct sealed_writer *w, const struct stat_record *r);

/* True if any later change of the file will change its stat: its times are older
 * than the start of the scan, SCAN_NS, by more than the clock's granularity. */
bool stat_is_settled(const struct scan_stat *st, int64_t scan_ns);

/* The same file, unchanged. */
bool stat_is_equal(const struct scan_stat *a, const struct scan_stat *b);

#endif
