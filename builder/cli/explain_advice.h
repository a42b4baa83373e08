/*
 * explain_advice: what users can do about the reasons for which steps ran.
 */
#ifndef BUILDER_CLI_EXPLAIN_ADVICE_H
#define BUILDER_CLI_EXPLAIN_ADVICE_H

#include <jansson.h>

/* The advice for a build, a document of `cooper explain`: an array of texts, each once, in
 * the order of the steps. A new reference. */
json_t *explain_advice(const json_t *build);

#endif
