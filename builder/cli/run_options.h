/*
 * run_options: the options of `cooper run`, and the request that they fill in.
 */
#ifndef BUILDER_CLI_RUN_OPTIONS_H
#define BUILDER_CLI_RUN_OPTIONS_H

#include "builder/cli/options.h"
#include "builder/cli/transfer.h"
#include "builder/run/run.h"

struct run_options {
	struct transfer_options transfer;
	struct run_request request;
	ARRAY(struct variable) env;   /* -e, with values; P NULL: ours has none */
	ARRAY(struct text) env_files; /* --env-file */
	ARRAY(char *) owned;          /* texts of those files */
	struct text platform;         /* p NULL: this machine's */
	enum pull_policy pull;
	bool has_terminal, takes_input;
	bool publishes;      /* -p: there is nothing to do for it */
	size_t stop_timeout; /* seconds */
	struct text name;
};

extern const struct option_row run_option_rows[]; /* ended by a row without a name */

void run_options_init(struct run_options *o);

/* Call it after reading all options, once: reads the files of --env-file, and completes
 * the request. Warns of what has no effect. */
int run_options_settle(struct run_options *o, struct error *err);
void run_options_clear(struct run_options *o);

#endif
