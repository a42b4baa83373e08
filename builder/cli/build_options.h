/*
 * build_options: the options of `cooper build`, and the request that they fill in.
 */
#ifndef BUILDER_CLI_BUILD_OPTIONS_H
#define BUILDER_CLI_BUILD_OPTIONS_H

#include "builder/cli/dialect.h"
#include "builder/cli/options.h"
#include "builder/order/order.h"
#include "builder/ui/ui.h"

struct build_options {
	struct build_request request;
	enum progress progress;
	bool quiet;
	bool push, load;                /* until the outputs are settled */
	bool load_docker;               /* a tag is docker-daemon:NAME */
	uint64_t cpu_quota, cpu_period; /* microseconds, likewise; 0: not given */
	uint64_t memory_swap;           /* bytes, likewise; 0: not given */
	bool swap_any;                  /* --memory-swap=-1 */
	/* For outputs that name none. */
	enum compression compression;
	int level;
	bool compression_given, level_given, forces_compression, keep_times;
	bool docker_types; /* --format */
	bool gives_proxy;  /* --http-proxy */
	ARRAY(struct variable) file_args;
	const char *logfile;
	const char *log_dir; /* --log-dir */
	struct log_dir *logs;
	FILE *log; /* owned; NULL: standard error */
	enum dialect speaker;
	struct dialect_words other;
	ARRAY(struct dialect_note) notes;
	ARRAY(char *) owned; /* texts that had to be made */
};

extern const struct option_row build_option_rows[]; /* ended by a row without a name */

/* Sets the defaults, also from the environment (SOURCE_DATE_EPOCH, BUILDKIT_PROGRESS). */
void build_options_init(struct build_options *o);

/* Returns TEXT, which O now owns. */
struct text build_options_own(struct build_options *o, char *text);

/* Call it after reading all options: applies --push, --load and a missing -o to the
 * outputs. ERR_USAGE if options contradict each other. */
int build_options_settle(struct build_options *o, struct error *err);
void build_options_clear(struct build_options *o);

#endif
