/*
 * image: base images as input of a build, and images as its result.
 *
 *	source_image     a base: resolved name, manifest, config, lazy layers
 *	image_assemble   base config + the plan's image + layers → config JSON
 *	image            the result of a build, input of the outputs
 *
 * A source image is first looked up in the store (tags, then refs/, the cached
 * answers of registries), if the pull policy allows it. Its layers are handles;
 * nothing is downloaded until a step needs their bytes.
 *
 *	builder/image/blob_place.h   the places where images can be
 */
#ifndef BUILDER_IMAGE_IMAGE_H
#define BUILDER_IMAGE_IMAGE_H

#include <jansson.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/mem.h"
#include "layers/compress.h"
#include "parser/config.h"
#include "parser/plan.h"
#include "parser/step.h"
#include "registry/registry.h"

struct blob_place;

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEWER, PULL_NEVER };

struct source_image {
	struct arena *arena;            /* base's texts */
	const struct blob_place *place; /* the source of documents and layers */
	void *at;                       /* the image there; only PLACE knows what it is */
	struct descriptor root;         /* the target of the name */
	struct manifest manifest;
	struct digest manifest_digest;
	json_t *config;               /* the whole document */
	struct base_image base;       /* the parser's view; base.image is this */
	ARRAY(struct layer *) layers; /* lowest first */
	struct store *store;
	const struct cancel *cancel;
	int vertex; /* of source_image_show(); atomic */
};

struct source_options {
	struct store *store;
	struct registry *registry;
	enum pull_policy policy;
	bool offline;
	const struct cancel *cancel;
};

/* Finds the image that M names, at the place for its kind, and reads its config. The
 * caller frees it after the last use of the store, because layers fetch through it. */
struct source_image *source_image_load(const struct source_options *options,
                                       const struct missing_base *m, struct error *err);

/* The same at PLACE, whatever kind M has. */
struct source_image *
source_image_load_from(const struct blob_place *place,
                       const struct source_options *options, const struct missing_base *m,
                       struct error *err);
void source_image_free(struct source_image *s); /* takes NULL */

/* From now on layers of S that are fetched are shown as transfers of VERTEX, each followed
 * by its status "unpacking"; 0: as vertices of their own. */
void source_image_show(struct source_image *s, int vertex);

/* The name of that status for BLOB, into OUT. */
#define UNPACKING_NAME_MAX 40
void unpacking_name(const struct descriptor *blob, char out[UNPACKING_NAME_MAX]);

/* The name by which a registry of the same host can mount its layers, or NULL. */
const struct reference *source_image_mountable(const struct source_image *s);

/* Fetches a blob of REF into STORE unless it is there, showing progress at VERTEX (see
 * source_image_show()). READER: see layer_fetch_fn. */
int image_fetch_blob(struct store *store, struct registry *registry,
                     const struct reference *ref, const struct descriptor *d,
                     struct growing_blob *reader, int vertex, struct error *err);

/* The cached answer of a registry, refs/<hash of the full name>: 1, 0, -1. */
int refs_find(struct store *store, const char *name, struct descriptor *out,
              struct error *err);
int refs_write(struct store *store, const char *name, const struct descriptor *target,
               struct error *err);

/* Copies blob D from the OCI layout at PATH into STORE unless it is there. Copies at most
 * D's size, and only from regular files. Links to such files are allowed, because build
 * tools make them. */
int layout_fetch_blob(struct store *store, const char *path, const struct descriptor *d,
                      const struct cancel *cancel, struct error *err);

/* Finds the image that TEXT ("path[:tag][@digest]") names in an OCI layout; *PATH
 * (caller frees) is the directory. Its index.json must not be a link out of it. */
int layout_find(const char *text, char **path, struct descriptor *out, struct error *err);

/* Reads an image config's execution part into CONFIG (texts in ARENA). OCI
 * image-spec config.md plus Docker's Healthcheck, OnBuild, Shell. */
int image_config_read(struct arena *arena, const json_t *document, struct config *config,
                      struct platform *platform, int64_t *created_ns, struct error *err);

/* One layer that the build added, for history. */
struct added_layer {
	step_id step;
	struct digest diffid;
	int64_t created_ns;
};

/* The config document of IMAGE: BASE's (NULL for scratch) with what its instructions
 * changed, ADDED in order, DIFFIDS of all layers. EPOCH (seconds, -1 none) is the time of
 * all new entries. Unless WANTS_HISTORY it has none; unless KEEPS_BASE the base's layers
 * are none of the image's. *CREATED_NS is the document's. Caller frees. */
char *image_assemble(const struct plan_image *image, const struct source_image *base,
                     const struct added_layer *added, size_t n_added,
                     const struct digest *diffids, size_t n_diffids, int64_t epoch,
                     bool wants_history, bool keeps_base, int64_t *created_ns);

/* ------------------------------------------------------------ results */

/* A finished image of one platform. Layers belong to the store. */
struct image {
	ARRAY(struct layer *) layers; /* all, base first */
	size_t n_base;                /* how many are the base's */
	char *config;                 /* JSON text, owned; see image_set_config() */
	struct digest config_digest;
	struct platform platform;
	int64_t created_ns;
	const struct reference *base; /* where base layers may be mounted from, or NULL */
	struct digest base_digest;
};

/* IMAGE takes ownership of CONFIG, which is not NULL. */
void image_set_config(struct image *image, char *config);
void image_clear(struct image *image);

/* Brings the layers of N images into the form PACKED, each layer once, in parallel. */
int images_pack(const struct image *images, size_t n, const struct compressor *packed,
                const struct cancel *cancel, struct error *err);

#endif
