/*
 * owner_server: owners for steps whose user name space has a single id. Every file
 * is really that one's; who it should belong to is kept in an extended attribute of it
 * (see LAYER_OWNER in layers/owner_marks.h), which overlayfs copies up.
 *
 *	chown …       made for the real owner, then noted
 *	stat …        made, and answered with what was noted
 *	open, mkdir … what is new is noted as the caller's, if that is not root
 *	set…id …      see credentials.h
 *
 * Permissions are those of the real owner: nothing is denied for being somebody
 * else's. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_OWNER_SERVER_H
#define BUILDER_SANDBOX_SUPERVISE_OWNER_SERVER_H

#include "builder/sandbox/supervise/credentials.h"

struct owner_server {
	bool roots_differ;   /* a process has called chroot */
	bool proc_is_shared; /* see owner_place.h */
	bool has_no_proc;    /* the root has none: descriptors have no names there */
	struct credentials_table credentials;
};

/* Answers A, or lets it pass. Our working directory and root may be others then. */
void owner_server_answer(struct owner_server *s, struct notification *a);

/* The program has the ids UID and GID, and N further GROUPS. */
void owner_server_begin(struct owner_server *s, uint32_t uid, uint32_t gid,
                        const uint32_t *groups, uint32_t n);

/* Whether calls of a program can be handed to us: tried in a child. 0, or an errno. */
int owner_server_try(void);

#endif
