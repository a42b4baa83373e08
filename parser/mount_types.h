/*
 * mount_types: the types of RUN --mount=type=TYPE,field=value,…, one row each.
 *
 * MOUNT_TYPES defines enum mount_type, mount_rows[], and the names of the functions that
 * plan a type (plan_NAME in mounts.c) and prepare it for the sandbox (prepare_NAME in
 * builder/steps/run_mounts.c). A row contains:
 *
 *	.takes            the allowed fields besides "type"
 *	.one_of           fields of which at least one is required; 0: none
 *	.one_of_words     the same for messages
 *	.readonly         whether it is read-only by default
 *	.mode             default permissions of the file or directory
 *	.in_key           the fields in the step's cache key, besides those that are always
 *	                  in it (type, target, readonly, and the files of "from")
 *	.in_key_if_owned  more fields in the key if mode, uid or gid is given
 *
 * As in BuildKit, a type may accept fields that it does not use.
 */
#ifndef PARSER_MOUNT_TYPES_H
#define PARSER_MOUNT_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum mount_fields {
	FIELD_FROM = 1 << 0,
	FIELD_SOURCE = 1 << 1,
	FIELD_TARGET = 1 << 2,
	FIELD_READONLY = 1 << 3,
	FIELD_ID = 1 << 4,
	FIELD_ENV = 1 << 5,
	FIELD_SHARING = 1 << 6,
	FIELD_REQUIRED = 1 << 7,
	FIELD_SIZE = 1 << 8,
	FIELD_MODE = 1 << 9,
	FIELD_UID = 1 << 10,
	FIELD_GID = 1 << 11,
	FIELDS_OWNER = FIELD_MODE | FIELD_UID | FIELD_GID,
	FIELDS_COMMON = FIELD_FROM | FIELD_SOURCE | FIELD_TARGET | FIELD_READONLY |
	                FIELD_ID | FIELD_ENV,
};

/* clang-format off */
#define MOUNT_TYPES(TYPE)                                                                \
	TYPE(BIND, bind,                                                                 \
	     .takes = FIELDS_COMMON,                                                     \
	     .readonly = true)                                                           \
	TYPE(CACHE, cache,                                                               \
	     .takes = FIELDS_COMMON | FIELDS_OWNER | FIELD_SHARING,                      \
	     .mode = 0755,                                                               \
	     .in_key = FIELD_ID,                                                         \
	     .in_key_if_owned = FIELDS_OWNER)                                            \
	TYPE(TMPFS, tmpfs,                                                               \
	     .takes = FIELDS_COMMON | FIELD_SIZE,                                        \
	     .mode = 01777,                                                              \
	     .in_key = FIELD_SIZE)                                                       \
	TYPE(SECRET, secret,                                                             \
	     .takes = (FIELDS_COMMON & ~FIELD_FROM) | FIELDS_OWNER | FIELD_REQUIRED,     \
	     .one_of = FIELD_SOURCE | FIELD_ID | FIELD_TARGET,                           \
	     .one_of_words = "source, target",                                           \
	     .readonly = true,                                                           \
	     .mode = 0400,                                                               \
	     .in_key = FIELDS_OWNER | FIELD_REQUIRED | FIELD_ID | FIELD_ENV)             \
	TYPE(SSH, ssh,                                                                   \
	     .takes = (FIELDS_COMMON & ~FIELD_SOURCE) | FIELDS_OWNER | FIELD_REQUIRED,   \
	     .readonly = true,                                                           \
	     .mode = 0600,                                                               \
	     .in_key = FIELDS_OWNER | FIELD_REQUIRED | FIELD_ID)

/* sharing= of a cache mount that several steps use: one after the other (locked), each
 * with a copy of its own (private), or all at once (shared). */
#define MOUNT_SHARINGS(SHARING)                                                          \
	SHARING(SHARED, shared)                                                          \
	SHARING(PRIVATE, private)                                                        \
	SHARING(LOCKED, locked)
/* clang-format on */

#define MOUNT_CONSTANT(constant, name, ...) MOUNT_##constant,
enum mount_type { MOUNT_TYPES(MOUNT_CONSTANT) N_MOUNT_TYPES };
#undef MOUNT_CONSTANT

#define SHARING_CONSTANT(constant, name) SHARING_##constant,
enum mount_sharing { MOUNT_SHARINGS(SHARING_CONSTANT) N_MOUNT_SHARINGS };
#undef SHARING_CONSTANT

struct mount_row {
	const char *name;
	unsigned takes, one_of; /* sets of enum mount_fields */
	const char *one_of_words;
	bool readonly;
	uint32_t mode;
	unsigned in_key, in_key_if_owned;
};

extern const struct mount_row mount_rows[N_MOUNT_TYPES];
extern const char *const mount_sharings[N_MOUNT_SHARINGS];

/* Means "not given": not a valid mode or id. */
#define MOUNT_NOT_GIVEN ((uint32_t)-1)

#endif
