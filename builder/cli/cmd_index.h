/*
 * cmd_index: the actions of `cooper index`, by all the names they have.
 */
#ifndef BUILDER_CLI_CMD_INDEX_H
#define BUILDER_CLI_CMD_INDEX_H

#include "builder/cli/ends.h"
#include "builder/cli/formatted.h"
#include "builder/depots/index.h"

struct index_words {
	struct ends_options ends;
	struct {
		ARRAY(struct text) list;
	} tags, files;
	struct annotations annotations;
	struct platform set_platform;
	struct formatted format;
	const char *digest_file, *metadata_file;
	bool no_referrers, replace, dry_run, raw, append;
	bool has_set_platform;
	bool may_be_empty;  /* create: without an image, as podman does */
	bool is_imagetools; /* docker's words: names come with --tag alone */
};

/* `cooper index inspect NAME`: prints the index, or the image, that WORD names. */
int index_inspect(struct index_words *o, const char *word, struct error *err);

/* Prints the index D as NAME for people. */
void index_show(const char *name, const struct registry_document *d);

/* The same as an object: {"name", "manifest": {…}}. A new reference, NULL with ERR. */
json_t *
index_json(const char *name, const struct registry_document *d, struct error *err);

#endif
