/*
 * remote: fetches contexts that are a git repository or a file at a URL into a
 * directory of the store. Internal to order.
 */
#ifndef BUILDER_ORDER_REMOTE_H
#define BUILDER_ORDER_REMOTE_H

#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"
#include "layers/layers.h"
#include "registry/registry.h"

struct secret;

/* What the functions need. All borrowed. */
struct remote {
	struct store *store;
	struct registry *registry;
	const struct secret *secrets; /* see builder/steps/source_auth.h */
	size_t n_secrets;
	bool offline;
	uint64_t unpack_max; /* see archive_options.max */
	struct cancel *cancel;
};

/* "https://host/x.git#ref:dir", also with ?ref=…&subdir=…. .git is removed unless
 * KEEP_GIT_DIR. *DIR: caller frees the text; the directory belongs to the store and must
 * not be changed. *TIME: the commit's, seconds. */
int remote_git(const struct remote *r, const char *url, bool keep_git_dir, char **dir,
               int64_t *time, struct error *err);

/* An archive is unpacked into *DIR (caller frees); anything else is the Dockerfile,
 * and the one file "context" of *DIR. *TIME: seconds, from the server, else of the
 * newest file of an archive; -1: neither. */
int remote_http(const struct remote *r, const char *url, char **dir,
                struct buf *dockerfile, int64_t *time, struct error *err);

/* Appends the content of URL, at most MAX bytes. */
int remote_text(const struct remote *r, const char *url, size_t max, struct buf *out,
                struct error *err);

#endif
