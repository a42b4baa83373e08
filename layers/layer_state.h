/*
 * layer_state: the inside of a handle, the table of all handles of a store, and the
 * places of a layer's forms on disk.
 *
 *	layers/ID/diff    LAYER_DIR; other names: see store_dir_name()
 *	layers/ID/info    JSON: diffid, tarSize, created; for layers whose ID is
 *	                  not their diffID
 *	trees/ID          LAYER_TREE
 *	blobs/sha256/…    LAYER_TAR (by diffID) and LAYER_BLOB
 *
 * The ID is the hex of the diffID when that is known at birth (pulled, or
 * made as a tar), else random: the directory of a RUN may hold entries equal
 * to those of the layers below it, so it must not be taken for the diffID's.
 */
#ifndef LAYERS_LAYER_STATE_H
#define LAYERS_LAYER_STATE_H

#include <pthread.h>

#include "base/array.h"

#include "layers/content.h"
#include "layers/layer.h"
#include "layers/tree.h"

/* A source of a pulled layer's blob. */
struct layer_source {
	layer_fetch_fn *fetch;
	void *arg;
};

struct layer {
	struct store *store;
	char *id;

	/* Everything below is guarded by lock, but may be read without it once
	 * its form's bit was seen. One thread at a time is busy deriving. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy;
	unsigned forms; /* bits of enum layer_form that are there */
	struct tree *tree;
	char *dir;                          /* absolute; set at birth */
	struct digest diffid;               /* DIGEST_NONE: not known */
	uint64_t tar_size;                  /* 0: not known */
	struct descriptor blob;             /* digest DIGEST_NONE: not a pulled layer */
	ARRAY(struct layer_source) sources; /* of its blob, in the order to try */
	bool lost;                          /* no undamaged form was found */
	unsigned checked;   /* LAYER_DIR, LAYER_TAR: made or compared in this process */
	int dir_fd, tar_fd; /* opened when first needed, else -1 */
	ARRAY(int) retired; /* descriptors of removed forms */
	enum {
		IMPLIES_UNKNOWN,
		IMPLIES_NOTHING,
		IMPLIES_SOMETHING
	} implies;             /* patch.c; atomic */
	struct source *source; /* of layer_of_files(): then there is no store */
};

/* Where the bytes of file E of a source layer are. */
struct content source_content(const struct layer *l, const struct entry *e);

/* All handles of a store, by id. */
struct layer_table;

struct layer_table *layer_table_new(void);
void layer_table_free(struct layer_table *t); /* and all layers; takes NULL */

/* The handle for ID, new (with what is on disk looked up) if there is none. */
struct layer *layer_get(struct store *st, const char *id);

/* Publishes forms that were just made. TREE is taken over (NULL: none). */
void layer_add_forms(struct layer *l, unsigned forms, struct tree *tree);

/* Takes the index from trees/ID, if there is one that can be read. */
void layer_read_index(struct layer *l);

/* Moves TMP, a directory of ours that contains store_dir_name(), to layers/ID. If another
 * process was faster, keeps its directory. */
int layer_publish_dir(struct layer *l, const char *tmp, struct error *err);

/* Writes layers/ID/info (or TMP/info if TMP is not NULL). */
int layer_write_info(const struct layer *l, const char *tmp, struct error *err);

/* Brings L's blob into the store from the first source that has it undamaged. READER:
 * see layer_fetch_fn. Only the thread that is busy with L calls this. */
int layer_fetch(struct layer *l, struct growing_blob *reader, struct error *err);

/* Removes FORMS, which are damaged or gone. */
void layer_remove_forms(struct layer *l, unsigned forms);

/* Removes the damaged directory. */
void layer_lose_dir(struct layer *l);

/* ERR comes from reading L's directory. If files are missing or have changed, drops the
 * directory. Always -1. */
int layer_blame_dir(struct layer *l, struct error *err);

/* Notes that FORMS were made or verified in this process. */
void layer_add_checked(struct layer *l, unsigned forms);

/* Removes damaged forms of L from the store. True: it is worth trying again. FETCHED: the
 * last try had to fetch the blob. Only the thread that is busy with L calls this. */
bool layer_repair(struct layer *l, bool fetched, const struct cancel *cancel);

/* Borrowed descriptors of the forms; -1 with ERR set. */
int layer_dir_fd(struct layer *l, struct error *err);
int layer_tar_fd(struct layer *l, struct error *err);

/* Verifies L's tar against its diffID, once per process; removes a damaged one and makes
 * it again. 0 or -1. */
int layer_verify_tar(struct layer *l, const struct cancel *cancel, struct error *err);

#endif
