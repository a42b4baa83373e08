/*
 * store_state: what the folder's files share of an open store.
 *
 * Access. The root is 0700: layers hold programs that run as root for whoever
 * starts them.
 *
 * Durability. Nothing is synced while somebody waits. What is killed leaves
 * only rubbish in tmp/. After a crash of the machine itself, files written
 * shortly before may be empty; so the store remembers in the file `boot` which
 * boot of the machine it was used in last, and when. The first to open it in
 * another boot reads blobs that were new then again, and forgets everything
 * else that was (store_recover.c). Writing back takes the kernel 30 to 35
 * seconds; "new" is four times that.
 */
#ifndef LAYERS_STORE_STATE_H
#define LAYERS_STORE_STATE_H

#include <stdint.h>
#include <sys/stat.h>

#include "layers/layer_state.h"
#include "layers/layers.h"
#include "layers/scratch.h"

struct layer_table *store_layers(struct store *st);
struct scratch *store_scratch(struct store *st);

/* What store_set_cancel() gave, or NULL. */
const struct cancel *store_cancel(const struct store *st);

/* When it was opened, on the clock of file times. What has a time from then on
 * was used by us or by somebody later. */
int64_t store_opened_ns(const struct store *st);

/* Marks NAME (below the root) as used, so that the collector leaves it to those
 * who hold a lease: 1, 0 it is not there, -1. Cheap if it was used since the
 * store was opened. INFO (may be NULL) is what stat says. */
int store_use(struct store *st, const char *name, struct stat *info);

/* Puts "store PATH: " in front of ERR, with a hint if the disk is full. -1. */
int store_wrap(const struct store *st, struct error *err);

static inline int64_t
stat_mtime_ns(const struct stat *sb)
{
	return (int64_t)sb->st_mtim.tv_sec * 1000000000 + sb->st_mtim.tv_nsec;
}

#endif
