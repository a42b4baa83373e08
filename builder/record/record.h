/*
 * record: what a build did, kept for later.
 *
 *	events ──► struct record ──► JSON document ──┬─► builds/ID/record.json in the store
 *	facts of the request ──┘                     ├─► a page to read (--report)
 *	                                             └─► a trace (Chrome, OTLP)
 *
 *	struct record *r = record_start();        before the first event
 *	record_keep_logs(r, store);               as soon as there is a store
 *	record_set(r, "target", …);               what events do not tell
 *	json_t *document = record_end(r);
 *
 * The document is described by docs/reference/schemas/build.json. Output of steps goes to
 * files beside it while it comes; the document has the end of it. Texts of events are
 * masked already.
 *
 * Other public headers:
 *	builder/record/kept.h   the documents in the store
 *	builder/record/page.h   a document as a page of HTML
 *	builder/record/trace.h  a document as a trace, and sending it
 */
#ifndef BUILDER_RECORD_RECORD_H
#define BUILDER_RECORD_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "layers/layers.h"

struct record;

/* Whether a step of KIND (struct event_step; may be NULL) is a HIT, a MISS or SKIPPED.
 * Bases, contexts and downloads are none of these. */
bool record_has_verdict(const char *kind);

/* From now on all events are collected. */
struct record *record_start(void);

/* When it began, by the wall clock. */
int64_t record_started_ns(const struct record *r);

/* From now on the output of steps is written to files in ST, which must outlive
 * record_end(). A failure is a warning at the end of a build that succeeded. */
void record_keep_logs(struct record *r, struct store *st);

/* Sets MEMBER of the document, taking VALUE (NULL: nothing). */
void record_set(struct record *r, const char *member, json_t *value);

/* The same for a text, whose secrets and users of URLs are masked. p NULL: nothing. */
void record_set_text(struct record *r, const char *member, struct text value);

/* Ends the collection. STATUS: done, failed, cancelled. The caller gives the reference
 * back. */
json_t *record_end(struct record *r, const char *status);
void record_free(struct record *r); /* takes NULL */

#endif
