/*
 * store_owner: checks who can change a store, because we trust its content. Internal to
 * layers.
 */
#ifndef LAYERS_STORE_OWNER_H
#define LAYERS_STORE_OWNER_H

#include "base/error.h"

/* Refuses the store at ROOT_FD, called PATH (absolute, without links), if another user
 * made it or a part of it. Warns if others can change it. 0 or -1. */
int store_check_owner(int root_fd, const char *path, struct error *err);

#endif
