/*
 * layers: the store, and everything that is a change set of files.
 *
 *	store    a directory that is a valid OCI image layout, plus unpacked layers
 *	blob     verified content by digest; part: one being written
 *	tree     a layer's sorted metadata index (path, type, mode, owner, …)
 *	view     several trees on top of each other: what a rootfs looks like
 *	layer    one change set in one or more forms:
 *
 *	             changes (COPY, ADD, WORKDIR)      upper directory (RUN)
 *	                     │                               │
 *	   blob ──► tree     ▼                               ▼
 *	   (pulled)   └──► DIR  ◄── any one from another ──► TAR ──► compressed blob
 *	                 overlay format                diffID known   on the way out
 *
 * Each form is made only when something asks for it, once, also when two
 * threads ask; a COPY that wants DIR and TAR reads its files once.
 *
 * Headers, included one by one:
 *
 *	layers/store.h         the directory, its locks and leases
 *	layers/housekeeping.h  what it uses, and what it can do without
 *	layers/blob.h          content by digest
 *	layers/tags.h          images by name
 *	layers/tree.h          what a layer says of its files
 *	layers/content.h       their bytes
 *	layers/layer.h         handles of layers, and their forms
 *	layers/changes.h       new layers
 *	layers/owner_marks.h   whose files are where there is but one id
 *	layers/view.h          layers seen as one file system
 *	layers/view_write.h    that file system, out of the store
 *	layers/lowers.h        layers to be mounted
 *	layers/plain_tree.h    what stands in where nothing can be
 *	layers/archive.h       archives in
 *	layers/compress.h      layers out
 *	layers/tar_out.h       tars of given files out
 *
 * Rules: a name below blobs/, layers/, trees/ appears by rename, complete and
 * (blobs) verified; everything else lives in tmp/ and is swept when its owner
 * is gone. Nothing is ever written outside a target directory, whatever an
 * archive says. Layer tars follow OCI image-spec layer.md; their bytes are
 * those of output profile 1 (docs/output-profile.md) and depend on the
 * entries alone.
 *
 * The folder knows nothing of HTTP, Dockerfiles or image configs. All
 * functions may be called by several threads at once unless said otherwise.
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
