/*
 * descriptors: which of them the processes that are cloned for sandboxes have.
 * System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DESCRIPTORS_H
#define BUILDER_SANDBOX_INSIDE_DESCRIPTORS_H

/* Those with fixed numbers, in the spawner and in what it clones. */
enum spawner_fd { SPAWNER_FD_SOCKET = 3, SPAWNER_FD_LIFE = 4, SPAWNER_FD_FIRST = 5 };

/* Closes all from FIRST on. -1 with errno. */
int descriptors_close_from(int first);

/* Gives N (at most 8) descriptors the numbers from FIRST on, and closes all others above.
 * -1 with errno. */
int descriptors_keep(int first, const int *fds, int n);

#endif
