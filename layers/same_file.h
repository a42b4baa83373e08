/*
 * same_file: a file that is there already, compared with bytes that arrive.
 *
 *	same_file_open()    it may stay: a regular file of the same size and owner, with
 *	                    one name and no attributes that a new file would not have
 *	same_file_next()    the next bytes are equal
 *
 * Reading is cheaper than a new inode: ext4 without a journal does not give out again for
 * minutes what was deleted, and looks through all of these each time. Owned by one thread.
 */
#ifndef LAYERS_SAME_FILE_H
#define LAYERS_SAME_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct same_file {
	int fd; /* owned; -1: none */
	struct stat st;
	uint64_t at; /* so many bytes are equal */
};

struct same_file_wanted {
	uint64_t size;
	uid_t uid;
	gid_t gid;
};

/* Opens NAME in the directory DIR_FD. False if it is not such a file, or cannot be read;
 * F is then as before. Its time of access stays. */
bool same_file_open(struct same_file *f, int dir_fd, const char *name,
                    const struct same_file_wanted *wanted);

/* Whether the next N bytes of F are BYTES. */
bool same_file_next(struct same_file *f, const void *bytes, size_t n);

void same_file_close(struct same_file *f); /* takes a closed one */

#endif
