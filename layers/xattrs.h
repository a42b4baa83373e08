/*
 * xattrs: the only extended attribute of a layer.
 *
 * security.capability, in revision 2 (or 1) only: inside a user namespace the
 * kernel stores revision 3, which names the namespace's root; that id means
 * nothing elsewhere and is cut off. When a revision 2 value is set inside a
 * namespace the kernel adds the id again.
 */
#ifndef LAYERS_XATTRS_H
#define LAYERS_XATTRS_H

#include <stdint.h>

#include "base/text.h"

#define XATTR_CAPABILITY "security.capability"

#define CAPABILITY_MAX   24 /* revision 3 */

struct capability {
	uint8_t bytes[CAPABILITY_MAX];
	size_t n; /* 0: none */
};

/* Any revision → revision 2; n 0 if VALUE is no capability. */
struct capability capability_clean(struct text value);

/* That of the open file FD, or of NAME (a regular file) in DIR_FD; without privilege, the
 * noted one first. */
struct capability capability_of_fd(int fd);
struct capability capability_of_name(int dir_fd, const char *name);

/* Sets it, or makes the note that counts without privilege. -1 with errno set. */
int capability_set(int fd, struct text value);
int capability_note(int fd, struct text value);

#endif
