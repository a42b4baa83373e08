/*
 * layer: one change set in one or more forms, and how it gets them.
 */
#ifndef LAYERS_LAYER_H
#define LAYERS_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/error.h"
#include "layers/layers.h"

enum layer_form {
	LAYER_TREE = 1,
	LAYER_DIR = 2,
	LAYER_TAR = 4,  /* diffID known, the tar is a blob in the store */
	LAYER_BLOB = 8, /* as pulled, compressed */
};

/* A layer lives as long as its store; handles are shared and never freed alone. */

/* Fetches a pulled layer's blob into the store when it is first needed. If READER (may be
 * NULL) is passed to part_new_verified(), the layer is unpacked at the same time. */
typedef int layer_fetch_fn(void *arg, const struct descriptor *blob,
                           struct growing_blob *reader, struct error *err);

/* The layer of a pulled image. FETCH (may be NULL: the blob is there) is called
 * by the thread that needs the bytes first, never concurrently. ARG must live as
 * long as the store. The same DIFFID gives the same handle; each image with the
 * same blob is one more source for it. */
struct layer *layer_of_blob(struct store *st, const struct descriptor *blob,
                            const struct digest *diffid, layer_fetch_fn *fetch, void *arg,
                            struct error *err);

/* A layer made here earlier, by its id (a record names it): 1 and *OUT if it
 * still has at least one of DIR and TAR, 0 if not, -1. Marks it as used now. */
int layer_find(struct store *st, const char *id, struct layer **out, struct error *err);

/* A source layer: files where they are, never in the store. ENTRIES (sorted by
 * path_compare(), copied with their texts) are regular files, directories and
 * so on whose bytes are at their path below DIR_FD (borrowed), or all in
 * CONTENTS (one per entry, copied; may be NULL). It has LAYER_TREE only and
 * cannot be made into anything; usable in views. Caller frees with
 * layer_free_source(). */
struct layer *layer_of_files(const struct entry *entries, size_t n, int dir_fd,
                             const struct content *contents);

/* The same, but takes ownership of ENTRIES (malloc'ed) and of the arena of their texts
 * (base/mem.h); the bytes are below DIR_FD. */
struct layer *
layer_of_own_files(struct entry *entries, size_t n, struct arena *texts, int dir_fd);
void layer_free_source(struct layer *l); /* takes NULL */

const char *layer_id(const struct layer *l); /* file name in layers/ */

/* The state of a layer at one moment; other threads may make and lose forms. */
struct layer_facts {
	unsigned forms;       /* bits of enum layer_form */
	bool is_lost;         /* see layer_is_lost() */
	bool is_pulled;       /* layer_blob() is not NULL */
	struct digest diffid; /* not known: DIGEST_NONE */
	uint64_t tar_size;    /* 0: not known */
};
struct layer_facts layer_facts(const struct layer *l);

/* The single members. */
bool layer_has(const struct layer *l, enum layer_form form);

/* The diffID; known at once for pulled layers, else after LAYER_TAR was made. */
bool layer_diffid(const struct layer *l, struct digest *out);
const struct descriptor *layer_blob(const struct layer *l); /* as pulled, or NULL */

/* Makes the missing forms of the bit set FORMS. Damaged content of the store is fetched
 * or made again, with a warning. */
int layer_make(struct layer *l, unsigned forms, const struct cancel *cancel,
               struct error *err);

/* True if the content of L is not available: the last layer_make() found no undamaged
 * form. The step that made it can run again. */
bool layer_is_lost(const struct layer *l);

/* Verifies the blob of L, a pulled layer, in the store. If it is damaged, the layer loses
 * it until it is made again. */
int layer_check_blob(struct layer *l, const struct cancel *cancel, struct error *err);

/* Verifies L's content in the store against its diffID, if that is known, once per
 * process; repairs it or fails. For bytes that leave the store. */
int layer_verify(struct layer *l, const struct cancel *cancel, struct error *err);

/* The same for N layers in parallel: downloads several layers at once, and unpacks each
 * as it arrives. */
int layers_make(struct layer *const *layers, size_t n, unsigned forms,
                const struct cancel *cancel, struct error *err);

/* Path of the unpacked directory (absolute, borrowed), after LAYER_DIR was made. */
const char *layer_dir(const struct layer *l);

/* The index, made if necessary (LAYER_TREE). Borrowed. */
const struct tree *layer_tree(struct layer *l, struct error *err);

#endif
