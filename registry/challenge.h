/*
 * challenge: what a server asks for with WWW-Authenticate (RFC 9110 §11.6.1).
 *
 *	Bearer realm="https://auth.example/token",service="example",
 *	       scope="repository:a:pull"
 */
#ifndef REGISTRY_CHALLENGE_H
#define REGISTRY_CHALLENGE_H

#include "base/http/http.h"
#include "base/text.h"

enum challenge_kind { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
	enum challenge_kind kind;
	char *realm, *service, *scope; /* of Bearer; realm never NULL then */
	char *error;                   /* what was wrong with the token sent, or NULL */
};

#define CHALLENGE_INIT                                                                   \
	{                                                                                \
		0                                                                        \
	}

/* The best challenge in one header's value: Bearer, then Basic, then none. */
void challenge_parse(struct challenge *out, struct text value);

/* The best one in all such headers of RESPONSE. */
void challenge_of(struct challenge *out, const struct http_response *response);
void challenge_clear(struct challenge *c);
#define auto_challenge __attribute__((cleanup(challenge_clear)))

#endif
