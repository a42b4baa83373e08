/*
 * remote: contexts that are a git repository or a file behind a URL, brought
 * into a directory of the store's tmp. Internal to build.
 */
#ifndef BUILDER_BUILD_REMOTE_H
#define BUILDER_BUILD_REMOTE_H

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"
#include "registry/registry.h"

/* "https://host/x.git#ref:dir", also with ?ref=…&subdir=…. .git goes, unless
 * KEEP_GIT_DIR. *DIR: caller frees. */
int remote_git(struct store *store, const char *url, bool keep_git_dir, bool offline,
               const struct cancel *cancel, char **dir, struct error *err);

/* An archive is unpacked into *DIR (caller frees); anything else is the Dockerfile,
 * and the one file "context" of *DIR. */
int remote_http(struct store *store, struct registry *registry, const char *url,
                char **dir, struct buf *dockerfile, struct error *err);

/* Appends what URL gives, at most MAX bytes of it. */
int remote_text(struct registry *registry, const char *url, size_t max, struct buf *out,
                struct error *err);

#endif
