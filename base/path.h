/*
 * path: paths as text; no function looks at the file system. Paths are bytes.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

#include "base/text.h"

/* Go's path.Clean: no "//", ".", inner ".."; "" gives ".". Caller frees. */
char *path_clean(struct text p);

/* path_clean("/" + p): always absolute, ".." cannot leave "/". Caller frees. */
char *path_clean_abs(struct text p);

/* DIR "/" NAME, cleaned; an absolute NAME is also taken as below DIR. Caller frees. */
char *path_join(const char *dir, const char *name);

/* The last component ("/" and "" give ""), and all before it; views into P. */
struct text path_base(struct text p);
struct text path_dir(struct text p); /* "" for a name without "/" */

/* Cuts the first component off *REST (skipping "/"): false when none is left. */
bool path_next(struct text *rest, struct text *component);

/* True if P is DIR or below it (both cleaned, same form). */
bool path_is_below(struct text p, struct text dir);

/* An order that puts a directory directly before everything below it, and siblings in
 * byte order of their names: '/' sorts before any other byte. */
int path_compare(struct text a, struct text b);

#endif
