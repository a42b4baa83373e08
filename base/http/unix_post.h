/*
 * unix_post: one POST to a server of this machine that listens on a Unix socket, as
 * container engines do.
 */
#ifndef BASE_HTTP_UNIX_POST_H
#define BASE_HTTP_UNIX_POST_H

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

struct unix_answer {
	int status;
	struct buf body; /* at most the first BODY_MAX bytes */
};

/* Sends what FD (a pipe, borrowed) holds up to its end to PATH ("/images/load") of the
 * server at the socket SOCKET. Any status is 0; ERR_ENVIRONMENT if there is no answer. The
 * caller clears OUT->body, also after a failure. */
int
unix_post(const char *socket, const char *path, const char *type, int fd, size_t body_max,
          const struct cancel *cancel, struct unix_answer *out, struct error *err);

#endif
