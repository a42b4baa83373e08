/*
 * unpack: writes entries as files below a directory, never outside it.
 *
 *	unpack_entry()    makes it; a regular file stays open for its content
 *	unpack_data()     content of that file; unpack_zeros() for a hole
 *	                  (UNPACK_AGAIN: again from its start, once)
 *	unpack_end()      the last modes and times
 *
 * Entries may come in any order and more than once: the later one wins, a
 * non-directory replaces a whole directory, missing parents are made (0755).
 * Every name is reached from an open descriptor of its parent, which was opened
 * with O_NOFOLLOW from *its* parent: there is no path that a link in the
 * archive could redirect. An entry below a non-directory is refused.
 *
 * With UNPACK_OVERLAY the result is a directory in overlayfs format: a
 * whiteout becomes a character device 0:0, an opaque directory gets
 * user.overlay.opaque=y. Device nodes, owners and capabilities that
 * we may not make or set are skipped, with one warning per kind, or noted.
 *
 * Owned by one thread.
 */
#ifndef LAYERS_UNPACK_H
#define LAYERS_UNPACK_H

#include "base/array.h"
#include "layers/tree.h"

enum unpack_flags {
	UNPACK_OVERLAY = 1,
	UNPACK_OWNERS = 2, /* set owners, else everything is ours */
	UNPACK_USERS = 4,  /* the directory is a user's: a file gets its name when it is
	                      complete (base/draft.h); one that is there already and is
	                      equal stays (layers/same_file.h); devices, FIFOs and
	                      sockets that are there are replaced by their like only */
	UNPACK_NOTES = 8,  /* make notes if this user has no privilege (owner_notes.h);
	                      UNPACK_OVERLAY with UNPACK_OWNERS does so, too */
};

/* With UNPACK_USERS a file gets exactly the bytes of its entry's size, and unpack_data()
 * and unpack_zeros() can return this: what is there was equal only so far. */
#define UNPACK_AGAIN 1

/* The maximum number of open directories: deeper ones are refused. */
#define UNPACK_DEPTH_MAX 1024

struct unpacker;

/* DIR_FD is borrowed until unpack_free(). */
struct unpacker *unpack_new(int dir_fd, unsigned flags, struct error *err);
void unpack_free(struct unpacker *u); /* takes NULL */

static inline void
own_unpacker(struct unpacker **u)
{
	unpack_free(*u);
	*u = NULL;
}
#define auto_unpacker __attribute__((cleanup(own_unpacker)))

/* ENTRY_WHITEOUT with opaque set is the mark "directory PATH is opaque". */
int unpack_entry(struct unpacker *u, const struct entry *e, struct error *err);
int unpack_data(struct unpacker *u, const void *bytes, size_t n, struct error *err);
int unpack_zeros(struct unpacker *u, uint64_t n, struct error *err);
int unpack_end(struct unpacker *u, struct error *err);

#endif
