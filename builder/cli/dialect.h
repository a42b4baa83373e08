/*
 * dialect: command lines of other builders.
 *
 *	dialect.h        who speaks, and how a line of theirs is read
 *	dialect_rows.c   the table: each of their options that is not cooper's own
 *	dialect_values   what those with a meaning here do
 *	dialect_settle   defaults of theirs, once all options are read
 *
 * A row has one of four outcomes. It is the SAME as an option of cooper, under another
 * name or with another form of its value. It asks for what is ALWAYS so. It has no
 * effect, which is SAID once, because the image does not depend on it. Or the image
 * would not be what was asked for: it is REFUSED, with what to do instead. The pages
 * "moving from …" and `cooper help PROGRAM` are made out of the table.
 */
#ifndef BUILDER_CLI_DIALECT_H
#define BUILDER_CLI_DIALECT_H

#include <stdio.h>

#include "base/array.h"
#include "base/error.h"
#include "builder/cli/options.h"

/* As bits of dialect_row.whose. SPEAK_ANY, `cooper build` itself, knows all of them. */
enum dialect {
	SPEAK_ANY = 0,
	SPEAK_DOCKER = 1,
	SPEAK_BUILDAH = 2,
	SPEAK_PODMAN = 4,
	SPEAK_KANIKO = 8,
	SPEAK_BUILDCTL = 16,
};
#define SPEAK_PODS (SPEAK_BUILDAH | SPEAK_PODMAN)

enum dialect_outcome { IS_SAME, IS_ALWAYS, IS_SAID, IS_REFUSED };

struct dialect_row {
	struct option_row option; /* its help is why, or what to do instead */
	unsigned whose;           /* enum dialect */
	enum dialect_outcome outcome;
	const char *ours; /* of IS_SAME: what it is here */
};

/* Ended by one without a name. The letters are those that builders disagree about. */
extern const struct dialect_row dialect_rows[], dialect_letters[];

/* The others of `cooper build`; the target is a struct build_options. */
extern const struct other_options dialect_options;

struct build_options;

/* What the build is to say of an option. */
struct dialect_note {
	const char *name, *why; /* static */
};

/* What --destination, --context and the like have said, until dialect_settle(). Texts are
 * argv's or those of build_options_own(). */
struct dialect_words {
	const char *context, *sub_path;
	const char *dockerfile; /* kaniko's: of the context, if it is not here */
	const char *dockerfile_dir, *filename; /* buildctl's */
	struct text arch, os, variant;
	ARRAY(struct text) destinations;
	const char *cache_repo;
	bool caches, keeps_cache; /* --cache, --no-push-cache */
	bool pushes_not;          /* --no-push */
	bool insecure_push;       /* the hosts of the destinations */
	bool bare_pull;           /* --pull without a value */
};

/* A name of the image that says where it goes ("oci-archive:FILE", "docker://NAME"), as
 * buildah's --tag takes it: 1 done, 0 it is an ordinary name, -1. */
int dialect_add_place(struct build_options *o, struct text value, struct error *err);

/* Adds "--NAME: WHY" to what the build says; each NAME once. */
void dialect_note(struct build_options *o, const char *name, const char *why);

/* Tells the notes as warnings; call it when progress is shown. */
void dialect_tell(const struct build_options *o);

/* What the environment of other builders sets, before the options are read. */
int dialect_environment(struct build_options *o, struct error *err);

/* Call it after all options are read and before build_options_settle(). WORDS are those
 * that are no options; sets the request's context. ERR_USAGE. */
int dialect_settle(struct build_options *o, const struct words_left *words,
                   struct error *err);

/* Prints what becomes of the options of the builder called WHO; false if there is none.
 */
bool dialect_print(const char *who, FILE *out);

/* The same as tables in Markdown, for docs/moving.md and docs/how-to/moving-from-WHO.md. */
bool dialect_print_page(const char *who, FILE *out);

#endif
