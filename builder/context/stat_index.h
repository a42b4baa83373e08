/*
 * stat_index: content digests of a context's files, remembered by what stat(2)
 * said of them. Internal to context.
 *
 *	"cooper-stat-1\n\0\0"  u64 count  records in path_compare() order  sha256
 *	record: u32 length, path, dev ino size mtime ctime (u64 each), digest (32)
 *
 * Numbers are in the byte order of the machine that also reads them. A damaged
 * file is an empty one. Records are trusted whenever all of stat is equal, so
 * only settled ones may be written: stat_is_settled().
 */
#ifndef BUILDER_CONTEXT_STAT_INDEX_H
#define BUILDER_CONTEXT_STAT_INDEX_H

#include <stdbool.h>

#include "base/digest.h"
#include "builder/context/scan.h"
#include "layers/layers.h"

struct stat_record {
	struct text      path;
	struct scan_stat stat;         /* dev, ino, size, mtime_ns, ctime_ns only */
	struct digest    digest;
};

struct stat_index {
	ARRAY(struct stat_record) records;
	struct buf bytes;              /* what the paths point into */
	size_t     at;                 /* of stat_index_next() */
};

#define STAT_INDEX_INIT { 0 }

/* Reads the index of the context at PATH. Faults become warnings. */
void stat_index_read(struct store *st, const char *path, struct stat_index *out);

/* Replaces it. RECORDS are sorted. Faults become warnings. */
void stat_index_write(struct store *st, const char *path, const struct stat_record *records,
                      size_t n);

/* In lockstep with a sorted walk: the record of PATH, or NULL. Paths must come
 * in path_compare() order; records that were passed over go to SKIPPED (an
 * array of pointers) if it is not NULL. */
struct stat_skipped {
	ARRAY(const struct stat_record *) list;
};
const struct stat_record *stat_index_next(struct stat_index *ix, struct text path,
                                          struct stat_skipped *skipped);
void stat_index_clear(struct stat_index *ix);
#define auto_stat_index __attribute__((cleanup(stat_index_clear)))

/* True if a later change of the file must change its stat: its times lie before
 * the scan that began at SCAN_NS by more than the clock's granularity. */
bool stat_is_settled(const struct scan_stat *st, int64_t scan_ns);

/* Same file, not changed since. */
bool stat_is_equal(const struct scan_stat *a, const struct scan_stat *b);

#endif
