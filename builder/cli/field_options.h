/*
 * field_options: options of `cooper build` whose values are lists of fields. Commas
 * separate fields; a field that contains a comma is in double quotes (base/csv.h).
 */
#ifndef BUILDER_CLI_FIELD_OPTIONS_H
#define BUILDER_CLI_FIELD_OPTIONS_H

#include "builder/cli/build_options.h"
#include "builder/cli/options.h"

/* TARGET is a struct build_options. */
option_fn add_secret; /* id=ID[,src=FILE|,env=NAME][,type=file|env] */
option_fn add_ssh;    /* default|ID[=SOCKET] */

struct field {
	char *key;         /* in small letters; owned */
	struct text value; /* p NULL: there is no "=" */
	struct text whole;
};

/* Cuts the next field off *REST; its texts are O's. 1, 0 at the end, -1. */
int field_next(struct build_options *o, struct text *rest, struct field *out,
               struct error *err);
int field_unknown(const struct field *f, struct error *err); /* -1 */
void field_clear(struct field *f);
#define auto_field __attribute__((cleanup(field_clear)))

#endif
