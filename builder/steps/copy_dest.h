/*
 * copy_dest: the destination of a copy, as metadata alone: a base view with changes
 * on top. At the end it returns the changes in the form of a layer.
 *
 * It writes no files. Paths are relative and clean. The parent directory of a new
 * path must exist (dest_make_dirs).
 */
#ifndef BUILDER_STEPS_COPY_DEST_H
#define BUILDER_STEPS_COPY_DEST_H

#include "base/array.h"
#include "base/error.h"
#include "layers/changes.h"
#include "layers/tree.h"

struct dest;
struct dest_node;

/* BASE is borrowed. NOW: mtime of directories that the base only implies, and of
 * directories that get changed. */
struct dest *dest_new(const struct view *base, int64_t now);
void dest_free(struct dest *d); /* takes NULL */

/* The current entry at PATH (its path is not set), or NULL. Valid until the next call. */
const struct entry *dest_find(struct dest *d, struct text path);

/* Follows links in PATH, confined to the root, also the last one; missing
 * components are appended as written. *OUT: caller frees. */
int dest_resolve(struct dest *d, struct text path, char **out, struct error *err);

/* The same for PATH in the resolved directory TOP, confined to it; a dangling link is an
 * error. *OUT is relative to the root. */
int dest_resolve_below(struct dest *d, struct text top, struct text path, char **out,
                       struct error *err);

/* mkdir -p: missing levels of PATH get LIKE's mode, owner and mtime. Another
 * type of file in the way is ERR_SOURCE "mkdir /path: not a directory". */
int dest_make_dirs(struct dest *d, struct text path, const struct entry *like,
                   struct error *err);

/* Puts a directory with metadata META at PATH; an existing directory gets the metadata.
 * It keeps this time even if entries are added to it before the next dest_begin(); other
 * directories get a new time with each new entry. */
void dest_put_dir(struct dest *d, struct text path, const struct entry *meta);

/* Sets the mode of the existing directory at PATH. */
void dest_chmod_dir(struct dest *d, struct text path, uint16_t mode);

/* Puts CHANGE at PATH and replaces the existing entry; neither is a directory. ORIGIN
 * identifies the source. Texts are borrowed. */
struct dest_node *dest_put(struct dest *d, struct text path, const struct change *change,
                           const void *origin);

/* Makes PATH another name of FILE, which was put as ENTRY_FILE. */
void dest_link(struct dest *d, struct text path, struct dest_node *file);

/* The file that was put at PATH from ORIGIN since mark MARK, or NULL. */
struct dest_node *
dest_find_put(struct dest *d, struct text path, const void *origin, size_t mark);

/* Begins to copy one source; returns a mark. */
size_t dest_begin(struct dest *d);

/* The node of the regular file at PATH, taken from the base if necessary (unchanged, as
 * the first name of a link). NULL with ERR if PATH is not a regular file. */
struct dest_node *dest_get_file(struct dest *d, struct text path, struct error *err);

/* Sets the metadata that all names of a file share. */
void dest_set_meta(struct dest_node *file, const struct entry *meta);

/* Removes PATH and everything below it. */
void dest_remove(struct dest *d, struct text path);

/* The changes, sorted, with the directories above them. Afterwards D may only be freed,
 * and it must outlive the changes. */
struct change_list dest_finish(struct dest *d);

#endif
