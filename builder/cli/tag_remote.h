/*
 * tag_remote: the tags of repositories in registries.
 */
#ifndef BUILDER_CLI_TAG_REMOTE_H
#define BUILDER_CLI_TAG_REMOTE_H

#include "builder/cli/ends.h"

/* Prints the tags of the repository WORD, as people count: 1.9 before 1.10. */
int tag_list(const struct ends_options *o, const char *word, struct error *err);

/* Removes the tag, or the digest with all its tags, that WORD names. */
int tag_remove(const struct ends_options *o, const char *word, struct error *err);

#endif
