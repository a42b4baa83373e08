/*
 * index_targets: the words of `cooper index create` and `append`, and the files that they
 * write.
 */
#ifndef BUILDER_CLI_INDEX_TARGETS_H
#define BUILDER_CLI_INDEX_TARGETS_H

#include "builder/cli/cmd_index.h"

struct index_targets {
	ARRAY(char *) names;   /* of the index; owned */
	ARRAY(char *) sources; /* owned */
};

/* NAME SOURCE…, or with --tag all words are sources; and what the files of --file name. The
 * caller clears OUT, also after a failure. */
int index_targets_read(const struct index_words *o, const struct words_left *words,
                       struct index_targets *out, struct error *err);
void index_targets_clear(struct index_targets *t);

/* A digest alone is one of the repository of NAME. Caller frees. */
char *index_source(const char *word, const char *name);

/* --digest-file and --metadata-file. */
int index_files_write(const struct index_words *o, const char *name,
                      const struct index_result *r, struct error *err);

#endif
