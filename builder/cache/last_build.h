/*
 * last_build: the inputs of a Dockerfile's steps in its last build. They explain a cache
 * miss: what has changed since then.
 *
 * There is one file contexts/<hash of the name> for each name. The name says where the
 * Dockerfile and the context are, and which target is built:
 *
 *	"cooper-last-build-1\n\0"  state (32)  steps  CRC-32 (base/sealed.h)
 *	step:  stage  command  key (32)  u32 count  (name  value)…  u32 count  file…
 *	file:  path  link  u64 content  u32 mode and type
 *
 * where a text is its length (u32) and its bytes, and numbers are in the byte order of
 * the machine. A damaged file counts as absent: only messages depend on it.
 */
#ifndef BUILDER_CACHE_LAST_BUILD_H
#define BUILDER_CACHE_LAST_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "builder/cache/preimage.h"
#include "layers/layers.h"

/* A file of the context that a step uses. */
struct last_build_file {
	struct text path;
	struct text link;
	uint64_t content; /* first bytes of its digest; 0 if not a file */
	uint32_t mode;    /* 07777, and the entry_type above */
};

struct last_build_step {
	struct text stage, command;
	struct digest key;
	struct preimage preimage;
	ARRAY(struct last_build_file) files;
	/* Not in the file: */
	const size_t *inputs; /* indexes of steps; borrowed */
	size_t n_inputs;
	bool is_image;
};

struct last_build {
	ARRAY(struct last_build_step) steps; /* in the order of the plan */
	struct arena *arena; /* of texts; preimages own theirs, others may be
	                                   borrowed */
};

/* The keys of all steps in one. */
struct digest last_build_state(const struct last_build *t);

/* True if the file of NAME exists and its state is STATE. Cheap. */
bool
last_build_is_current(struct store *st, const char *name, const struct digest *state);

/* False if there is none. The caller clears OUT in any case. */
bool last_build_read(struct store *st, const char *name, struct last_build *out);

/* Best effort: a failure is a warning. */
void last_build_write(struct store *st, const char *name, const struct last_build *t);
void last_build_clear(struct last_build *t);
#define auto_last_build __attribute__((cleanup(last_build_clear)))

#endif
