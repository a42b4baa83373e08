/*
 * ends: options of commands that work with images at two ends, and the session of both.
 */
#ifndef BUILDER_CLI_ENDS_H
#define BUILDER_CLI_ENDS_H

#include "builder/cli/transfer.h"
#include "builder/depots/depots.h"

/* First member of the options: transfer's, and those for one end alone. */
struct ends_options {
	struct transfer_options transfer;
	struct text creds[2];  /* of the source, of the destination */
	bool no_tls_verify[2]; /* likewise */
	struct {
		ARRAY(struct platform) list;
	} platforms;
};

int ends_set_src_creds(void *target, struct text value, struct error *err);
int ends_set_dest_creds(void *target, struct text value, struct error *err);
int ends_set_src_tls(void *target, struct text value, struct error *err);
int ends_set_dest_tls(void *target, struct text value, struct error *err);
int ends_set_platform(void *target, struct text value, struct error *err);

#define ENDS_AT(member) offsetof(struct ends_options, member)
#define ROWS_ENDS                                                                        \
	{ "dest-creds",                                                                  \
	  0,                                                                             \
	  "USER:PASSWORD",                                                               \
	  OPTION_CALL,                                                                   \
	  0,                                                                             \
	  ends_set_dest_creds,                                                           \
	  "as --creds, for the destination alone" },                                     \
	        { "dest-tls-verify",                                                     \
		  0,                                                                     \
		  "[=true|false]",                                                       \
		  OPTION_CALL_FLAG,                                                      \
		  0,                                                                     \
		  ends_set_dest_tls,                                                     \
		  "as --tls-verify, for the destination alone" },                        \
	        { "src-creds",                                                           \
		  0,                                                                     \
		  "USER:PASSWORD",                                                       \
		  OPTION_CALL,                                                           \
		  0,                                                                     \
		  ends_set_src_creds,                                                    \
		  "as --creds, for the source alone" },                                  \
	{                                                                                \
		"src-tls-verify", 0, "[=true|false]", OPTION_CALL_FLAG, 0,               \
		        ends_set_src_tls, "as --tls-verify, for the source alone"        \
	}
#define ROW_PLATFORMS                                                                    \
	{                                                                                \
		"platform", 0, "OS/ARCH", OPTION_CALL, 0, ends_set_platform,             \
		        "of an index only the images for these platforms, with commas"   \
	}

void ends_init(struct ends_options *o);
void ends_clear(struct ends_options *o);

/* Starts T for work with the words SRC and DEST (each may be NULL). BARE: what words without
 * a transport are (builder/depots/depots.h). Call transfer_end() even after a failure. */
int
ends_start(struct transfer *t, const struct ends_options *o, const char *what,
           const char *src, const char *dest, enum depot_bare bare, struct error *err);

#endif
