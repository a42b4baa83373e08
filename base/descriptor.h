/*
 * descriptor: a pointer to content, OCI image-spec descriptor.md, and the
 * media types of OCI and Docker.
 */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/platform.h"

#define MEDIA_OCI_MANIFEST      "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_INDEX         "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_CONFIG        "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_LAYER         "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_OCI_LAYER_GZIP    "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_OCI_LAYER_ZSTD    "application/vnd.oci.image.layer.v1.tar+zstd"
#define MEDIA_DOCKER_MANIFEST   "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_LIST       "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_CONFIG     "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER      "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define MEDIA_DOCKER_LAYER_ZSTD "application/vnd.docker.image.rootfs.diff.tar.zstd"

struct descriptor {
	char *media_type; /* owned */
	struct digest digest;
	uint64_t size;
	struct platform platform; /* os NULL if the descriptor names none */
	json_t *annotations;      /* object of strings, or NULL; a counted reference */
	json_t *urls; /* array of strings: other places of the content, or NULL; counted */
};

#define DESCRIPTOR_INIT                                                                  \
	{                                                                                \
		0                                                                        \
	}

/* Reads a descriptor object; WHERE names it in errors ("manifest: layers[3]").
 * OUT was initialised before; what it held is freed on success. A missing media
 * type is "", a missing digest or size is an error. */
int descriptor_read(struct descriptor *out, const json_t *object, const char *where,
                    struct error *err);

/* A new JSON object, members in the order mediaType, digest, size, urls, platform,
 * annotations. */
json_t *descriptor_write(const struct descriptor *d);
void descriptor_copy(struct descriptor *to, const struct descriptor *from);
void descriptor_clear(struct descriptor *d);
#define auto_descriptor __attribute__((cleanup(descriptor_clear)))

#endif
