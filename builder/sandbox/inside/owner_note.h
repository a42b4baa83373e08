/*
 * owner_note: the emulated owner of a file, in an extended attribute (see LAYER_OWNER in
 * layers/owner_marks.h), and further facts for users without privilege. System calls
 * only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_OWNER_NOTE_H
#define BUILDER_SANDBOX_INSIDE_OWNER_NOTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct owner {
	uint32_t uid, gid;
};

/* The owner of the file at PATH (NOFOLLOW: of a final link itself), whose stat is ST. A
 * file without a note belongs to root. */
void owner_note_read(const char *path, bool nofollow, const struct stat *st,
                     struct owner *out);

/* Sets its owner to OWNER. -1 with errno. */
int owner_note_write(const char *path, bool nofollow, const struct stat *st,
                     const struct owner *owner);

/* The same for the open file or directory FD. */
int owner_note_write_fd(int fd, const struct owner *owner);

/* ------------------------------------------------------------ without privilege
 *
 * All facts that the disk cannot have are in notes, in the longer form of LAYER_OWNER. FD
 * may be opened with O_PATH; /proc must be mounted. ST: what fstat() says of FD.
 */

/* Changes ST to what the image has: owner, type, mode, device; the time of access of a
 * link, pipe or socket. */
void owner_note_of_fd(int fd, struct stat *st);

/* The same for PATH; FOLLOWS: for what a link there leads to. */
void owner_note_of_path(const char *path, bool follows, struct stat *st);

/* Makes the notes of FD, which is new: it has the mode layer_mark_disk_mode(), and stands
 * for an entry with the type, mode, device and owner of IMAGE. Without a call if no note
 * is needed. -1 with errno: EOVERFLOW if the owner cannot be noted (gid of a link),
 * ERANGE or EOPNOTSUPP if the file system does not keep notes. */
int owner_note_new_fd(int fd, const struct stat *image);

/* Gives FD another owner. As with chown(2), a file loses set-id bits and capabilities. */
int owner_note_set_fd(int fd, const struct stat *st, const struct owner *owner);

/* Gives FD another mode, of which only the bits 07777 count. */
int owner_note_set_mode_fd(int fd, const struct stat *st, mode_t mode);

#endif
