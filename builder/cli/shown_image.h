/*
 * shown_image: an image in the words of docker: the columns of its lists, and the document
 * of `docker image inspect`.
 */
#ifndef BUILDER_CLI_SHOWN_IMAGE_H
#define BUILDER_CLI_SHOWN_IMAGE_H

#include "builder/cli/image_list.h"

/* Twelve digits of the id, or all of it (FULL). The caller frees these texts. */
char *shown_id(const struct image_row *row, bool full);
char *shown_age(int64_t created_ns); /* "3 hours ago" */
char *shown_size(const struct image_row *row);

/* "2026-01-31 10:00:00 +0000 UTC" */
char *shown_time(int64_t created_ns);

/* The members of a row for templates (.ID .Repository .Tag …), and their titles. New
 * references. */
json_t *shown_row(const struct image_row *row, bool full);
json_t *shown_headings(void);

/* The document of an image with all its NAMES in the store (full ones). A new
 * reference. */
json_t *shown_document(const struct stored *s, const char *const *names, size_t n);

/* The members of both whose keys are anything. */
extern const char *const shown_maps[];

#endif
