/*
 * index_edit: changes of an index as JSON. Each says the same when it is made twice.
 * Internal to depots.
 */
#ifndef BUILDER_DEPOTS_INDEX_EDIT_H
#define BUILDER_DEPOTS_INDEX_EDIT_H

#include "builder/depots/index.h"

/* Changes INDEX. */
typedef int index_edit_fn(void *arg, json_t *index, struct error *err);

/* A new index without entries. */
json_t *index_new(void);

/* What an entry for the manifest or index D says. PLATFORM may be NULL. */
json_t *index_entry(const struct descriptor *d, const struct platform *platform);

/* Adds ENTRIES to INDEX. */
void index_add(json_t *index, const json_t *entries, bool replace);

/* The annotations of O for INDEX itself, and for ENTRIES that are in it. */
void index_note(json_t *index, const json_t *entries, const struct annotations *a);

/* Whether ENTRY is what WORD names: a digest, its beginning, a platform. */
bool index_entry_is(const json_t *entry, const char *word);

/* Removes what is attested of entries that are not there. */
void index_drop_orphans(json_t *index);

/* Docker's type if all entries are Docker's and nothing needs OCI's. */
void index_set_type(json_t *index);

/* The text of INDEX with its descriptor. */
void index_print(const json_t *index, struct registry_document *out);

/* The platform of ENTRY; os NULL if it has none. */
void index_platform(const json_t *entry, struct platform *out);

/* Makes the change EDIT of TO's index, in competition with others. */
int index_change(struct depot *to, const struct index_options *o, index_edit_fn *edit,
                 void *arg, bool may_be_new, struct index_result *out, struct error *err);

/* Only this process on this machine changes NAME until the descriptor is closed; -1 if
 * that took too long, and nothing is sure. */
int index_lock(const char *name, const struct cancel *cancel);

#endif
