/*
 * local_push: an image of the store goes to a place of this machine.
 */
#ifndef BUILDER_CLI_LOCAL_PUSH_H
#define BUILDER_CLI_LOCAL_PUSH_H

#include "builder/export/export.h"
#include "builder/export/transport.h"

/* Writes the image NAME (in full) to TO, which is no registry: a file, a directory, or
 * what an engine keeps. Without a name in TO the image is called NAME there. *ROOT gets
 * its descriptor. */
int local_push(const struct export_options *options, const char *name,
               const struct transport *to, const struct compressor *compressor,
               struct descriptor *root, struct error *err);

#endif
