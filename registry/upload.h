/*
 * upload: one blob on its way to a server.
 *
 *	POST  a session                    (or the blob is mounted: nothing to send)
 *	PUT   everything at once           the usual way
 *	PATCH piece after piece, then PUT  where a body was too large (413), and for
 *	                                   the rest after a break
 *
 * After a break the server is asked what it has (GET of the session) and gets
 * the rest; one that forgot the session gets a new one.
 */
#ifndef REGISTRY_UPLOAD_H
#define REGISTRY_UPLOAD_H

#include "registry/api.h"

struct upload {
	const struct call *call;
	const struct descriptor *d;
	registry_source_fn *source;
	void *source_arg;
	registry_progress_fn *progress; /* may be NULL */
	bool anew;                      /* what the server says it has does not count */
	void *progress_arg;

	char *location;     /* of the session, or NULL */
	uint64_t offset;    /* bytes the server has */
	uint64_t chunk;     /* largest piece; 0: everything at once */
	uint64_t chunk_min; /* as the server asks, or 0 */
	bool in_doubt;      /* OFFSET must be asked for */
	bool resumed;       /* this session went on after a break */
	bool no_chunks;     /* the server takes no pieces */
};

/* Whether the repository has the blob already. 1, 0, -1. */
int upload_exists(const struct upload *u, struct error *err);

/* Whether the repository takes uploads from us: opens a session, and ends it again. */
int upload_try(struct upload *u, struct error *err);

/* Opens a session, or has the blob mounted (from the call's mount_repo, or from
 * wherever the server finds it): *MOUNTED. */
int upload_begin(struct upload *u, bool *mounted, struct error *err);

/* Sends it. The session is used up then. */
int upload_send(struct upload *u, struct error *err);
void upload_clear(struct upload *u);
#define auto_upload __attribute__((cleanup(upload_clear)))

#endif
