/*
 * noted_build: the inputs of the steps of recent builds. They explain a cache miss: what
 * has changed since then.
 *
 * A build is contexts/built-<its state in hex>; the state is the hash of all keys. The
 * files that a step takes from contexts are contexts/files-<hash of the list>, because
 * many builds have the same list:
 *
 *	"cooper-built-1\n\0"  place (32)  step…  CRC-32 (base/sealed.h)
 *	step:   stage  command  key (32)  u32 outcome  u32 is an image
 *	        list of files (32, zeros: none)  u32 count  u32 input…
 *	        fields of the key  facts
 *	fields, facts:  u32 count  (name  value)…
 *
 *	"cooper-files-1\n\0"  file…  CRC-32
 *	file:   path  link  u64 content  u32 mode and type
 *
 * where a text is its length (u32) and its bytes, and numbers are in the byte order of
 * the machine. A damaged file counts as absent: only messages depend on it.
 */
#ifndef BUILDER_CACHE_NOTED_BUILD_H
#define BUILDER_CACHE_NOTED_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "builder/cache/preimage.h"
#include "layers/layers.h"

/* A file of the context that a step uses. */
struct noted_file {
	struct text path;
	struct text link;
	uint64_t content; /* first bytes of its digest; 0 if not a file */
	uint32_t mode;    /* 07777, and the entry_type above */
};

struct noted_files {
	struct noted_file *at;
	size_t n, cap;
};

enum noted_outcome { NOTED_UNFINISHED, NOTED_DONE, NOTED_FAILED };

struct noted_step {
	struct text stage, command;
	struct digest key;
	enum noted_outcome outcome;
	bool is_image;
	struct preimage preimage;
	struct preimage facts;    /* what else is known: the name of a base, a commit */
	ARRAY(size_t) inputs;     /* indexes of steps */
	struct digest list;       /* not known: no files */
	struct noted_files files; /* of the list; empty until it was read */
	/* Of the build that runs now: */
	struct text shown; /* its place for users, "[build 2/5]" */
	bool runs;         /* it is needed, and not cached */
	size_t cause;      /* the step that it runs because of; itself: its own inputs */
};

struct noted_build {
	struct digest place; /* the Dockerfile, the context, the target: what users call
	                        the same build */
	int64_t used_ns;
	ARRAY(struct noted_step) steps; /* in the order of the plan */
	struct arena *arena; /* of texts; preimages own theirs, others may be borrowed */
};

struct noted_builds {
	struct noted_build *at;
	size_t n, cap;
};

/* Which build a name stands for. */
struct digest noted_place(const char *name);

/* True if the build with STATE is noted; then it is marked as used now. Cheap. */
bool noted_build_touch(struct store *st, const struct digest *state);

/* Notes T, whose lists of files are named here, and drops the oldest notes if there are
 * too many. */
int noted_build_write(struct store *st, const struct digest *state, struct noted_build *t,
                      struct error *err);

/* All that can be read, the last used first. */
void noted_builds_read(struct store *st, struct noted_builds *out);
void noted_builds_clear(struct noted_builds *p);
#define auto_noted_builds __attribute__((cleanup(noted_builds_clear)))

/* Reads the files of STEP, a step of BUILD, if that has not been done. False if the list
 * is not there any more. */
bool
noted_files_read(struct store *st, struct noted_build *build, struct noted_step *step);

void noted_build_clear(struct noted_build *t);
#define auto_noted_build __attribute__((cleanup(noted_build_clear)))

#endif
