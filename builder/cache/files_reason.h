/*
 * files_reason: how the files that a step takes differ from those of before.
 *
 *	src/a.c changed
 *	mode of run.sh was 0644, is 0664 (umask 002? …), and 12 more files
 */
#ifndef BUILDER_CACHE_FILES_REASON_H
#define BUILDER_CACHE_FILES_REASON_H

#include "builder/cache/noted_build.h"

/* The first difference, in the order of IS; then how many more there are. NULL: there is
 * none. Caller frees. */
char *files_reason(const struct noted_files *was, const struct noted_files *is);

/* The number of files that are new, gone or other ones. */
size_t files_differ(const struct noted_files *was, const struct noted_files *is);

/* How many paths of IS, without directories, are in WAS, in percent. */
size_t files_share(const struct noted_files *was, const struct noted_files *is);

#endif
