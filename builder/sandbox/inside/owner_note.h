/*
 * owner_note: the emulated owner of a file, in an extended attribute (see LAYER_OWNER in
 * layers/owner_marks.h). System calls only.
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

#endif
