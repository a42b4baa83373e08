/*
 * store_recover: what a crash of the machine may have left half written.
 *
 * The file `boot` holds the kernel's name for the boot in which the store was
 * used last; its time is when. In another boot, everything younger than the
 * time minus what writing back takes may not have reached the disk.
 */
#ifndef LAYERS_STORE_RECOVER_H
#define LAYERS_STORE_RECOVER_H

#include "base/error.h"
#include "layers/layers.h"

/* Does what must be done in a new boot: blobs are compared with their digests,
 * younger layers and notes are forgotten. */
int store_recover(struct store *st, struct error *err);

/* Says that the machine is running still. */
void store_alive(const struct store *st);

#endif
