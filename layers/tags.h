/*
 * tags: index.json, the names of images.
 *
 * Full names ("docker.io/library/app:1") in io.containerd.image.name, the tag alone in
 * org.opencontainers.image.ref.name. One writer at a time, under a lock.
 */
#ifndef LAYERS_TAGS_H
#define LAYERS_TAGS_H

#include "base/array.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "layers/layers.h"

struct tag {
	char *name;               /* NULL: an untagged entry */
	struct descriptor target; /* manifest or index */
};

struct tags {
	ARRAY(struct tag) list; /* order of index.json */
};

int tags_read(struct store *st, struct tags *out, struct error *err);

/* 1 found, 0 absent, -1. */
int
tags_find(struct store *st, const char *name, struct descriptor *out, struct error *err);

/* Points NAME at TARGET; nothing is written if it does already. */
int tags_set(struct store *st, const char *name, const struct descriptor *target,
             struct error *err);

/* 1 removed, 0 there was none, -1. */
int tags_remove(struct store *st, const char *name, struct error *err);
void tags_clear(struct tags *t);
#define auto_tags __attribute__((cleanup(tags_clear)))

#endif
