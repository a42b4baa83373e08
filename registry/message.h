/*
 * message: makes the message of a server or helper fit for an error text.
 */
#ifndef REGISTRY_MESSAGE_H
#define REGISTRY_MESSAGE_H

#include "base/text.h"

/* One line of at most a few hundred bytes: blanks folded, control characters
 * dropped, invalid UTF-8 replaced. Caller frees; never NULL. */
char *message_clean(struct text t);

/* The message in an error's body: "denied: requested access to … is denied" from
 * the JSON of a registry or token server, else plain text. "" if there is none, as
 * in HTML pages. Caller frees; never NULL. */
char *message_of_body(struct text body);

#endif
