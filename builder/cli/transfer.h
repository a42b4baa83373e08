/*
 * transfer: the common part of pull and push: options, store, registry and
 * progress.
 */
#ifndef BUILDER_CLI_TRANSFER_H
#define BUILDER_CLI_TRANSFER_H

#include "builder/cli/command.h"
#include "builder/cli/session.h"
#include "builder/export/export.h"

/* First member of the options of both. */
struct transfer_options {
	struct store_options store;
	const char *authfile;
	ARRAY(struct text) insecure;
	enum progress progress;
	bool quiet;
};

int transfer_set_progress(void *target, struct text value, struct error *err);

#define TRANSFER_AT(member) offsetof(struct transfer_options, member)
#define ROW_AUTHFILE                                                                     \
	{                                                                                \
		"authfile", 0, "FILE", OPTION_STRING, TRANSFER_AT(authfile), NULL,       \
		        "credentials, instead of the usual places"                       \
	}
#define ROW_INSECURE                                                                     \
	{                                                                                \
		"insecure-registry", 0, "HOST", OPTION_TEXTS, TRANSFER_AT(insecure),     \
		        NULL, "use plain HTTP or unverified TLS for HOST"                \
	}
#define ROW_PROGRESS                                                                     \
	{                                                                                \
		"progress", 0, "auto|plain|tty|rawjson|quiet", OPTION_CALL, 0,           \
		        transfer_set_progress, "how progress is shown"                   \
	}
#define ROW_QUIET                                                                        \
	{                                                                                \
		"quiet", 'q', NULL, OPTION_FLAG, TRANSFER_AT(quiet), NULL,               \
		        "show no progress"                                               \
	}

struct transfer {
	struct session session;
	struct export_options options; /* store, registry, cancel */
	int lease_fd;
};

void transfer_options_init(struct transfer_options *o);
void transfer_options_clear(struct transfer_options *o);

/* Opens everything; WHAT is the live view's word for it ("Pulling"). Call transfer_end()
 * even after a failure: it shows the last state, so that an error appears below it. */
int transfer_start(struct transfer *t, const struct transfer_options *o, const char *what,
                   struct error *err);
void transfer_end(struct transfer *t);

/* "docker.io/library/app:1@sha256:…", the result of both, on standard output. */
void transfer_print(const char *name, const struct descriptor *root);

#endif
