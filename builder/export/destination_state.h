/*
 * destination_state: the inside of a destination, for the files that open and fill it.
 * Internal to export.
 */
#ifndef BUILDER_EXPORT_DESTINATION_STATE_H
#define BUILDER_EXPORT_DESTINATION_STATE_H

#include <sys/stat.h>

#include "base/array.h"
#include "base/draft.h"
#include "builder/export/destination.h"
#include "builder/export/destination_find.h"

enum way {
	WAY_REPLACE,  /* FD is a new file, which will get the name */
	WAY_IN_PLACE, /* FD is the file itself */
	WAY_STREAM,
	WAY_DIR,
};

struct destination {
	enum destination_form form;
	enum way way;
	char *shown, *path;
	int fd;
	struct destination_place place;
	struct draft draft; /* of WAY_REPLACE: FD, in PLACE */
	struct stat there;  /* the existing file; st_nlink 0: none */
	bool is_borrowed;   /* one of the inherited descriptors */
	bool began;         /* something was written */
	bool kept;
	ARRAY(char *) made; /* directories, outermost first */
	const struct cancel *cancel;
};

/* Sets the error for SYS, an errno, in the words of WHY; in its own words, from errno.
 * Always -1. */
int destination_refuse_as(const struct destination *d, int sys, const char *why,
                          struct error *err);
int destination_refuse(const struct destination *d, struct error *err);

#endif
