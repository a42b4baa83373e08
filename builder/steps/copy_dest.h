/*
 * copy_dest: the file system that files are copied to, by metadata alone: a base
 * view with changes on top, and at the end the changes as a layer wants them.
 *
 * Nothing is written anywhere. Paths are relative and clean; those that are put
 * must have a directory above them (dest_make_dirs).
 */
#ifndef BUILDER_STEPS_COPY_DEST_H
#define BUILDER_STEPS_COPY_DEST_H

#include "base/array.h"
#include "base/error.h"
#include "layers/changes.h"
#include "layers/tree.h"

struct dest;
struct dest_node;

/* BASE is borrowed. NOW: mtime of directories that only the base implies, and of
 * those that are written to. */
struct dest *dest_new(const struct view *base, int64_t now);
void dest_free(struct dest *d); /* takes NULL */

/* What is at PATH now (its path is not set), or NULL. Valid until the next call. */
const struct entry *dest_find(struct dest *d, struct text path);

/* Follows links in PATH, confined to the root, also the last one; missing
 * components are appended as written. *OUT: caller frees. */
int dest_resolve(struct dest *d, struct text path, char **out, struct error *err);

/* The same for PATH in the resolved directory TOP, confined to that; a link that leads
 * to nothing is an error. *OUT is relative to the root. */
int dest_resolve_below(struct dest *d, struct text top, struct text path, char **out,
                       struct error *err);

/* mkdir -p: missing levels of PATH get LIKE's mode, owner and mtime. Something
 * else in the way is ERR_SOURCE "mkdir /path: not a directory". */
int dest_make_dirs(struct dest *d, struct text path, const struct entry *like,
                   struct error *err);

/* A directory with metadata META at PATH, where there is none or (then it is
 * given the metadata) one already. Its time is set after what comes into it until the
 * next dest_begin(); other directories are written to when a name comes into them. */
void dest_put_dir(struct dest *d, struct text path, const struct entry *meta);

/* The directory at PATH, which is there, gets MODE. */
void dest_chmod_dir(struct dest *d, struct text path, uint16_t mode);

/* Puts CHANGE (no directory) at PATH in place of what is there, which is no
 * directory. ORIGIN identifies where it came from. Texts are borrowed. */
struct dest_node *dest_put(struct dest *d, struct text path, const struct change *change,
                           const void *origin);

/* PATH becomes another name of FILE, which was put as ENTRY_FILE. */
void dest_link(struct dest *d, struct text path, struct dest_node *file);

/* What was put at PATH as a file from ORIGIN since mark MARK, or NULL. */
struct dest_node *
dest_find_put(struct dest *d, struct text path, const void *origin, size_t mark);

/* Begins to copy one source: a mark. */
size_t dest_begin(struct dest *d);

/* The node of the regular file at PATH, brought in from the base if need be
 * (unchanged, as the first name of a link); NULL with ERR if it is none. */
struct dest_node *dest_get_file(struct dest *d, struct text path, struct error *err);

/* Sets the metadata that all names of a file share. */
void dest_set_meta(struct dest_node *file, const struct entry *meta);

/* Removes PATH and everything below it. */
void dest_remove(struct dest *d, struct text path);

/* The changes, sorted, with the directories above them; D is good for nothing else then,
 * and must live as long as they are used. */
struct change_list dest_finish(struct dest *d);

#endif
