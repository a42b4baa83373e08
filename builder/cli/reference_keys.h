/*
 * reference_keys: what the keys of options mean ("--secret id=…"), for the reference of
 * the command line. Keys of --output and types of caches are rows of their own
 * (builder/export/output_types.h, cache_place.h).
 */
#ifndef BUILDER_CLI_REFERENCE_KEYS_H
#define BUILDER_CLI_REFERENCE_KEYS_H

#include <stddef.h>

#include "parser/mount_types.h"

struct key_row {
	const char *key, *value, *help;
	/* A value of the whole option with this key, which cooper build accepts. */
	const char *example;
};

struct key_table {
	const char *option; /* without dashes; two tables may be about one */
	const char *title, *note;
	const struct key_row *rows;
	size_t n;
};

#define N_KEY_TABLES 6
extern const struct key_table key_tables[N_KEY_TABLES];

/* A field of RUN --mount, for those types in TYPES (bits by enum mount_type). */
struct mount_key_row {
	const char *key, *value;
	enum mount_fields field;
	unsigned types;
	const char *help;
};

#define N_MOUNT_KEYS 19
extern const struct mount_key_row mount_keys[N_MOUNT_KEYS];

/* The options of cooper build by what they are for. OPTIONS: names with a blank before and
 * behind each. */
struct option_group {
	const char *title, *options;
};

#define N_BUILD_GROUPS 7
extern const struct option_group build_groups[N_BUILD_GROUPS];

#endif
