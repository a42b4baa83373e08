/*
 * message: what a server or a helper says about a fault, fit for an error text.
 */
#ifndef REGISTRY_MESSAGE_H
#define REGISTRY_MESSAGE_H

#include "base/text.h"

/* One line of at most a few hundred bytes: blanks folded, control characters
 * dropped, invalid UTF-8 replaced. Caller frees; never NULL. */
char *message_clean(struct text t);

/* The text of an error's body: "denied: requested access to … is denied" of the
 * registry's and the token server's JSON, else plain text. "" if it says
 * nothing (HTML pages do not). Caller frees; never NULL. */
char *message_of_body(struct text body);

#endif
