/*
 * layer_state: what a handle is inside, the table of all handles of a store, and
 * where a layer's forms are on disk.
 *
 *	layers/ID/diff    LAYER_DIR
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

/* Where a pulled layer's blob comes from. */
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
	bool lost;                          /* nothing that is whole was found */
	unsigned checked;   /* LAYER_DIR, LAYER_TAR: made or compared in this process */
	int dir_fd, tar_fd; /* opened when first needed, else -1 */
	ARRAY(int) retired; /* those of forms that were taken away */
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

/* layers/ID out of TMP, a directory of ours that has "diff" in it. What another
 * process put there meanwhile is kept instead. */
int layer_publish_dir(struct layer *l, const char *tmp, struct error *err);

/* Writes layers/ID/info (or TMP/info if TMP is not NULL). */
int layer_write_info(const struct layer *l, const char *tmp, struct error *err);

/* Gets L's blob into the store from the first of its sources that has it whole. READER:
 * see layer_fetch_fn. Only the thread that is busy with L calls this. */
int layer_fetch(struct layer *l, struct growing_blob *reader, struct error *err);

/* Takes FORMS away, which are damaged or gone. */
void layer_remove_forms(struct layer *l, unsigned forms);

/* The directory is damaged: it is removed. */
void layer_lose_dir(struct layer *l);

/* ERR came of reading L's directory. If it says that files are gone, or are others, the
 * directory is lost. Always -1. */
int layer_blame_dir(struct layer *l, struct error *err);

/* FORMS were made in this process, or compared with the diffID. */
void layer_add_checked(struct layer *l, unsigned forms);

/* Removes what of L is damaged in the store. True: another try to make forms of it may
 * do better. FETCHED: the last one had to fetch its blob. Only the thread that is busy
 * with L calls this. */
bool layer_repair(struct layer *l, bool fetched, const struct cancel *cancel);

/* Borrowed descriptors of the forms; -1 with ERR set. */
int layer_dir_fd(struct layer *l, struct error *err);
int layer_tar_fd(struct layer *l, struct error *err);

/* Compares L's tar, which it has, with its diffID, once a process; one that is damaged is
 * removed and made again. 0 or -1. */
int layer_verify_tar(struct layer *l, const struct cancel *cancel, struct error *err);

#endif
