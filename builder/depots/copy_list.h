/*
 * copy_list: what a copy consists of. Internal to depots.
 */
#ifndef BUILDER_DEPOTS_COPY_LIST_H
#define BUILDER_DEPOTS_COPY_LIST_H

#include "builder/depots/copy.h"
#include "builder/depots/depot.h"

/* One manifest or index; those it points to stand before it. */
struct copy_document {
	struct registry_document document;
	char *name;      /* a tag, "": the word's, NULL: its digest alone */
	json_t *subject; /* what it refers to, borrowed from JSON; or NULL */
	json_t *json;
	bool there; /* the destination has it, with all below */
	bool is_referrer;
};

struct copy_list {
	struct depot *from, *to;
	const struct copy_options *options;
	ARRAY(struct copy_document) documents;
	struct {
		ARRAY(struct descriptor) list;
	} blobs;
};

/* Lists the documents of the image ROOT (whose content moves to the list), which is called
 * NAME. *AT is the place of its own. */
int copy_list_add(struct copy_list *list, struct registry_document *root,
                  const char *name, int depth, size_t *at, struct error *err);

/* Adds what refers to the documents of the list. */
int copy_list_referrers(struct copy_list *list, struct error *err);

/* Adds what cosign's tags of the listed documents name. */
int copy_list_tags(struct copy_list *list, struct error *err);

/* Lists the blobs of all documents that are not there. */
int copy_list_blobs(struct copy_list *list, struct error *err);
void copy_list_clear(struct copy_list *list);
#define auto_copy_list __attribute__((cleanup(copy_list_clear)))

/* TO lists the referrer D under its subject's tag, where no server does it. */
int copy_refer(struct depot *to, const struct copy_document *d, struct error *err);

#endif
