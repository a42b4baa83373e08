/*
 * auth_places: the files that may hold credentials, in the order in which they are asked
 * (credentials.h has the list).
 */
#ifndef REGISTRY_AUTH_PLACES_H
#define REGISTRY_AUTH_PLACES_H

#include "base/array.h"

struct auth_places {
	ARRAY(char *) list; /* paths; the files need not exist */
	size_t usual;       /* where new credentials go; list.n: nowhere */
};

/* With AUTHFILE (not NULL) there is only that one. The caller clears OUT. */
void auth_places_list(const char *authfile, struct auth_places *out);
void auth_places_clear(struct auth_places *places);
#define auto_auth_places __attribute__((cleanup(auth_places_clear)))

#endif
