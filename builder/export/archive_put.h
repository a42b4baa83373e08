/*
 * archive_put: the parts of an archive of images (an OCI layout, a docker archive), in a
 * tar or in a directory. Internal to export.
 */
#ifndef BUILDER_EXPORT_ARCHIVE_PUT_H
#define BUILDER_EXPORT_ARCHIVE_PUT_H

#include "builder/export/package.h"
#include "layers/tar_out.h"

struct archive {
	struct tar_out *tar; /* NULL: a directory */
	int dir_fd;
	bool is_flat; /* blobs are beside the rest, named by their digits alone */
};

/* Where the blob D is in A. Caller frees. */
char *archive_blob_path(const struct archive *a, const struct digest *d);

/* Makes the directories of blobs, and in a directory removes what dead processes left. */
int archive_put_directories(struct archive *a, struct error *err);
int archive_put_text(struct archive *a, const char *path, struct text text,
                     struct error *err);

/* BLOB's text, or its bytes in the store, which are compared with the digest. */
int
archive_put_blob(struct archive *a, struct store *store, const struct package_blob *blob,
                 const struct cancel *cancel, struct error *err);

/* The entry of an image in manifest.json of docker archives. A new reference. */
json_t *archive_docker_entry(const struct archive *a, const struct manifest *m,
                             const struct export_names *names);

/* The index.json that is there, or NULL: no readable one exists. A new reference. */
json_t *archive_read_index(int dir_fd);

#endif
