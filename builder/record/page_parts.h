/*
 * page_parts: the sections of a page, and what they share. Internal to record.
 */
#ifndef BUILDER_RECORD_PAGE_PARTS_H
#define BUILDER_RECORD_PAGE_PARTS_H

#include <jansson.h>

#include "base/text.h"

/* Pieces, ended by NULL. */
extern const char *const page_style[];

/* ------------------------------------------------------------ text */

/* T for elements and attributes: escaped, without control characters. */
void page_add(struct buf *out, struct text t);

/* At most MAX bytes of it, then "…". */
void page_add_short(struct buf *out, const char *text, size_t max);

/* A log: colours are left out, of a line that was written again only the last state is
 * shown. */
void page_add_log(struct buf *out, struct text t);

/* "12.3s", "1m02s"; "1.2MB". */
void page_add_seconds(struct buf *out, double seconds);
void page_add_bytes(struct buf *out, double bytes);

/* A member; 0 if there is none. */
double page_number(const json_t *object, const char *member);

/* The class of a step: hit miss skipped failed none. */
const char *page_class(const json_t *step);

/* ------------------------------------------------------------ sections */

void page_graph(struct buf *out, const json_t *document);
void page_steps(struct buf *out, const json_t *document);
void page_layers(struct buf *out, const json_t *document);
void page_source(struct buf *out, const json_t *document);

#endif
