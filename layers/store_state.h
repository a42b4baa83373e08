/*
 * store_state: the parts of an open store that this folder's files share.
 *
 * Access. The root is 0700, because layers contain set-id programs.
 *
 * Durability. Nothing is synced while a user waits. A killed process leaves only
 * files in tmp/. After a crash of the machine, recently written files may be
 * empty. So the store notes in the file `boot` in which boot of the machine it
 * was last used, and when. The first process of another boot verifies the blobs
 * that were new then, and drops everything else that was new (store_recover.c).
 * The kernel's write-back takes 30 to 35 seconds; "new" is four times that.
 */
#ifndef LAYERS_STORE_STATE_H
#define LAYERS_STORE_STATE_H

#include <stdint.h>
#include <sys/stat.h>

#include "layers/layers.h"
#include "layers/scratch.h"

struct layer_table;

/* Made and freed by store.c. */
struct store {
	int fd;
	char *path;
	int64_t opened_ns;
	const struct cancel *cancel;
	struct scratch *scratch;
	struct layer_table *layers;
	const char *dir_name; /* of a layer's directory, static */
};

struct layer_table *store_layers(struct store *st);
struct scratch *store_scratch(struct store *st);

/* The name of a layer's directory, in layers/ID. Without privilege, or with a single id, it
 * has other owners on the disk than for root, so each form has its own. */
const char *store_dir_name(const struct store *st);

/* The token of store_set_cancel(), or NULL. */
const struct cancel *store_cancel(const struct store *st);

/* The time of opening, on the clock of file times. Files with this or a later time
 * were used by us or by a later process. */
int64_t store_opened_ns(const struct store *st);

/* Marks NAME (below the root) as used, so that the collector leaves it to those
 * who hold a lease: 1, 0 it is not there, -1. Cheap if it was used since the
 * store was opened. INFO (may be NULL) is what stat says. */
int store_use(struct store *st, const char *name, struct stat *info);

/* Puts "store PATH: " in front of ERR, with a hint if the disk is full. -1. */
int store_wrap(const struct store *st, struct error *err);

#endif
