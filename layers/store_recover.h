/*
 * store_recover: repairs a store after a crash of the machine.
 *
 * The file `boot` contains the kernel's id of the boot in which the store was
 * last used; its mtime is the time of that use. In a new boot, files younger than
 * this time minus the write-back delay may not have reached the disk.
 */
#ifndef LAYERS_STORE_RECOVER_H
#define LAYERS_STORE_RECOVER_H

#include "base/error.h"
#include "layers/layers.h"

/* Repairs the store in a new boot: verifies young blobs, and removes young layers
 * and notes. */
int store_recover(struct store *st, struct error *err);

/* Notes that the machine is still running. */
void store_alive(const struct store *st);

#endif
