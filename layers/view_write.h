/*
 * view_write: writes file systems as one tar, or as files.
 */
#ifndef LAYERS_VIEW_WRITE_H
#define LAYERS_VIEW_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "layers/layers.h"

/* One file system of several, below FOLDER ("": not in a folder). */
struct view_part {
	const struct view *view;
	const char *folder;
};

/* Writes N merged file systems as one tar (-o type=tar). Times later than EPOCH become it
 * (-1: none). */
int
view_write_tar(const struct view_part *parts, size_t n, layer_sink_fn *sink, void *arg,
               int64_t epoch, const struct cancel *cancel, struct error *err);

/* Writes one as files below DIR_FD (-o type=local), all owned by the caller, as
 * BuildKit's local exporter does. IS_MOUNT: steps will see the files, so that notes have
 * the modes that this user cannot give (owner_notes.h). */
int view_write_dir(const struct view *v, int dir_fd, bool is_mount, int64_t epoch,
                   const struct cancel *cancel, struct error *err);

/* Removes everything below DIR_FD that is not part of PARTS; a part's folder is a
 * directory in DIR_FD. */
int view_prune_dir(const struct view_part *parts, size_t n, int dir_fd,
                   const struct cancel *cancel, struct error *err);

#endif
