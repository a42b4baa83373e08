/*
 * upload: uploads one blob to a server.
 *
 *	POST  a session                    (or the blob is mounted: nothing to send)
 *	PUT   everything at once           the usual way
 *	PATCH piece after piece, then PUT  if a body was too large (413), and for
 *	                                   the rest after a break
 *
 * After a break we ask the server what it has (GET of the session) and send the
 * rest. If it forgot the session, we open a new one.
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
	bool anew; /* upload even if the server says that it has the blob */
	void *progress_arg;

	char *location;     /* of the session, or NULL */
	uint64_t offset;    /* bytes the server has */
	uint64_t chunk;     /* largest piece; 0: everything at once */
	uint64_t chunk_min; /* the server's minimum, or 0 */
	bool in_doubt;      /* OFFSET must be asked for */
	bool resumed;       /* this session went on after a break */
	bool no_chunks;     /* the server takes no pieces */
};

/* Whether the repository has the blob already. 1, 0, -1. */
int upload_exists(const struct upload *u, struct error *err);

/* Checks that we may upload to the repository: opens a session and closes it. */
int upload_try(struct upload *u, struct error *err);

/* Opens a session, or mounts the blob (from the call's mount_repo, or from
 * wherever the server finds it); then sets *MOUNTED. */
int upload_begin(struct upload *u, bool *mounted, struct error *err);

/* Sends the blob. Then the session is over. */
int upload_send(struct upload *u, struct error *err);
void upload_clear(struct upload *u);
#define auto_upload __attribute__((cleanup(upload_clear)))

#endif
