/*
 * stored: images in the store, for the commands that show them.
 */
#ifndef BUILDER_CLI_STORED_H
#define BUILDER_CLI_STORED_H

#include <jansson.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"
#include "registry/registry.h"

/* The hint where no name is near. */
#define STORED_HINT "see: cooper images"

/* Looks up NAME as typed ("app", "host/app:1", "app@sha256:…"), or as the beginning of an
 * id (stored_id.h): the name in
 * index.json (caller frees) and its descriptor. ERR_SOURCE with a
 * suggestion if there is none. */
int stored_find(struct store *store, const char *name, char **full,
                struct descriptor *target, struct error *err);

/* One image, read down to its config. */
struct stored {
	struct descriptor root;     /* the target of the name */
	struct descriptor manifest; /* the same unless root is an index */
	struct manifest document;   /* the manifest, read */
	json_t *config;
	struct platform platform;
	int64_t created_ns; /* 0 unknown */
	uint64_t size;      /* bytes of manifest, config and layers */
};

#define STORED_INIT                                                                      \
	{                                                                                \
		0                                                                        \
	}

/* Reads the image at ROOT. If ROOT is an index, takes the entry for WANT; if WANT
 * is NULL, the entry for this machine, or else the first image. */
int stored_read(struct store *store, const struct descriptor *root,
                const struct platform *want, struct stored *out, struct error *err);

/* Completes S, whose documents and config are read: platform, time, size. WHERE is for
 * messages. */
int stored_describe(struct stored *s, const char *where, struct error *err);
void stored_clear(struct stored *s);
#define auto_stored __attribute__((cleanup(stored_clear)))

#endif
