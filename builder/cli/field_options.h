/*
 * field_options: options of `cooper build` whose values are lists of fields. Commas
 * separate fields; a field that contains a comma is in double quotes (base/csv.h).
 */
#ifndef BUILDER_CLI_FIELD_OPTIONS_H
#define BUILDER_CLI_FIELD_OPTIONS_H

#include "builder/cli/options.h"

/* TARGET is a struct build_options. */
option_fn add_secret;   /* id=ID[,src=FILE|,env=NAME][,type=file|env] */
option_fn add_ssh;      /* default|ID[=SOCKET] */
option_fn add_resource; /* memory=SIZE,cpu-quota=US,cpu-period=US */

#endif
