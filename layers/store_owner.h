/*
 * store_owner: who can change what a store holds, which is believed. Internal to layers.
 */
#ifndef LAYERS_STORE_OWNER_H
#define LAYERS_STORE_OWNER_H

#include "base/error.h"

/* Refuses the store at ROOT_FD, called PATH (absolute, without links), if somebody else
 * made it or a part of it. Where others can still change it, a warning says so. 0 or
 * -1. */
int store_check_owner(int root_fd, const char *path, struct error *err);

#endif
