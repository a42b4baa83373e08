/*
 * rebase_config: the documents of an image on another base. Internal to depots.
 */
#ifndef BUILDER_DEPOTS_REBASE_CONFIG_H
#define BUILDER_DEPOTS_REBASE_CONFIG_H

#include "builder/depots/rebase.h"

/* The number of layers of OLD, which must be the first ones of IMAGE; -1 with ERR_SOURCE. */
int rebase_below(const struct depot_image *image, const struct depot_image *old,
                 struct error *err);

/* The config of IMAGE on NEW in place of OLD, which is N layers. A new reference. */
json_t *rebase_config(const struct depot_image *image, const struct depot_image *old,
                      const struct depot_image *new, size_t n);

/* Likewise the manifest, without its config. A new reference, NULL with ERR. */
json_t *rebase_manifest(const struct depot_image *image, const struct depot_image *new,
                        size_t n, struct error *err);

#endif
