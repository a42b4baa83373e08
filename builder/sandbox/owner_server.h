/*
 * owner_server: owners for steps whose user name space has a single id. Every file
 * is really that one's; who it should belong to is kept in an extended attribute of it
 * (see LAYER_OWNER in layers.h), which overlayfs copies up.
 *
 *	chown …       made for the real owner, then noted
 *	stat …        made, and answered with what was noted
 *	open, mkdir … what is new is noted as the caller's, if that is not root
 *	set…id …      see credentials.h
 *
 * Permissions are those of the real owner: nothing is denied for being somebody
 * else's. System calls only.
 */
#ifndef BUILDER_SANDBOX_OWNER_SERVER_H
#define BUILDER_SANDBOX_OWNER_SERVER_H

#include "builder/sandbox/credentials.h"

struct owner_server {
	int listener_fd;     /* -1: not yet */
	int proc_fd;         /* of a /proc that numbers processes as we do */
	bool roots_differ;   /* a process has called chroot */
	bool proc_is_shared; /* see owner_place.h */
	struct credentials_table credentials;
};

/* Answers one call. -1 when there is nobody left to ask. */
int owner_server_answer(struct owner_server *s);

#endif
