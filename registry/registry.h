/*
 * registry: image names, manifests, and the distribution protocol.
 *
 *	reference   "app:1"  →  host, repository, tag or digest
 *	registry    one session: connections, tokens, credentials, host settings
 *	resolve     reference + platform → manifest, its descriptor, config
 *	pull        a blob → a sink, verified while it streams
 *	push        exists? mount? send; then the manifest
 *
 * Follows the OCI distribution-spec 1.1 and, for names and tokens, Docker's
 * reference grammar and token flow. This folder knows nothing about file trees
 * or Dockerfiles; callbacks take and provide the bytes.
 *
 * Several threads may use one session at once.
 *
 * Two more headers are public:
 *
 *	registry/credentials.h  who we are at a registry
 *	registry/login.h        checks, keeps and forgets credentials
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/platform.h"
#include "base/text.h"

/* ------------------------------------------------------------ reference
 *
 *	alpine                       docker.io / library/alpine : latest
 *	hub.example/acme/tool:2          hub.example   / acme/tool      : 2
 *	localhost:5000/a/b@sha256:…  localhost:5000 / a/b       @ sha256:…
 *
 * Parsing adds the parts that the short form omits, so two names of the same
 * image give equal references. It is a pure function. A reference owns its
 * strings and never changes after it was parsed.
 */
struct reference {
	char *host;   /* never NULL; with ":port" if one was given */
	char *repo;   /* never NULL; no leading or trailing "/" */
	char *tag;    /* NULL if only a digest was given */
	char *digest; /* NULL, or "sha256:" + hex */
};

#define REFERENCE_INIT                                                                   \
	{                                                                                \
		0                                                                        \
	}

/* ERR_USAGE with "invalid reference format…" on failure; REF is left empty. */
int reference_parse(struct reference *ref, struct text text, struct error *err);
void reference_copy(struct reference *to, const struct reference *from);

/* "docker.io/library/alpine:latest[@sha256:…]". Caller frees. */
char *reference_print(const struct reference *ref);

/* The shortest text that parses to an equal reference: "alpine:latest" is
 * "alpine". Caller frees. */
char *reference_short(const struct reference *ref);
void reference_clear(struct reference *ref);
#define auto_reference __attribute__((cleanup(reference_clear)))

/* ------------------------------------------------------------ manifest */

struct manifest {
	char *media_type;
	struct descriptor config;
	ARRAY(struct descriptor) layers;
};

struct index {
	char *media_type;
	ARRAY(struct descriptor) manifests;
};

bool media_is_index(const char *media_type);

/* Whether BYTES are an index or a manifest, by mediaType or, where that is
 * missing, by their members. Schema 1 is refused by name. */
int manifest_is_index(struct text bytes, const char *where, bool *is_index,
                      struct error *err);
int manifest_read(struct manifest *out, struct text bytes, const char *where,
                  struct error *err);

/* The manifest's text: schemaVersion, mediaType, config, layers, annotations
 * (object of strings or NULL). Caller frees. */
char *manifest_write(const struct manifest *m, json_t *annotations);
void manifest_clear(struct manifest *m);
#define auto_manifest __attribute__((cleanup(manifest_clear)))

int
index_read(struct index *out, struct text bytes, const char *where, struct error *err);
char *index_write(const struct index *ix, json_t *annotations);

/* The best entry for PLATFORM (attestations and unknown/unknown never match),
 * or NULL with an error that lists the available platforms. */
const struct descriptor *
index_find(const struct index *ix, const struct platform *platform, const char *where,
           struct error *err);
/* Writes the entries that may match PLATFORM to FOUND (room for all), best first. Returns
 * their number. */
size_t index_candidates(const struct index *ix, const struct platform *platform,
                        const struct descriptor **found);

/* Appends the document that D points to, verified, to OUT. */
typedef int document_read_fn(void *arg, const struct descriptor *d, struct buf *out,
                             struct error *err);

/* Finds the manifest for PLATFORM. ROOT is a manifest or an index; an index may contain
 * indexes. OUT (initialised before) gets the descriptor, the text is appended to TEXT.
 * The number of levels and documents is limited; digests make cycles impossible.
 * ERR_SOURCE if there is no match. */
int manifest_find(const struct descriptor *root, const struct platform *platform,
                  const char *where, document_read_fn *read, void *arg,
                  struct descriptor *out, struct buf *text, struct error *err);
void index_clear(struct index *ix);
#define auto_index __attribute__((cleanup(index_clear)))

/* ------------------------------------------------------------ session */

struct registry;

/* Another place of the repositories below PREFIX: pulls ask LOCATION first. */
struct registry_mirror {
	const char *prefix, *location; /* HOST[/PATH] */
};

/* Certificates of one host, in files; NULL: none. */
struct registry_certs {
	const char *host, *ca, *cert, *key;
};

struct registry_options {
	const char *authfile; /* --authfile; NULL: all known places (credentials.h) */
	const char *const
	        *insecure; /* hosts with plain HTTP or unverified TLS; "*": all */
	size_t n_insecure;
	int retries;            /* of one request; 0: 5, negative: none */
	int timeout_s;          /* without progress; 0: 60 */
	int64_t retry_delay_ns; /* 0: it grows by itself */
	const char
	        *cert_dir; /* certificates for all hosts, in place of certs.d; or NULL */
	const struct registry_certs *certs; /* they win over all directories */
	size_t n_certs;
	const struct registry_mirror *mirrors; /* before those of registries.conf */
	size_t n_mirrors;
	bool mirrors_only;           /* what has a mirror is asked nowhere else */
	bool offline;                /* refuse every connection */
	const struct cancel *cancel; /* may be NULL */
};

/* Reads host settings and credentials lazily, each once. Never NULL; caller frees. */
struct registry *registry_new(const struct registry_options *options);
void registry_free(struct registry *reg); /* takes NULL */

/* From now on HOST (NULL: every host) gets USER and PASSWORD (copied), whatever the files say; SOURCE is for
 * messages ("--creds"). Call it before the first request. */
void registry_give(struct registry *reg, const char *host, const char *user,
                   const char *password, const char *source);

/* The same session with fewer retries, for downloads that a build can do without. REG
 * must outlive it. Never NULL; caller frees with registry_free_hasty(), which takes
 * NULL. */
struct registry *registry_new_hasty(const struct registry *reg);
void registry_free_hasty(struct registry *hasty);

/* Called with each piece of a body, in order. */
typedef int registry_sink_fn(void *arg, const void *bytes, size_t n, struct error *err);

/* The sink must discard everything so far; the next piece is the first one again. */
typedef int registry_restart_fn(void *arg, struct error *err);

/* Fills BYTES with up to N bytes from OFFSET on. Returns the count, 0 at the end, or -1.
 * A repeated request may ask for an earlier offset again. */
typedef ssize_t
registry_source_fn(void *arg, uint64_t offset, void *bytes, size_t n, struct error *err);

/* Progress of one transfer, may be NULL. */
typedef void registry_progress_fn(void *arg, uint64_t done, uint64_t total);

/* ------------------------------------------------------------ resolve */

struct resolved {
	struct descriptor root; /* the target of the name: manifest or index */
	char *root_bytes;       /* NUL-terminated; size in root.size */
	struct descriptor
	        manifest; /* of the platform; equal to root if root is not an index */
	char *manifest_bytes;
};

/* Looks REF up for PLATFORM. ERR_SOURCE if it does not exist, ERR_AUTH, ERR_NETWORK. */
int registry_resolve(struct registry *reg, const struct reference *ref,
                     const struct platform *platform, struct resolved *out,
                     struct error *err);

/* The tags of REF's repository, in the server's order. The caller clears OUT, also after a
 * failure. */
struct tag_names {
	ARRAY(char *) list; /* owned */
};
int registry_tags(struct registry *reg, const struct reference *ref,
                  struct tag_names *out, struct error *err);
void tag_names_clear(struct tag_names *names);

/* Sends one HEAD request: the digest that REF's tag points to now. */
int registry_head(struct registry *reg, const struct reference *ref,
                  struct descriptor *out, struct error *err);

/* 1 if REF's tag (without one, its repository) has the manifest DIGEST now, else 0. Asks
 * the registry itself, with the right to push. */
int registry_is_there(struct registry *reg, const struct reference *ref,
                      const struct digest *digest, struct error *err);

void resolved_clear(struct resolved *r);
#define auto_resolved __attribute__((cleanup(resolved_clear)))

/* ------------------------------------------------------------ transfer */

/* Streams blob D of REF's repository into SINK. After a break it continues where it
 * stopped (Range). If size or digest do not match, it calls RESTART and fetches again: a
 * few times from each mirror, then from the repository itself, then from D's urls (for
 * non-distributable layers). Returns 0 if the sink got exactly D's bytes since the last
 * RESTART. */
int
registry_pull_blob(struct registry *reg, const struct reference *ref,
                   const struct descriptor *d, registry_sink_fn *sink,
                   registry_restart_fn *restart, void *sink_arg,
                   registry_progress_fn *progress, void *progress_arg, struct error *err);

/* A whole small blob (config) or manifest by digest, at most MAX bytes, verified. */
int registry_pull_bytes(struct registry *reg, const struct reference *ref,
                        const struct descriptor *d, size_t max, bool is_manifest,
                        struct buf *out, struct error *err);

/* Checks that we may push to REF's repository: starts an upload and cancels it. ERR_AUTH,
 * ERR_NETWORK, ERR_SOURCE. */
int
registry_try_push(struct registry *reg, const struct reference *ref, struct error *err);

enum push_outcome { PUSH_EXISTED, PUSH_MOUNTED, PUSH_SENT };

/* Makes blob D present in REF's repository: HEAD, then mount from MOUNT_REPO
 * (a repository on the same host, or NULL), then one upload. ANEW: uploads the
 * blob even if the server says that it has it. */
int registry_push_blob(struct registry *reg, const struct reference *ref,
                       const struct descriptor *d, const char *mount_repo, bool anew,
                       registry_source_fn *source, void *source_arg,
                       registry_progress_fn *progress, void *progress_arg,
                       enum push_outcome *outcome, struct error *err);

/* Puts BYTES as manifest under REF's tag (or its digest if it has no tag).
 * Returns REGISTRY_LACKS_BLOBS instead of -1 if the server lacks blobs of the manifest
 * (whatever it said before): then the caller must send all blobs again. */
#define REGISTRY_LACKS_BLOBS (-2)
int registry_push_manifest(struct registry *reg, const struct reference *ref,
                           const char *media_type, struct text bytes,
                           const struct digest *digest, struct error *err);

/* One manifest to be stored, and what the server said to it. */
struct registry_put {
	const char *media_type;
	struct text bytes;
	const struct digest *digest;
	const char *if_match; /* the tag's etag as it was read; NULL: whatever it is */
	bool knows_subject;   /* answer: the server lists it as a referrer by itself */
};

/* The same. REGISTRY_CHANGED: the server compared, and the tag has another etag. */
#define REGISTRY_CHANGED (-3)
int registry_put_manifest(struct registry *reg, const struct reference *ref,
                          struct registry_put *put, struct error *err);

/* ------------------------------------------------------------ documents */

/* A manifest, index or artefact as a registry has it. */
struct registry_document {
	struct descriptor descriptor; /* media type, digest, size */
	struct buf bytes;
	char *etag; /* NULL: the server sent none */
};

/* Reads what REF names, verified, whatever it is for. FRESH: from the registry itself,
 * not from a mirror or a cache. The caller clears OUT, also after a failure. */
int registry_read_document(struct registry *reg, const struct reference *ref, bool fresh,
                           struct registry_document *out, struct error *err);
void registry_document_clear(struct registry_document *d);
#define auto_registry_document __attribute__((cleanup(registry_document_clear)))

/* What the repository of REF has that refers to SUBJECT: an index, from the referrers API
 * or, where the server has none, from the tag "sha256-HEX" (distribution-spec 1.1,
 * "Listing Referrers"). Returns 1 and *OUT (a new reference), 0: nothing, -1. */
int registry_referrers(struct registry *reg, const struct reference *ref,
                       const struct digest *subject, json_t **out, struct error *err);

/* The tag under which SUBJECT's referrers are listed where the server has no API for it.
 * Caller frees. */
char *registry_referrers_tag(const struct digest *subject);

/* Removes what REF names by its digest, or its tag alone. ERR_SOURCE: it does not exist.
 * ERR_POLICY: the server does not delete. */
int registry_delete(struct registry *reg, const struct reference *ref, struct error *err);

/* Removes the tag of REF and nothing else: the image and its other tags stay. Errors as of
 * registry_delete(). */
int registry_untag(struct registry *reg, const struct reference *ref, struct error *err);

/* ------------------------------------------------------------ plain HTTP
 *
 * For ADD of http(s) URLs and for http contexts: the same proxy, CA and retry rules.
 */
struct http_file {
	char *etag;              /* NULL: none sent */
	char *final_url;         /* after redirects */
	int64_t last_modified_s; /* 0: none sent; up to the year 9999 */
	bool not_modified;       /* 304: nothing reached the sink */
};

/* GETs URL (with If-None-Match: ETAG if not NULL) into SINK. AUTHORIZATION (NULL: none)
 * is the value of the header for URL's own server. After a break it continues where it
 * stopped if the server says that the content is unchanged; else it calls RESTART and
 * starts again. Statuses other than 2xx and 304 are ERR_SOURCE (401, 403: ERR_AUTH)
 * "invalid response status N". */
int
registry_fetch_url(struct registry *reg, const char *url, const char *authorization,
                   const char *etag, registry_sink_fn *sink, registry_restart_fn *restart,
                   void *sink_arg, registry_progress_fn *progress, void *progress_arg,
                   struct http_file *out, struct error *err);
void http_file_clear(struct http_file *f);
#define auto_http_file __attribute__((cleanup(http_file_clear)))

#endif
