/*
 * layers: the store, and everything that is a change set of files.
 *
 *	store    a directory that is a valid OCI image layout, plus unpacked layers
 *	blob     verified content by digest; part: one being written
 *	tree     a layer's sorted metadata index (path, type, mode, owner, …)
 *	view     several trees on top of each other: the content of a rootfs
 *	layer    one change set in one or more forms:
 *
 *	             changes (COPY, ADD, WORKDIR)      upper directory (RUN)
 *	                     │                               │
 *	   blob ──► tree     ▼                               ▼
 *	   (pulled)   └──► DIR  ◄── any one from another ──► TAR ──► compressed blob
 *	                 overlay format                diffID known   on the way out
 *
 * Each form is made only on request and only once, even if two threads request
 * it; a COPY that needs DIR and TAR reads its files once.
 *
 * Include these headers one by one:
 *
 *	layers/store.h         the directory, its locks and leases
 *	layers/housekeeping.h  its disk usage, and the collector
 *	layers/blob.h          content by digest
 *	layers/tags.h          images by name
 *	layers/tree.h          metadata of a layer's files
 *	layers/content.h       the bytes of these files
 *	layers/layer.h         handles of layers, and their forms
 *	layers/changes.h       new layers
 *	layers/owner_marks.h   emulated owners, for a single id or without privilege
 *	layers/owner_notes.h   files with these owners, without privilege
 *	layers/view.h          layers seen as one file system
 *	layers/view_write.h    writes that file system as a tar or a directory
 *	layers/lowers.h        layers as lower directories of an overlay
 *	layers/plain_tree.h    a directory in place of an overlay
 *	layers/squash.h        several layers as one
 *	layers/archive.h       reads archives
 *	layers/compress.h      compresses layers for export
 *	layers/tar_out.h       writes tars of given files
 *
 * Rules: a name below blobs/, layers/, trees/ appears by rename, complete and
 * (blobs) verified; everything else is in tmp/ and is removed when its owner
 * is gone. No archive can make us write outside a target directory. Layer tars follow OCI
 * image-spec layer.md; their bytes are those of output profile 1 (docs/output-profile.md)
 * and depend on the entries alone.
 *
 * This folder knows nothing about HTTP, Dockerfiles or image configs. Several
 * threads may call all functions at once unless a comment says otherwise.
 */
#ifndef LAYERS_LAYERS_H
#define LAYERS_LAYERS_H

#include <stddef.h>

struct arena;
struct change;
struct content;
struct entry;
struct error;
struct growing_blob;
struct layer;
struct store;
struct tree;
struct view;

/* Gets N more bytes of a stream, in order. */
typedef int layer_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);

#endif
