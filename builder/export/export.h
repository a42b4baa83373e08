/*
 * export: the outputs of a build, `--output type=…`, and images of the store on their way
 * out and in.
 * The types are the rows of output_types.h; package.h makes their bytes.
 *
 * Further public headers:
 *
 *	builder/export/transport.h  the words "oci:DIR", "docker-archive:FILE", …
 *	builder/export/save.h       images of the store into archives
 *	builder/export/load.h       archives into the store
 *	builder/export/engines.h    images into Docker and Podman
 */
#ifndef BUILDER_EXPORT_EXPORT_H
#define BUILDER_EXPORT_EXPORT_H

#include "base/array.h"
#include "base/cancel.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/text.h"
#include "builder/export/annotation.h"
#include "builder/export/destination.h"
#include "builder/export/output_types.h"
#include "builder/image/image.h"
#include "layers/compress.h"
#include "registry/registry.h"

/* Whether the files of a platform get a folder of their own. */
enum platform_split { SPLIT_SEVERAL, SPLIT_ALWAYS, SPLIT_NEVER };

struct output {
	enum output_type type;
	bool type_given;
	char *dest; /* path, "-" for standard output, NULL: default */
	struct destination *destination; /* DEST once it is open; of files and archives */
	ARRAY(struct text) names;        /* name=, beside the tags */
	bool push, insecure;
	bool push_by_digest;
	bool layout_dir;   /* oci, docker: tar=false */
	bool docker_types; /* oci-mediatypes=false */
	enum compression compression;
	int level;              /* COMPRESS_LEVEL_DEFAULT */
	bool compression_given; /* else: none for the store, gzip elsewhere */
	bool force_compression;
	bool base_annotations; /* name and digest of the base, in the manifest */
	bool is_for_daemon;    /* an attribute for a daemon's store: no effect here */
	bool keep_times;       /* rewrite-timestamp=false: no clamping by the epoch */
	enum platform_split split;
	bool deletes; /* local, mode=delete: other files are removed */
	bool epoch_given;
	int64_t epoch; /* source-date-epoch=, seconds; -1: none */
	struct annotations annotations;
};

/* Reads the value of -o: "type=oci,dest=x.tar", "dir", "-" (BuildKit's syntax; CSV
 * quoting). Unknown types and attributes, and invalid combinations, are ERR_USAGE with a
 * suggestion. */
int output_parse(struct output *out, struct text value, struct error *err);

/* What output_parse() checks last: that the attributes of OUT go together. ERR_USAGE. */
int output_check(const struct output *out, struct error *err);
void output_clear(struct output *out);

/* Opens the file or directory of OUTPUT, if it has one, before the build. OPTION is for
 * messages. */
int output_open(struct output *output, const char *option, struct error *err);

/* ERR_USAGE if OUTPUT, opened, would replace an index.json that is not an index of
 * images. */
int output_check_layout(const struct output *output, struct error *err);

/* Whether OUTPUT is made of manifests and layers, and so has a digest. */
bool output_has_layers(const struct output *output);

/* Whether OUTPUT goes to a registry. */
bool output_is_pushed(const struct output *output);

/* Checks that OUTPUT and the N_TAGS words of -t name a place to push to, and nothing that
 * push-by-digest= would drop. ERR_USAGE. */
int output_check_names(const struct output *output, const struct text *tags,
                       size_t n_tags, struct error *err);

/* The compression of layers in OUTPUT. PLAIN: for the store, which compresses only on
 * request. */
struct compressor output_compressor(const struct output *output, bool plain);

struct export_options {
	struct store *store;
	struct registry *registry;
	const struct reference *tags; /* -t, parsed */
	size_t n_tags;
	bool multi; /* an index even for one image */
	int64_t epoch;
	const struct annotations *annotations; /* --annotation; may be NULL */
	const struct cancel *cancel;
};

/* Writes IMAGES (one per platform) to OUTPUT, which is open. *ROOT gets the descriptor of
 * the result (empty for tar, local, none). */
int export_write(const struct output *output, const struct export_options *options,
                 const struct image *images, size_t n, struct descriptor *root,
                 struct error *err);

/* The same by WRITE, whatever the type of OUTPUT. */
int export_write_by(output_write_fn *write, const struct output *output,
                    const struct export_options *options, const struct image *images,
                    size_t n, struct descriptor *root, struct error *err);

/* ------------------------------------------------------------ images in the store */

/* Copies the image NAME of the store to a registry as REF ("cooper push"). */
int export_push(const struct export_options *options, const char *name,
                const struct reference *ref, const struct compressor *compressor,
                struct descriptor *root, struct error *err);

/* Fetches REF into the store, all blobs, and tags it ("cooper pull"). */
int
import_pull(const struct export_options *options, const struct reference *ref,
            const struct platform *platform, struct descriptor *root, struct error *err);

#endif
