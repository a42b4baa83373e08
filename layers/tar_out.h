/*
 * tar_out: writes a deterministic tar of a few given files (docker and oci archives):
 * for each a header with mode 0644 and mtime 0, then exactly N bytes through
 * tar_out_data().
 */
#ifndef LAYERS_TAR_OUT_H
#define LAYERS_TAR_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "layers/layers.h"

struct tar_out;
struct tar_out *tar_out_new(layer_sink_fn *sink, void *arg);
int tar_out_dir(struct tar_out *t, const char *path, struct error *err);
int tar_out_file(struct tar_out *t, const char *path, uint64_t size, struct error *err);
int tar_out_data(struct tar_out *t, const void *bytes, size_t n, struct error *err);
int tar_out_end(struct tar_out *t, struct error *err); /* trailer, flush */
void tar_out_free(struct tar_out *t);                  /* takes NULL */

#endif
