/*
 * kept: the records of builds in a store.
 *
 *	builds/ID/record.json   the document; a folder without it is of a build that runs
 *	builds/ID/N.log         the output of step N
 *
 * ID is the time of the start in hex, so names sort by time. A build that runs steps keeps
 * the newest RECORDS_MAX of at most RECORD_DAYS days; one that does not removes only what
 * is far beyond. Only their owner can read them.
 */
#ifndef BUILDER_RECORD_KEPT_H
#define BUILDER_RECORD_KEPT_H

#include <jansson.h>
#include <stdint.h>

#include "base/array.h"
#include "base/error.h"
#include "layers/layers.h"

#define RECORD_FOLDER   "builds"
#define RECORDS_MAX     50
#define RECORD_DAYS     30
#define RECORD_ID_MAX   17 /* with NUL */
#define RECORD_PATH_MAX 32
#define RECORD_LOG_MAX  24

/* Each returns OUT: "builds/ID" below the store, "7.log" below that. */
char *kept_path(const char *id, char out[RECORD_PATH_MAX]);
char *kept_log_name(int step, char out[RECORD_LOG_MAX]);

/* Keeps DOCUMENT (its "id" names it) and drops what is too old. Not synced. */
int kept_write(struct store *st, const json_t *document, struct error *err);

struct record_ids {
	ARRAY(char *) list;
};

/* The finished records, the last one first. */
void kept_list(struct store *st, struct record_ids *out);
void record_ids_clear(struct record_ids *ids);
#define auto_record_ids __attribute__((cleanup(record_ids_clear)))

/* The build that REF means: NULL or "^0" the last one, "^N" the N-th before it, else
 * the beginning of its id. The caller frees; NULL with ERR_SOURCE. */
char *kept_find(struct store *st, const char *ref, struct error *err);

/* The document of ID; the caller gives the reference back. NULL with ERR_SOURCE if it has
 * gone, ERR_DAMAGED. */
json_t *kept_read(struct store *st, const char *id, struct error *err);

/* The output of STEP; the caller closes. -1 with errno. */
int kept_log_open(struct store *st, const char *id, int step);
int kept_remove(struct store *st, const char *id, struct error *err);

#endif
