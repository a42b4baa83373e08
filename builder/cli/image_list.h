/*
 * image_list: the images of the store as rows, and which of them are wanted.
 */
#ifndef BUILDER_CLI_IMAGE_LIST_H
#define BUILDER_CLI_IMAGE_LIST_H

#include "builder/cli/stored.h"

/* One name of one image. */
struct image_row {
	char *name,
	        *tag; /* as one would type them; "<none>" of an image without a name */
	bool is_named;
	struct stored stored;
	bool damaged; /* something it points to is not there */
};

enum image_sort { SORT_CREATED, SORT_ID, SORT_NAME, SORT_SIZE, SORT_TAG };

struct image_filter {
	bool all; /* also images without a name */
	const char *
	        pattern; /* the word of the command: NAME or NAME:TAG, with * ? []; or NULL */
	ARRAY(struct text) filters; /* "label=a=b"; owned */
	enum image_sort sort;
};

/* An OPTION_CALL's part: KEY=VALUE, or several with commas between them. ERR_USAGE for a
 * key that is none. */
int image_filter_add(struct image_filter *f, struct text value, struct error *err);
void image_filter_clear(struct image_filter *f);

struct image_list {
	ARRAY(struct image_row) rows; /* the newest first, unless the filter says else */
};

/* Reads the images that F wants. The caller clears OUT. */
int image_list_read(struct store *store, const struct image_filter *f,
                    struct image_list *out, struct error *err);
void image_list_clear(struct image_list *list);

#endif
