/*
 * name_hint: what was probably meant by a word that is no image's name.
 */
#ifndef BASE_NAME_HINT_H
#define BASE_NAME_HINT_H

#include "base/error.h"
#include "base/text.h"

/* Adds a hint to ERR, which says that NAME is no name of an image. Always -1. */
int name_hint_add(struct text name, struct error *err);

#endif
