/*
 * context: the files that COPY and ADD may name.
 *
 * A context is a directory (the main one, a named one, a checked-out git
 * repository, an unpacked archive). It is walked once, in parallel, only where
 * the steps' sources reach, and without entering ignored directories. The result
 * is a *source layer*: a sorted tree whose files stay where they are. Owners are
 * 0:0, modes (unless git_modes) and whole-second mtimes are kept, a socket counts as an empty file.
 * Extended attributes are dropped, and file capabilities too, because replacing
 * the owner removes them.
 *
 * Content digests of files are remembered by (path, device, inode, size, mtime,
 * ctime) in the store's contexts/ folder; an entry is trusted only if it is
 * older than the scan that wrote it by more than the clock's granularity (the
 * "racily clean" rule of version-control tools).
 */
#ifndef BUILDER_CONTEXT_CONTEXT_H
#define BUILDER_CONTEXT_CONTEXT_H

#include "base/cancel.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/context/excluded.h"
#include "builder/context/left_out.h"
#include "layers/archive.h"
#include "layers/tree.h"
#include "parser/ignore.h"

struct context;

struct context_options {
	struct store *store;
	const char *path;            /* absolute; names the index file, and in messages */
	int dir_fd;                  /* taken */
	const struct ignore *ignore; /* NULL: nothing ignored; borrowed */
	const struct left_out_list *left_out; /* NULL: nothing; borrowed */
	const struct excluded_rule
	        *excluded; /* what all steps that name WANTED exclude; may be
	                                         none */
	size_t n_excluded;
	const struct text
	        *wanted; /* sources that steps name, cleaned, relative, may hold globs */
	size_t n_wanted; /* 0 with wanted NULL: everything */
	bool remember;   /* keep the stat index between builds */
	bool git_modes;  /* 0755 and 0644 by the owner's right to execute, as git has
	                    them; directories 0755 */
	bool has_mtime;  /* all entries get MTIME (seconds): a commit's */
	int64_t mtime;
	const struct cancel
	        *cancel; /* lives as long as the context: files are read later */
};

/* Walks. Caller frees, after every layer handle is out of use. */
struct context *context_scan(const struct context_options *options, struct error *err);
void context_free(struct context *c); /* takes NULL; writes the index if it changed */

/* The source layer; usable in a view. Borrowed. */
struct layer *context_layer(const struct context *c);

/* SHA-256 of the content of ENTRY (a regular file of the layer's tree), from the
 * index or by reading. Any thread. */
int context_file_digest(struct context *c, const struct entry *entry, struct digest *out,
                        struct error *err);

/* Whether that takes no reading: for ENTRY (as above); for all files of the context. */
bool context_has_digest(const struct context *c, const struct entry *entry);
bool context_has_digests(const struct context *c);

/* Computes the digests of many files on several threads; afterwards
 * context_file_digest() returns at once. */
int context_digest_files(struct context *c, const struct entry *const *entries, size_t n,
                         const struct cancel *cancel, struct error *err);

size_t context_count(const struct context *c); /* entries in the tree */

/* The kind of a context, judged by the word on the command line. */
enum context_source { SOURCE_DIR, SOURCE_STDIN, SOURCE_GIT, SOURCE_HTTP };
enum context_source context_classify(const char *word);

/* Reads standard input IN. A tar (plain or compressed) is unpacked into a new
 * directory in the store's tmp (*DIR, caller frees). Anything else is the
 * Dockerfile itself (*DOCKERFILE, *DIR NULL). */
int context_from_stdin(struct store *st, int in, const struct archive_options *options,
                       char **dir, struct buf *dockerfile, struct error *err);

#endif
