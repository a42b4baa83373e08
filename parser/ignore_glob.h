/*
 * ignore_glob: one compiled pattern of an ignore file.
 *
 *	*       any run without "/"          ?      one character but "/"
 *	**      any directories, or none     […]    one character of a class
 *	**x     what ends in x, if the rest has no other special character
 *	x**     what starts with x           \c     c itself
 *
 * Most patterns are words or have a fixed start or end, which decides nearly
 * all paths by one comparison. The rest is matched by a nondeterministic
 * automaton whose set of states is a bit vector, in time proportional to the path, whatever the pattern is.
 */
#ifndef PARSER_IGNORE_GLOB_H
#define PARSER_IGNORE_GLOB_H

#include "base/text.h"

struct ignore_glob;

/* PATTERN is cleaned and valid for pattern_match(). */
struct ignore_glob *ignore_glob_new(struct text pattern);
void ignore_glob_free(struct ignore_glob *g); /* takes NULL */

bool ignore_glob_match(const struct ignore_glob *g, struct text path);

/* True if a path below the directory PATH could match. */
bool ignore_glob_reaches_below(const struct ignore_glob *g, struct text path);

#endif
