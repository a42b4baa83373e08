/*
 * stored_id: images by the beginning of an id, as `cooper images -q` and `cooper build -q`
 * print them.
 */
#ifndef BUILDER_CLI_STORED_ID_H
#define BUILDER_CLI_STORED_ID_H

#include "builder/cli/stored.h"
#include "layers/tags.h"

/* Whether WORD can be the beginning of an id: hexadecimal digits, at least four, also
 * behind "sha256:". */
bool stored_id_is(const char *word);

/* The indexes into TAGS of all named entries whose config, manifest or target has a digest
 * that begins with WORD; the caller clears OUT. ERR_USAGE if they are not one image. */
struct stored_ids {
	ARRAY(size_t) list;
};
int stored_id_find(struct store *store, const struct tags *tags, const char *word,
                   struct stored_ids *out, struct error *err);

#endif
