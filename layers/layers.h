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

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

/* ------------------------------------------------------------ store
 *
 *	oci-layout  index.json  blobs/sha256/…      an OCI image layout
 *	layers/ID/{diff,info}  trees/ID             unpacked layers, indexes
 *	steps/…  contexts/…  checkouts/…            builder's; the store only makes them
 *	mounts/…  failed/…  plain/…
 *	tmp/…  lock
 */
struct store;

/* Opens or makes the store at PATH (NULL: $COOPER_ROOT, else /var/lib/cooper
 * for root, else $XDG_DATA_HOME/cooper or ~/.local/share/cooper), and sweeps
 * tmp/ of owners that are gone. Caller closes. */
struct store *store_open(const char *path, struct error *err);
void store_close(struct store *st); /* removes our tmp; takes NULL */

/* Making forms of layers ends when C (may be NULL; borrowed while the store is open) is
 * triggered, also where nobody hands a token down. Before threads use the store. */
void store_set_cancel(struct store *st, const struct cancel *c);

/* Somebody waits for our end: what would be removed is left to the next who opens the
 * store. Takes NULL. */
void store_leave(struct store *st);
int store_fd(const struct store *st);           /* the root directory; borrowed */
const char *store_path(const struct store *st); /* absolute */

/* A new empty directory in our part of tmp/: its absolute path (caller frees)
 * and, if FD is not NULL, an open fd (caller closes). */
char *store_tmp_dir(struct store *st, int *fd, struct error *err);

/* Moves DIR (absolute, in tmp/) out of the way; it is deleted when the store
 * is closed, or by the next sweep. */
void store_trash(struct store *st, const char *dir);

/* The short critical sections between builds and the collector: shared around
 * "look up and touch", exclusive around "check and remove". Caller closes the
 * fd to release. */
int store_lock(struct store *st, bool exclusive, struct error *err);

/* Takes the directories of mounts/ away that are called NAME, or NAME and "-" and a number
 * below 1000; ALL: or NAME, "-" and anything. Who has one open keeps it until the collector
 * finds it unused. Only for who holds a lease. */
int store_drop_mounts(struct store *st, const char *name, bool all, struct error *err);

/* ------------------------------------------------------------ blobs */

struct part;

/* A file in tmp/ that becomes a blob. Written bytes are hashed as they come. */
struct part *part_new(struct store *st, struct error *err);

/* The same, but not hashed: who writes the bytes verifies them, and part_keep() gets
 * their digest. READER (may be NULL, borrowed) sees them as they come. */
struct growing_blob;
struct part *
part_new_verified(struct store *st, struct growing_blob *reader, struct error *err);
int part_write(struct part *p, const void *bytes, size_t n, struct error *err);

/* Forgets what was written: it was damaged. A reader is told that no more will come. */
int part_restart(struct part *p, struct error *err);
int part_fd(struct part *p); /* for reading back; borrowed */
uint64_t part_size(const struct part *p);

/* Checks WANT (if not NULL: ERR_DAMAGED unless equal) and gives the file its
 * name, in place of a blob that is there already. P is freed, also on failure. */
int part_keep(struct part *p, const struct digest *want, struct digest *got,
              struct error *err);
void part_drop(struct part *p); /* takes NULL */

static inline void
own_part(struct part **p)
{
	part_drop(*p);
	*p = NULL;
}
#define auto_part __attribute__((cleanup(own_part)))

bool
blob_has(struct store *st, const struct digest *d, uint64_t *size); /* size may be NULL */
int blob_open(struct store *st, const struct digest *d, struct error *err);
int blob_read(struct store *st, const struct digest *d, size_t max, struct buf *out,
              struct error *err);
int blob_write(struct store *st, const void *bytes, size_t n, struct digest *out,
               struct error *err); /* nothing is written if it is there, and sound */

/* Reads all of D: 1 it is what its name says, 0 it is not, and was removed with a warning,
 * or is not there; -1 cancelled, or it cannot be read. */
int blob_check(struct store *st, const struct digest *d, const struct cancel *cancel,
               struct error *err);

/* Removes D, which was found to be damaged. Who has it open keeps what it has. */
void blob_drop(struct store *st, const struct digest *d);

/* ------------------------------------------------------------ tags: index.json
 *
 * Full names ("docker.io/library/app:1") in io.containerd.image.name, the tag
 * alone in org.opencontainers.image.ref.name. One writer at a time, under a lock.
 */
struct tag {
	char *name;               /* NULL: an untagged entry */
	struct descriptor target; /* manifest or index */
};

struct tags {
	ARRAY(struct tag) list; /* order of index.json */
};

int tags_read(struct store *st, struct tags *out, struct error *err);

/* 1 found, 0 absent, -1. */
int
tags_find(struct store *st, const char *name, struct descriptor *out, struct error *err);

/* Points NAME at TARGET; nothing is written if it does already. */
int tags_set(struct store *st, const char *name, const struct descriptor *target,
             struct error *err);

/* 1 removed, 0 there was none, -1. */
int tags_remove(struct store *st, const char *name, struct error *err);
void tags_clear(struct tags *t);
#define auto_tags __attribute__((cleanup(tags_clear)))

/* ------------------------------------------------------------ trees */

enum entry_type {
	ENTRY_FILE,
	ENTRY_DIR,
	ENTRY_SYMLINK,
	ENTRY_HARDLINK,
	ENTRY_CHAR,
	ENTRY_BLOCK,
	ENTRY_FIFO,
	ENTRY_WHITEOUT,
};

struct arena;

/* One path of a change set. Texts are borrowed from the tree that holds it. */
struct entry {
	struct text path; /* relative, clean, no leading "/"; "" is the root */
	uint8_t type;     /* enum entry_type */
	bool opaque;      /* ENTRY_DIR: hides what lower layers have below it */
	uint16_t mode;    /* 07777 */
	uint32_t uid, gid;
	uint64_t size; /* ENTRY_FILE */
	int64_t mtime; /* seconds */
	uint32_t dev_major, dev_minor;
	struct text link;       /* symlink text; hard link: path of its first name */
	struct text capability; /* security.capability, revision 2, or empty */
	uint64_t offset; /* ENTRY_FILE: of the data in the layer's tar, 0 = unknown */
};

/* Entries sorted by path_compare(), each path once. Immutable. */
struct tree {
	const struct entry *entries;
	size_t n;
	void *storage; /* private */
};

/* The entry at PATH, or NULL. */
const struct entry *tree_find(const struct tree *t, struct text path);

/* ------------------------------------------------------------ layers */

enum layer_form {
	LAYER_TREE = 1,
	LAYER_DIR = 2,
	LAYER_TAR = 4,  /* diffID known, the tar is a blob in the store */
	LAYER_BLOB = 8, /* as pulled, compressed */
};

struct content; /* where bytes are, see below */

/* A layer lives as long as its store; handles are shared and never freed alone. */
struct layer;

/* Fetches a pulled layer's blob into the store when it is first needed. READER (may be
 * NULL) can be handed to part_new_verified(): then the layer is unpacked meanwhile. */
typedef int layer_fetch_fn(void *arg, const struct descriptor *blob,
                           struct growing_blob *reader, struct error *err);

/* The layer of a pulled image. FETCH (may be NULL: the blob is there) is called
 * at most once at a time, by whoever needs the bytes first. ARG must live as
 * long as the store. The same DIFFID gives the same handle; each image that has the
 * same blob is one more place to fetch it from. */
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

/* The same of ENTRIES (malloc'ed) and the arena of their texts (base/mem.h), which are
 * both taken over; the bytes are below DIR_FD. */
struct layer *
layer_of_own_files(struct entry *entries, size_t n, struct arena *texts, int dir_fd);
void layer_free_source(struct layer *l); /* takes NULL */

const char *layer_id(const struct layer *l); /* file name in layers/ */
bool layer_has(const struct layer *l, enum layer_form form);

/* The diffID; known at once for pulled layers, else after LAYER_TAR was made. */
bool layer_diffid(const struct layer *l, struct digest *out);
uint64_t layer_tar_size(const struct layer *l);             /* 0 unknown */
const struct descriptor *layer_blob(const struct layer *l); /* as pulled, or NULL */

/* Derives the forms in the bit set FORMS that are not there yet. What is damaged in the
 * store is fetched or made again, with a warning. */
int layer_make(struct layer *l, unsigned forms, const struct cancel *cancel,
               struct error *err);

/* What is in L cannot be had: its last layer_make() found nothing that is whole. The step
 * that made it can be run again. */
bool layer_is_lost(const struct layer *l);

/* Reads the blob of L, a pulled layer, that is in the store: if it is damaged, the layer
 * has it no more, until it is made. */
int layer_check_blob(struct layer *l, const struct cancel *cancel, struct error *err);

/* Compares what the store has of L with its diffID, as far as that is known and was not
 * done in this process; heals it or fails. For bytes that leave the store. */
int layer_verify(struct layer *l, const struct cancel *cancel, struct error *err);

/* The same for N layers, several at a time: what must come from a registry is downloaded
 * side by side, and unpacked as it is there. */
int layers_make(struct layer *const *layers, size_t n, unsigned forms,
                const struct cancel *cancel, struct error *err);

/* Path of the unpacked directory (absolute, borrowed), after LAYER_DIR was made. */
const char *layer_dir(const struct layer *l);

/* The index, made if necessary (LAYER_TREE). Borrowed. */
const struct tree *layer_tree(struct layer *l, struct error *err);

/* ------------------------------------------------------------ views */

/* Several layers, lowest first, seen as one file system by metadata alone. */
struct view;

struct view_entry {
	const struct entry *entry; /* NULL only for an implied root or directory */
	struct layer *layer;       /* whose entry it is; NULL if implied */
};

struct view *view_new(struct layer *const *layers, size_t n, struct error *err);
void view_free(struct view *v); /* takes NULL */

/* The entry at PATH (relative, clean; no link is followed): 1, 0, -1. An
 * implied directory has entry NULL and counts as 0755 0:0. */
int view_find(const struct view *v, struct text path, struct view_entry *out);

/* Follows links in PATH (last component too if FOLLOW_LAST), confined to the
 * root; components that are not there are appended as written. OUT: relative,
 * clean, caller frees. At most 255 links (ERR_SOURCE). */
int view_resolve(const struct view *v, struct text path, bool follow_last, char **out,
                 struct error *err);

/* Names in directory PATH, in byte order; names live as long as the view. */
struct view_names {
	ARRAY(struct text) list;
};
int view_children(const struct view *v, struct text path, struct view_names *out);

/* Calls FN for everything below and including PATH, in path_compare() order. */
typedef int
view_fn(void *arg, struct text path, const struct view_entry *e, struct error *err);
int view_each(const struct view *v, struct text path, view_fn *fn, void *arg,
              struct error *err);

/* Whole content of a regular file (hard links are followed to their data), from
 * whatever form its layer has. 1 read, 0 not there or not a file, -1. */
int view_read(const struct view *v, struct text path, size_t max, struct buf *out,
              struct error *err);

/* Where the bytes of a regular file are. */
struct content {
	enum { CONTENT_NONE, CONTENT_MEMORY, CONTENT_FILE, CONTENT_RANGE } kind;
	struct text memory; /* CONTENT_MEMORY */
	int dir_fd; /* CONTENT_FILE: opened as PATH below it, links not followed */
	struct text path;
	int fd; /* CONTENT_RANGE: SIZE bytes from OFFSET, by pread */
	uint64_t offset, size;
};

/* Content of entry E, derived (LAYER_TAR or LAYER_DIR) if the layer has neither.
 * Descriptors inside are borrowed from the layer. */
int layer_content(struct layer *l, const struct entry *e, struct content *out,
                  struct error *err);

/* Opens C for reading: an fd whose next C-size bytes are the content (caller
 * closes), and its size. For CONTENT_MEMORY a memfd. */
int content_open(const struct content *c, uint64_t *size, struct error *err);

/* ------------------------------------------------------------ new layers */

/* One entry of a layer to be made. */
struct change {
	struct entry entry;
	struct content content; /* of ENTRY_FILE */
};

struct layer_options {
	unsigned forms; /* LAYER_DIR and/or LAYER_TAR, made in one pass */
	int64_t epoch;  /* SOURCE_DATE_EPOCH: later mtimes become this; -1 none */
	bool is_mount;  /* to be looked into only: any name will do */
	const struct cancel *cancel;
};

/* No path in a layer is longer, as no kernel takes a longer one; so none is deeper than
 * half of that, which bounds every walk that enters directories one in the other. */
#define LAYER_PATH_MAX 4095

/* Nor any name in it, as no file system has one. */
#define LAYER_NAME_MAX 255

/* ERR_SOURCE if PATH, or a name in it, is longer. */
int layer_path_check(struct text path, struct error *err);

/* A layer out of CHANGES, which must be sorted by path_compare(), parents
 * included, hard links after their first name. A file shorter or longer than
 * its entry's size is ERR_SOURCE ("changed while it was read"), and so is a name that
 * begins with ".wh.", here and in an upper. */
struct layer *layer_from_changes(struct store *st, const struct change *changes, size_t n,
                                 const struct layer_options *options, struct error *err);

/* The same, asked for one by one, some more than once: they may be millions. */
struct change_list {
	size_t n;
	void (*get)(const void *arg, size_t i, struct change *out);
	const void *arg;
};
struct layer *
layer_from_change_list(struct store *st, const struct change_list *changes,
                       const struct layer_options *options, struct error *err);

/* Owners in a user name space with a single id: what a file or directory in a layer
 * directory or an upper should belong to is in this attribute … */
#define LAYER_OWNER "user.cooper.owner"
struct layer_owner_mark {
	uint32_t uid, gid;
};

/* … and for links, pipes and sockets, which can have none of users, in this one: to the
 * kernel it is the capability of a program that is none. All copies of a file up from
 * lower layers have it, too. That a file UPPER ".owners" is there says that marks count.
 */
#define LAYER_OWNER_SPECIAL  "security.capability"
#define LAYER_OWNER_REVISION htole32(0x02000000)
#define LAYER_OWNER_SIGN     UINT32_C(0x6e776f63)
struct layer_owner_special {
	uint32_t revision, uid, gid, sign, unused;
};

/* A layer out of an overlay upper directory in tmp/, which is moved, not copied.
 * LOWERS (lowest first) are what it was mounted on: entries equal to theirs
 * but for atime are left out of the layer. */
struct layer *
layer_from_upper(struct store *st, const char *upper, struct layer *const *lowers,
                 size_t n_lowers, const struct layer_options *options, struct error *err);

/* ------------------------------------------------------------ mounting */

/* Directories in overlay format. */
struct lowers {
	ARRAY(const char *) list; /* absolute, topmost first; borrowed from the store */
};

/* What an overlay that shows LAYERS (lowest first) is made of: their directories, derived
 * where they are not there, without those of layers in which nothing is; the lowest ones
 * merged into one where overlayfs would not take so many. */
int layers_lowers(struct store *st, struct layer *const *layers, size_t n,
                  const struct cancel *cancel, struct lowers *out, struct error *err);
void lowers_clear(struct lowers *l);
#define auto_lowers __attribute__((cleanup(lowers_clear)))

/* Tars without entries for the parents of what they hold leave directories
 * 0755 0:0 in LAYER_DIR, which would cover what lower layers say of them (/tmp:
 * 1777). 1 and *OUT if there are such in LAYERS (lowest first): one more layer
 * with nothing but these directories as they should be, to be mounted on top of
 * them, in LAYER_DIR form; it is no layer of the image. 0 if none is needed
 * (nearly always), -1. Part of layers_lowers(). */
int layer_patch(struct store *st, struct layer *const *layers, size_t n,
                struct layer **out, struct error *err);

/* ------------------------------------------------------------ archives in */

/* An ADDed or streamed archive: decompressed (gzip, bzip2, xz, zstd by magic; a
 * plain tar is used in place), indexed, its data readable by range. */
struct archive_index;

/* How much may come out of an archive, of its bytes and of its files' content: MAX bytes
 * (0: 1 GiB, or 200 times the archive's own size if that is more). */
struct archive_options {
	uint64_t max;
	const struct cancel *cancel;
};

/* 1 and *OUT if FD holds a tar archive, 0 if it does not begin as one, or is compressed
 * and what comes out does not, or has nothing but its end; -1. FD is borrowed and must
 * stay open. Names are cleaned and confined; a damaged archive is ERR_DAMAGED with the
 * entry's name, one that swells ERR_POLICY. */
int archive_open(struct store *st, int fd, const struct archive_options *options,
                 struct archive_index **out, struct error *err);
void archive_close(struct archive_index *a); /* takes NULL */

/* Entries in the archive's order. path "" is the archive's root entry; ".wh."
 * names are kept as they are. Link targets of hard links are cleaned paths. */
size_t archive_count(const struct archive_index *a);
void archive_get(const struct archive_index *a, size_t i, struct change *out);

/* Copies an archive that comes from the stream IN, which began with HEAD, to the file OUT.
 * PLAIN: it is a tar, which is copied to its end and checked. More than 16 MiB behind that
 * end, or of zeros in what is compressed, is ERR_DAMAGED: a stream need not end. */
int archive_spool(int in, struct text head, bool plain, int out,
                  const struct cancel *cancel, struct error *err);

/* Unpacks a whole archive (a context on standard input) below DIR_FD, owner
 * ignored, for use as a local context. */
int archive_unpack_context(int fd, int dir_fd, const struct archive_options *options,
                           struct error *err);

/* ------------------------------------------------------------ ways out */

enum compression { COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };

#define COMPRESS_LEVEL_DEFAULT (-100)

struct compressor {
	enum compression kind;
	int level;      /* COMPRESS_LEVEL_DEFAULT: that of the profile */
	size_t threads; /* 0: as many as CPUs; never changes the bytes */
};

/* "gzip", "zstd", "uncompressed". */
bool compression_parse(struct text t, enum compression *out);
const char *compression_media_type(enum compression kind, bool docker);

/* ERR_USAGE unless C's level is one of its kind. */
int compressor_check(const struct compressor *c, struct error *err);

/* The layer's tar compressed as C says, as a blob in the store: made once and
 * remembered as (diffID, kind, level). For a pulled layer the blob as pulled,
 * unless FORCE. Descriptor with OCI media type. */
int
layer_compress(struct layer *l, const struct compressor *c, bool force,
               const struct cancel *cancel, struct descriptor *out, struct error *err);

/* BLOB, which layer_compress() gave for L and C, is not what its name says: it is removed,
 * and fetched or made again. */
int
layer_remake(struct layer *l, const struct compressor *c, const struct descriptor *blob,
             const struct cancel *cancel, struct error *err);

/* Gets N more bytes of a stream, in order. */
typedef int layer_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);

/* One file system of several, below FOLDER ("": not in a folder). */
struct view_part {
	const struct view *view;
	const char *folder;
};

/* Writes N merged file systems as one tar (-o type=tar). Times later than EPOCH become it
 * (-1: none). */
int
view_write_tar(const struct view_part *parts, size_t n, layer_sink_fn *sink, void *arg,
               int64_t epoch, const struct cancel *cancel, struct error *err);

/* Writes one as files below DIR_FD (-o type=local), all owned by the caller, as
 * BuildKit's local exporter does. */
int view_write_dir(const struct view *v, int dir_fd, int64_t epoch,
                   const struct cancel *cancel, struct error *err);

/* Removes all below DIR_FD that is not of PARTS; a directory's folder is one of
 * DIR_FD's. */
int view_prune_dir(const struct view_part *parts, size_t n, int dir_fd,
                   const struct cancel *cancel, struct error *err);

/* A deterministic tar of a few given files (docker and oci archives): header
 * with mode 0644, mtime 0, then N bytes are due through tar_out_data(). */
struct tar_out;
struct tar_out *tar_out_new(layer_sink_fn *sink, void *arg);
int tar_out_dir(struct tar_out *t, const char *path, struct error *err);
int tar_out_file(struct tar_out *t, const char *path, uint64_t size, struct error *err);
int tar_out_data(struct tar_out *t, const void *bytes, size_t n, struct error *err);
int tar_out_end(struct tar_out *t, struct error *err); /* trailer, flush */
void tar_out_free(struct tar_out *t);                  /* takes NULL */

/* ------------------------------------------------------------ plain trees
 *
 * Where no overlay can be mounted a step works in a directory that layer
 * directories were copied into, one over the other. What it changed is found by
 * one walk that compares inode and change time with the walk before, reads no
 * content of what is unchanged, and copies the rest out as an upper directory in
 * overlay format. Names of one file in a layer become files of their own, as an
 * overlay treats them when they are written to. One thread at a time.
 */
struct plain_tree;

/* DIR (absolute, not owned, must outlive the tree) is an empty directory. */
struct plain_tree *plain_tree_new(const char *dir, struct error *err);

/* A tree that was left at DIR by an earlier process, with what plain_tree_save() wrote:
 * file NAME in NOTES_FD. Nothing may be taken for granted of it before
 * plain_tree_restore(). ERR_DAMAGED if the notes are. */
struct plain_tree *
plain_tree_load(const char *dir, int notes_fd, const char *name, struct error *err);
int plain_tree_save(const struct plain_tree *t, int notes_fd, const char *name,
                    struct error *err);
void plain_tree_free(struct plain_tree *t);    /* leaves DIR as it is; takes NULL */
int plain_tree_fd(const struct plain_tree *t); /* DIR; borrowed */

/* Layers that were added, and differences that became some. */
uint32_t plain_tree_n_layers(const struct plain_tree *t);

/* Lays the layer directory FROM_FD over the tree, to be noted after the last one. On
 * failure the tree is of no use. */
int plain_tree_add(struct plain_tree *t, int from_fd, const struct cancel *cancel,
                   struct error *err);

/* Makes the tree what its first N layers (at least one, directories LAYERS, the lowest
 * first) say, whatever was done to it since: one walk finds what is not as it was noted,
 * or was changed by a later layer; that is taken from the layers. 1 the tree is to be
 * noted, 0 nothing was to be done, -1: it is of no use. */
int plain_tree_restore(struct plain_tree *t, const char *const *layers, uint32_t n,
                       const struct cancel *cancel, struct error *err);

/* Lays what is in the layer directory FROM_FD over what is in TO_FD, and gives TO_FD
 * its mode, owner and time. Device nodes are left out. Any directory, also without a
 * tree. */
int
plain_tree_apply(int from_fd, int to_fd, const struct cancel *cancel, struct error *err);

/* Notes how everything is now. */
int plain_tree_note(struct plain_tree *t, const struct cancel *cancel, struct error *err);

/* As that, and what differs from the last time goes to the empty directory UPPER, which
 * is the next layer of the tree. */
int plain_tree_diff(struct plain_tree *t, int upper_fd, const struct cancel *cancel,
                    struct error *err);

/* Notes how PATH itself is now, because of something that was no change. */
void plain_tree_refresh(struct plain_tree *t, struct text path);

/* ------------------------------------------------------------ housekeeping */

struct usage {
	uint64_t blobs, layers, trees, steps, mounts, contexts, plain,
	        tmp; /* bytes on disk */
	uint64_t n_blobs, n_layers, n_steps, n_mounts, n_plain;
	uint64_t reclaimable;
};

int store_usage(struct store *st, struct usage *out, struct error *err);

struct gc_options {
	bool all;             /* also records and layers that were used lately */
	int64_t older_than_s; /* keep what was used within; 0: none */
	uint64_t max_bytes;   /* 0: no bound; else oldest first until below */
	bool mounts;          /* cache mounts too */
	bool dry_run;
	const struct cancel *cancel;
};

/* Removes what no tag, no running build and no kept record reaches; plain trees, which
 * are made again from the rest, first of all. What was freed (or would be) goes to *FREED.
 * Safe beside running builds. */
int store_gc(struct store *st, const struct gc_options *options, uint64_t *freed,
             struct error *err);

/* A running build's lease, an fd: until store_lease_end() or the end of the process
 * nothing used since is removed. */
int store_lease(struct store *st, struct error *err);
void store_lease_end(struct store *st, int *fd); /* -1: nothing to do */

#endif
