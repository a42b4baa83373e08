/*
 * ignore: the paths that .dockerignore or --exclude exclude.
 */
#ifndef PARSER_IGNORE_H
#define PARSER_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* .dockerignore and --exclude: ordered patterns with exceptions ("!"). */
struct ignore;

/* Reads the text of an ignore file. Never NULL unless a pattern is malformed
 * (ERR_DOCKERFILE, place in NAME). Empty text: nothing is ignored. */
struct ignore *ignore_parse(struct text text, const char *name, struct error *err);

/* From single patterns (--exclude). A pattern with a leading "/" matches nothing. */
struct ignore *ignore_new(const struct text *patterns, size_t n, struct error *err);
void ignore_free(struct ignore *ig); /* takes NULL */
bool ignore_is_empty(const struct ignore *ig);
bool ignore_has_exceptions(const struct ignore *ig);

/* For walks: each directory has a state, which its children get. The size in bytes of
 * one state; the root's parent state is NULL. */
size_t ignore_state_size(const struct ignore *ig);

/* True if PATH (relative, '/'-separated, no leading "/") is excluded. PARENT is
 * the state that the same call filled for its directory (NULL for entries of
 * the root); STATE, if not NULL, receives PATH's own. */
bool
ignore_match(const struct ignore *ig, struct text path, const void *parent, void *state);

/* True if something below the excluded directory PATH may be re-included by a
 * later exception, so that the directory must be entered. */
bool ignore_may_reinclude(const struct ignore *ig, struct text path);

/* The same without a parent's state: tries PATH and all its ancestors. */
bool ignore_match_alone(const struct ignore *ig, struct text path);

/* ".dockerignore:2", the line that excludes PATH; NULL if that is not known. The caller
 * frees it. */
char *ignore_place(const struct ignore *ig, struct text path);

#endif
