/*
 * output_types: the types of outputs, one row each, and the keys of --output.
 *
 * A new type is a row here and the function that writes it, in a file of its own (see
 * docs/hacking.md): the enum, the table, --help and the manual come from the rows.
 */
#ifndef BUILDER_EXPORT_OUTPUT_TYPES_H
#define BUILDER_EXPORT_OUTPUT_TYPES_H

#include "base/descriptor.h"
#include "base/error.h"

/* What is opened before the build. */
enum output_opens { OPENS_NOTHING, OPENS_FILE, OPENS_DIR };

/* The form of the layers for this output. */
enum output_packing {
	PACKING_NONE,   /* it takes files or nothing: no layers, no digest */
	PACKING_STORED, /* as in the store: tars, unless compression= is given */
	PACKING_SENT,   /* gzip, unless compression= is given */
};

/* Keys that the other types refuse instead of ignoring them. */
enum output_keys {
	KEY_DEST = 1,
	KEY_PUSH = 2, /* push, push-by-digest */
	KEY_ANNOTATION = 4,
	KEY_TAR = 8,
	KEY_MODE = 16,
	KEY_SPLIT = 32,
	KEY_IMAGE = 64, /* name, compression and other keys only for images */
	KEY_TIMES = 128,
	IS_PUSHED = 256, /* no key: it goes to a registry without push=true */

	KEYS_IMAGE = KEY_IMAGE | KEY_TIMES | KEY_ANNOTATION,
	KEYS_FILES = KEY_DEST | KEY_TIMES | KEY_SPLIT,
};

/* ROW(ID, name, write, opens, packing, keys, help): OUTPUT_ID is its number, WRITE an
 * output_write_fn. */
#define OUTPUT_TYPES(ROW)                                                                \
	ROW(IMAGE, "image", to_store, OPENS_NOTHING, PACKING_STORED,                     \
	    KEYS_IMAGE | KEY_PUSH,                                                       \
	    "an image in the store; with push=true in its registry, too")                \
	ROW(OCI, "oci", to_archive, OPENS_FILE, PACKING_SENT,                            \
	    KEYS_IMAGE | KEY_DEST | KEY_TAR,                                             \
	    "an OCI layout as a tar, with tar=false as a directory")                     \
	ROW(DOCKER, "docker", to_archive, OPENS_FILE, PACKING_SENT,                      \
	    KEYS_IMAGE | KEY_DEST | KEY_TAR,                                             \
	    "like oci, with the files that docker load reads; one platform")             \
	ROW(TAR, "tar", to_files, OPENS_FILE, PACKING_NONE, KEYS_FILES,                  \
	    "the files of the image as one tar")                                         \
	ROW(LOCAL, "local", to_files, OPENS_DIR, PACKING_NONE, KEYS_FILES | KEY_MODE,    \
	    "the files of the image in a directory")                                     \
	ROW(REGISTRY, "registry", to_registry, OPENS_NOTHING, PACKING_SENT,              \
	    KEYS_IMAGE | KEY_PUSH | IS_PUSHED, "an image in its registry only")          \
	ROW(NONE, "none", to_nowhere, OPENS_NOTHING, PACKING_NONE, 0,                    \
	    "the steps run and their results are cached, nothing else")

/* ROW(name, set, value, help): SET reads the value. "type" is none of them. */
#define OUTPUT_KEYS(ROW)                                                                 \
	ROW("dest", set_dest, "PATH", "file or directory, - is standard output")         \
	ROW("name", set_name, "NAME", "names of the image, in addition to --tag")        \
	ROW("push", set_push, "true", "push to the registry, too")                       \
	ROW("push-by-digest", set_push_by_digest, "true", "push without a tag")          \
	ROW("registry.insecure", set_insecure, "true",                                   \
	    "use plain HTTP or unverified TLS")                                          \
	ROW("tar", set_tar, "false", "a directory instead of a tar")                     \
	ROW("oci-mediatypes", set_media_types, "false", "Docker's media types")          \
	ROW("compression", set_compression, "gzip|zstd|uncompressed",                    \
	    "compression of layers")                                                     \
	ROW("compression-level", set_level, "N", "level of the compression")             \
	ROW("force-compression", set_force, "true",                                      \
	    "compress the base's layers again, too")                                     \
	ROW("base-annotations", set_base, "true",                                        \
	    "note name and digest of the base, for rebase")                              \
	ROW("rewrite-timestamp", set_rewrite, "false", "keep times after the epoch")     \
	ROW("source-date-epoch", set_epoch, "SECONDS", "the epoch of this output")       \
	ROW("platform-split", set_split, "true|false",                                   \
	    "whether each platform gets a folder")                                       \
	ROW("mode", set_mode, "copy|delete",                                             \
	    "delete: remove all other entries of the directory")

/* What --help says of them, a line each. */
#define OUTPUT_TYPE_LINE(id, name, write, opens, packing, keys, help)                    \
	"\ntype=" name ": " help
#define OUTPUT_KEY_LINE(name, set, value, help) "\n" name "=" value ": " help
#define OUTPUT_HELP                                                                      \
	OUTPUT_TYPES(OUTPUT_TYPE_LINE)                                                   \
	OUTPUT_KEYS(OUTPUT_KEY_LINE)                                                     \
	"\nannotation.KEY=VALUE: like --annotation"

#define OUTPUT_TYPE_ID(id, name, write, opens, packing, keys, help) OUTPUT_##id,
enum output_type { OUTPUT_TYPES(OUTPUT_TYPE_ID) N_OUTPUT_TYPES };

struct output;
struct export_options;
struct image; /* builder/image/image.h */

/* Writes IMAGES (N of them, one for each platform) to OUTPUT, which is open. *ROOT gets
 * the descriptor of what was made, if it has layers. */
typedef int
output_write_fn(const struct output *output, const struct export_options *options,
                const struct image *images, size_t n, struct descriptor *root,
                struct error *err);

struct output_row {
	const char *name;
	output_write_fn *write;
	enum output_opens opens;
	enum output_packing packing;
	unsigned keys; /* output_keys */
};

/* By enum output_type. */
extern const struct output_row output_rows[N_OUTPUT_TYPES];

#endif
