/*
 * depot: what each kind of place can do. Internal to depots.
 */
#ifndef BUILDER_DEPOTS_DEPOT_H
#define BUILDER_DEPOTS_DEPOT_H

#include <pthread.h>

#include "builder/depots/depots.h"
#include "layers/tar_out.h"

/* One blob that is being read. */
struct blob_in {
	const struct descriptor *d; /* borrowed */
	/* See registry_source_fn. */
	ssize_t (*read)(struct blob_in *in, uint64_t offset, void *bytes, size_t n,
	                struct error *err);
	void (*close)(struct blob_in *in);
	int fd;
	struct blob_pipe *pipe;
	struct text memory;    /* all of it, if there is no file and no pipe */
	struct hasher *hasher; /* of what is read from a file, from the start on */
	uint64_t hashed;
};

struct depot_ops {
	/* NAME is a tag, a digest, or NULL: what the word says. 1, 0: there is none, -1. */
	int (*find)(struct depot *p, const char *name, struct registry_document *out,
	            struct error *err);
	int (*document)(struct depot *p, const struct descriptor *d, struct buf *out,
	                struct error *err);
	/* Opens D for reading. */
	int (*blob)(struct depot *p, const struct descriptor *d, struct blob_in *in,
	            struct error *err);
	/* What refers to SUBJECT, if the place knows it otherwise than by a tag; may be NULL.
	 * 1, 0, -1. */
	int (*referrers)(struct depot *p, const struct digest *subject, json_t **out,
	                 struct error *err);

	int (*begin)(struct depot *p,
	             struct error *err); /* before all below; may be NULL */
	/* Whether the manifest or index D is there, with all below it. 1, 0, -1. */
	int (*has)(struct depot *p, const struct descriptor *d, struct error *err);
	/* Makes D present. FROM (may be NULL) is the repository of this host that has it;
	 * ANEW: whatever the place says it has. IN is opened by the caller. */
	int (*put_blob)(struct depot *p, const struct descriptor *d, const char *from,
	                bool anew, struct blob_in *in, enum push_outcome *outcome,
	                struct error *err);
	/* Stores PUT under NAME (a tag; "": what the word says; NULL: by its digest alone).
	 * As registry_put_manifest(). */
	int (*put_document)(struct depot *p, const char *name, struct registry_put *put,
	                    struct error *err);
	int (*finish)(struct depot *p, struct error *err); /* may be NULL */
	void (*close)(struct depot *p);                    /* may be NULL */
	bool is_stream; /* takes one blob at a time, in one order */
};

struct depot {
	const struct depot_ops *ops;
	const struct export_options *options;
	char *shown;
	struct transport transport;
	struct reference ref; /* registry, store; the name in an archive */
	bool is_single;       /* holds one image, no index */
	bool fresh;           /* a registry is asked itself, not its mirrors */

	int dir_fd; /* of a layout or directory, or -1 */
	bool is_flat;
	char *only; /* dir: the digest of its one manifest, or NULL */
	struct destination *destination;
	struct tar_out *tar;
	json_t *entries; /* of an archive's index.json */
	struct {
		ARRAY(char *) list;
	} written;              /* paths in an archive */
	struct descriptor root; /* of an archive that was read into the store */
	bool is_made_here;      /* what is stored is no copy */
	char *parked;           /* a name in the store that goes away at the end */
};

extern const struct depot_ops depot_ops_registry, depot_ops_store, depot_ops_tree,
        depot_ops_tar, depot_ops_loaded, depot_ops_engine;

/* Opens the files of P, whose transport is set. */
int tree_open(struct depot *p, enum depot_use use, struct error *err);
int tar_open(struct depot *p, struct error *err);
int loaded_open(struct depot *p, struct error *err);

/* From now on P, of the store, is its image with compressed layers, as it is pushed. */
int store_pack(struct depot *p, struct error *err);

/* Reads from IN; what comes from a file is compared with the digest at its end. A
 * registry_source_fn with a struct blob_in. */
ssize_t blob_in_read(void *in, uint64_t offset, void *bytes, size_t n, struct error *err);
void blob_in_close(struct blob_in *in);
#define auto_blob_in __attribute__((cleanup(blob_in_close)))

/* Reads TEXT, which stays the caller's. */
void blob_in_text(struct blob_in *in, struct text text);

/* Reads IN's file FD, which becomes its own. */
void blob_in_file(struct blob_in *in, int fd);

/* A blob of a registry, read ahead by a thread through a window of memory. */
void
blob_in_pipe(struct blob_in *in, struct registry *registry, const struct reference *ref);

/* All of IN to SINK, in order. */
typedef int blob_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);
int blob_in_pass(struct blob_in *in, const struct cancel *cancel, blob_sink_fn *sink,
                 void *arg, struct error *err);

/* The name of P's word in a repository: a tag or a digest. Borrowed. */
const char *depot_name(const struct depot *p);

/* ERR_SOURCE: P has no NAME. Always -1. */
int depot_lacks(const struct depot *p, const char *name, struct error *err);

/* OUT gets BYTES, whose descriptor is D, with the media type that they say. */
int depot_document_set(struct registry_document *out, const struct descriptor *d,
                       struct buf *bytes, const char *where, struct error *err);

#endif
