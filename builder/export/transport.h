/*
 * transport: where an image goes, in the words of skopeo, podman and buildah.
 *
 *	docker://HOST/NAME[:TAG]          a registry, as without a transport
 *	oci:DIR[:NAME]                    an OCI layout, to which the image is added
 *	oci-archive:FILE[:NAME]           an OCI layout in a tar
 *	docker-archive:FILE[:NAME[:TAG]]  what docker load reads
 *	dir:DIR                           manifest and blobs side by side
 *	docker-daemon:NAME:TAG            the Docker that runs here
 *	containers-storage:NAME[:TAG]     the images of Podman
 */
#ifndef BUILDER_EXPORT_TRANSPORT_H
#define BUILDER_EXPORT_TRANSPORT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

enum transport_kind {
	TRANSPORT_REGISTRY,
	TRANSPORT_OCI,
	TRANSPORT_OCI_ARCHIVE,
	TRANSPORT_DOCKER_ARCHIVE,
	TRANSPORT_DIR,
	TRANSPORT_DOCKER_DAEMON,
	TRANSPORT_CONTAINERS_STORAGE,
};

struct transport {
	enum transport_kind kind;
	char *path; /* of a file or directory, else NULL */
	char *name; /* of the image there, as written; NULL: none is given */
};

/* Whether WORD begins with the name of a transport and ":". */
bool transport_is(struct text word);

/* Reads WORD; without a transport it is a name in a registry. ERR_USAGE. */
int transport_parse(struct transport *out, struct text word, struct error *err);
void transport_clear(struct transport *t);
#define auto_transport __attribute__((cleanup(transport_clear)))

#endif
