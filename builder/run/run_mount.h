/*
 * run_mount: the mounts that a command line asks for, and what the sandbox gets of them.
 *
 *	-v HOST:CONTAINER[:OPTION,…]     a directory, file or socket of this machine
 *	-v CONTAINER                     an empty directory
 *	--mount type=bind|volume|tmpfs,source=…,target=…,readonly
 *	--tmpfs CONTAINER[:size=…,mode=…]
 *
 * A path of this machine is opened as its user would open it. The place in the container
 * is resolved in its root, see sandbox.h.
 */
#ifndef BUILDER_RUN_RUN_MOUNT_H
#define BUILDER_RUN_RUN_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum run_mount_kind { RUN_MOUNT_BIND, RUN_MOUNT_EMPTY, RUN_MOUNT_TMPFS };

/* Texts point into the value that was read. */
struct run_mount {
	enum run_mount_kind kind;
	struct text source; /* RUN_MOUNT_BIND */
	struct text target; /* absolute */
	bool readonly;
	uint64_t size; /* RUN_MOUNT_TMPFS, bytes; 0: no limit */
	uint32_t mode; /* RUN_MOUNT_TMPFS */
};

/* The values of -v, --mount and --tmpfs. ERR_USAGE. */
int run_mount_parse_volume(struct text value, struct run_mount *out, struct error *err);
int run_mount_parse(struct text value, struct run_mount *out, struct error *err);
int run_mount_parse_tmpfs(struct text value, struct run_mount *out, struct error *err);

#endif
