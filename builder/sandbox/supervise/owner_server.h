/*
 * owner_server: emulates owners for steps whose user namespace has a single id. Every
 * file really belongs to this id. Its emulated owner is in an extended attribute (see
 * LAYER_OWNER in layers/owner_marks.h), which overlayfs copies up.
 *
 *	chown …       made with the real owner, then noted
 *	stat …        made, and answered with the noted owner
 *	open, mkdir … a new file is noted as the caller's, if the caller is not root
 *	set…id …      see credentials.h
 *
 * Permissions are those of the real owner: no access is denied because a file belongs
 * to another user. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_OWNER_SERVER_H
#define BUILDER_SANDBOX_SUPERVISE_OWNER_SERVER_H

#include "builder/sandbox/supervise/credentials.h"

struct owner_server {
	bool roots_differ;   /* a process has called chroot */
	bool proc_is_shared; /* see owner_place.h */
	bool has_no_proc;    /* the root has no /proc: descriptors have no names there */
	struct credentials_table credentials;
};

/* Answers A, or lets it continue. May change our working directory and root. */
void owner_server_answer(struct owner_server *s, struct notification *a);

/* The program has the ids UID and GID, and N further GROUPS. */
void owner_server_begin(struct owner_server *s, uint32_t uid, uint32_t gid,
                        const uint32_t *groups, uint32_t n);

/* Tries in a child whether a filter can pass calls to us, and whether we can follow the
 * step to its root. 0, or an errno. */
int owner_server_try(void);

#endif
