/*
 * destination_find: resolves a path, link by link. Internal to export.
 */
#ifndef BUILDER_EXPORT_DESTINATION_FIND_H
#define BUILDER_EXPORT_DESTINATION_FIND_H

/* One of: a name in an open directory, the name itself being no link that can be followed
 * by its text; or one of our own descriptors. */
struct destination_place {
	int dir_fd; /* O_PATH, or -1 */
	char *name; /* in it; owned */
	int own_fd; /* number of a descriptor we were started with, or -1 */
};

#define DESTINATION_PLACE_INIT                                                           \
	{                                                                                \
		.dir_fd = -1, .own_fd = -1                                               \
	}

/* -1 with errno: EISDIR for "x/", "." and "..", EBADF for a descriptor that is not ours
 * to use. The caller clears PLACE. */
int destination_find(const char *path, struct destination_place *place);
void destination_place_clear(struct destination_place *place);

#endif
