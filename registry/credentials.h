/*
 * credentials: who we are at a registry, from the files of Docker and of the
 * containers tools, and from their helper programs.
 *
 *	--authfile FILE                         if given, only this one
 *	$DOCKER_AUTH_CONFIG                     the text of such a file
 *	$REGISTRY_AUTH_FILE
 *	$DOCKER_CONFIG/config.json
 *	$XDG_RUNTIME_DIR/containers/auth.json
 *	$XDG_CONFIG_HOME/containers/auth.json   (~/.config without the variable)
 *	~/.docker/config.json
 *	~/.dockercfg
 *
 * The first source that knows the repository wins. In a source the longest
 * key wins (host/a/b before host/a before host), and at each key credHelpers
 * win over auths; credsStore is asked for the host before auths are.
 *
 * Files are read once. Answers of helpers are cached for a little less than
 * five minutes. Thread-safe. Secrets are registered for masking, and only the
 * server that they are for gets them.
 */
#ifndef REGISTRY_CREDENTIALS_H
#define REGISTRY_CREDENTIALS_H

#include "base/cancel.h"
#include "base/error.h"

struct credential {
	char *user, *password; /* both or neither */
	char *identity_token;  /* is exchanged for tokens, or NULL */
	char *registry_token;  /* is a token itself, or NULL */
	char *source;          /* for errors: "/root/.docker/config.json" */
};

#define CREDENTIAL_INIT                                                                  \
	{                                                                                \
		0                                                                        \
	}

/* USER and PASSWORD become OUT's (copied), and PASSWORD is masked in all texts. */
void credential_set(struct credential *out, const char *user, const char *password,
                    const char *source);

struct credentials;

/* AUTHFILE may be NULL. */
struct credentials *credentials_new(const char *authfile, const struct cancel *cancel);
void credentials_free(struct credentials *c); /* takes NULL */

/* From now on HOST gets GIVEN (copied), whatever the files say. Call it before other
 * threads use C. */
void
credentials_give(struct credentials *c, const char *host, const struct credential *given);

/* What is known for REPO at HOST (both as in a reference). 1 found, 0 none, -1
 * if AUTHFILE cannot be read or a helper fails. */
int credentials_find(struct credentials *c, const char *host, const char *repo,
                     struct credential *out, struct error *err);
void credential_clear(struct credential *credential); /* wipes the secrets */
#define auto_credential __attribute__((cleanup(credential_clear)))

#endif
