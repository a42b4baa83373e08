/*
 * page: the document of a build as one page of HTML.
 *
 * It needs no network, no script and no other file; its content security policy allows
 * none. All text of others is escaped, and has no control characters and colours.
 */
#ifndef BUILDER_RECORD_PAGE_H
#define BUILDER_RECORD_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* Appends the page. */
void record_page(struct buf *out, const json_t *document);

/* What a report at PATH is: *IS_PAGE is true for NAME.html, false for NAME.json and "-".
 * ERR_USAGE, with OPTION in front, for anything else. */
int record_form(const char *option, const char *path, bool *is_page, struct error *err);

#endif
