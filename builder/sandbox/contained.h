/*
 * contained: whether this process is in a container, which is then the boundary.
 */
#ifndef BUILDER_SANDBOX_CONTAINED_H
#define BUILDER_SANDBOX_CONTAINED_H

#include <stdbool.h>

/* Decided by the PID namespace. Marker files of containers do not help: machines that
 * were installed from an image have them, too. A container that shares the machine's PID
 * namespace counts as the machine. */
bool is_contained(void);

#endif
