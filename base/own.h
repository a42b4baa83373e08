/*
 * own: automatic release. A variable with an `auto_` attribute is released at
 * the end of its block; take() passes it on instead.
 *
 *	auto_fd int fd = open(...);       closed at the end of the block
 *	auto_free char *s = mem_copy(...);  freed at the end of the block
 *	return take(s);                     given to the caller, s is NULL now
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Returns the value of POINTER and sets POINTER to NULL. */
#define take(pointer)                                                                    \
	__extension__({                                                                  \
		__typeof__(pointer) *take_at_ = &(pointer);                              \
		__typeof__(pointer) take_it_ = *take_at_;                                \
		*take_at_ = NULL;                                                        \
		take_it_;                                                                \
	})

/* Returns the descriptor at FD and sets it to -1. */
static inline int
take_fd(int *fd)
{
	int it = *fd;

	*fd = -1;
	return it;
}

/* Closes the descriptor at FD unless it is -1, and sets it to -1. Keeps errno. */
static inline void
own_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void
own_free(void *pointer)
{
	free(*(void **)pointer);
	*(void **)pointer = NULL;
}

static inline void
own_fclose(FILE **file)
{
	int saved = errno;

	if (*file != NULL)
		fclose(*file);
	*file = NULL;
	errno = saved;
}

#define auto_fd   __attribute__((cleanup(own_close)))
#define auto_free __attribute__((cleanup(own_free)))
#define auto_file __attribute__((cleanup(own_fclose)))

#endif
