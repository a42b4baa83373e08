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
	struct text creds;  /* "user:password"; p NULL: none */
	bool no_tls_verify; /* of the registries that the command names */
	int retries;        /* these three: as in registry_options */
	int64_t retry_delay_ns;
	int timeout_s;
	enum progress progress;
	bool quiet;
};

int transfer_set_progress(void *target, struct text value, struct error *err);
int transfer_set_creds(void *target, struct text value, struct error *err);
int transfer_set_tls_verify(void *target, struct text value, struct error *err);
int transfer_set_retry(void *target, struct text value, struct error *err);
int transfer_set_retry_delay(void *target, struct text value, struct error *err);
int transfer_set_timeout(void *target, struct text value, struct error *err);

#define TRANSFER_AT(member) offsetof(struct transfer_options, member)
#define ROW_AUTHFILE                                                                     \
	{                                                                                \
		"authfile", 0, "FILE", OPTION_STRING, TRANSFER_AT(authfile), NULL,       \
		        "credentials, instead of the usual places"                       \
	}
#define ROW_CREDS                                                                        \
	{                                                                                \
		"creds", 0, "USER:PASSWORD", OPTION_CALL, 0, transfer_set_creds,         \
		        "instead of stored ones; other users can see it: prefer login"   \
	}
#define ROW_TLS_VERIFY                                                                   \
	{                                                                                \
		"tls-verify", 0, "[=true|false]", OPTION_CALL_FLAG, 0,                   \
		        transfer_set_tls_verify,                                         \
		        "false: plain HTTP or unverified TLS for the named registry"     \
	}
#define ROW_INSECURE                                                                     \
	{                                                                                \
		"insecure-registry", 0, "HOST", OPTION_TEXTS, TRANSFER_AT(insecure),     \
		        NULL, "use plain HTTP or unverified TLS for HOST"                \
	}
#define ROW_PROGRESS                                                                     \
	{                                                                                \
		"progress", 0, PROGRESS_WORDS, OPTION_CALL, 0, transfer_set_progress,    \
		        "how progress is shown"                                          \
	}
#define ROW_QUIET                                                                        \
	{                                                                                \
		"quiet", 'q', NULL, OPTION_FLAG, TRANSFER_AT(quiet), NULL,               \
		        "show no progress"                                               \
	}
#define ROW_RETRY                                                                        \
	{                                                                                \
		"retry", 0, "N", OPTION_CALL, 0, transfer_set_retry,                     \
		        "how often a request is repeated (default 5)"                    \
	}
#define ROW_RETRY_DELAY                                                                  \
	{                                                                                \
		"retry-delay", 0, "TIME", OPTION_CALL, 0, transfer_set_retry_delay,      \
		        "the time between, like 2s (default: it grows)"                  \
	}
#define ROW_TIMEOUT                                                                      \
	{                                                                                \
		"timeout", 0, "TIME", OPTION_CALL, 0, transfer_set_timeout,              \
		        "how long a server may be silent, like 20s (default 60s)"        \
	}

struct transfer {
	struct session session;
	struct export_options options; /* store, registry, cancel */
	int lease_fd;
};

void transfer_options_init(struct transfer_options *o);
void transfer_options_clear(struct transfer_options *o);

/* A session for work at HOST (NULL: none), with the credentials and the trust of O. The
 * caller frees it. */
struct registry *transfer_registry(const struct transfer_options *o, const char *host,
                                   const struct cancel *cancel);

/* Opens everything; WHAT is the live view's word for it ("Pulling"). HOST: see
 * transfer_registry(). Call transfer_end() even after a failure: it shows the last state, so that an error appears below it. */
int transfer_start(struct transfer *t, const struct transfer_options *o, const char *what,
                   const char *host, struct error *err);
void transfer_end(struct transfer *t);

/* "docker.io/library/app:1@sha256:…", the result of both, on standard output. */
void transfer_print(const char *name, const struct descriptor *root);

#endif
