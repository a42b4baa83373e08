/*
 * contained: whether this process is in a container, which is the boundary then.
 */
#ifndef BUILDER_SANDBOX_CONTAINED_H
#define BUILDER_SANDBOX_CONTAINED_H

#include <stdbool.h>

/* By its process name space: files that tell of containers are found on machines, too,
 * that were made of an image. A container that shares the machine's processes is taken
 * for the machine. */
bool is_contained(void);

#endif
