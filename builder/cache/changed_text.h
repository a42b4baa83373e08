/*
 * changed_text: a text that is another one, in one short line.
 *
 *	the user was "app", is "daemon"
 *	the command differs at character 1987: "…--with-ssl=yes…" was "…--with-ssl=no…"
 */
#ifndef BUILDER_CACHE_CHANGED_TEXT_H
#define BUILDER_CACHE_CHANGED_TEXT_H

#include "base/text.h"

/* T in quotes, without its end if it is long. Caller frees. */
char *text_quoted(struct text t);

/* True if both are short enough to be quoted whole. */
bool text_is_short(struct text a, struct text b);

/* NAME was WAS and is IS now. Of long texts, the place where they differ is shown; it is
 * counted in characters, from 1. Caller frees. */
char *text_changed(const char *name, struct text was, struct text is);

#endif
