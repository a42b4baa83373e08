/*
 * descriptors: the file descriptors of processes that are cloned for sandboxes.
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DESCRIPTORS_H
#define BUILDER_SANDBOX_INSIDE_DESCRIPTORS_H

/* Fixed numbers, in the spawner and its clones. */
enum spawner_fd { SPAWNER_FD_SOCKET = 3, SPAWNER_FD_LIFE = 4, SPAWNER_FD_FIRST = 5 };

/* Closes all from FIRST on. -1 with errno. */
int descriptors_close_from(int first);

#define DESCRIPTORS_KEEP_MAX 12

/* Moves N (at most DESCRIPTORS_KEEP_MAX) descriptors to the numbers from FIRST on, and closes all others
 * above. -1 with errno. */
int descriptors_keep(int first, const int *fds, int n);

#endif
