/*
 * spoken: the words with which other builders begin a command line.
 *
 *	docker [OPTION…] [buildx|builder|image] build …     buildx b …
 *	buildah [OPTION…] build|bud|build-using-dockerfile …
 *	podman [OPTION…] build …
 *	kaniko|executor [build] …
 *	buildctl [OPTION…] build …
 *
 * The program's own name (argv[0]) counts as the first of them.
 */
#ifndef BUILDER_CLI_SPOKEN_H
#define BUILDER_CLI_SPOKEN_H

#include "base/array.h"
#include "base/error.h"
#include "builder/cli/options.h"

struct spoken {
	/* The one that builds, or NULL: the list begins with the name of a command. */
	const struct command *command;
	ARRAY(char *) list; /* borrowed from argv */
};

/* Reads ARGV (without the program's name SELF). Options that stand before the command
 * come behind its name; those that mean nothing to it are left out. */
void spoken_read(const char *self, int argc, char **argv, struct spoken *out);
void spoken_clear(struct spoken *w);

/* What to do instead of the command WORD of another builder; NULL: it is none that is
 * known and missing. */
const char *spoken_instead(const char *word);

#endif
