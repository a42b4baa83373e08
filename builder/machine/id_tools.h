/*
 * id_tools: the programs for subordinate ids, newuidmap, newgidmap and getsubids of
 * Debian's package uidmap. For a process with one thread.
 */
#ifndef BUILDER_MACHINE_ID_TOOLS_H
#define BUILDER_MACHINE_ID_TOOLS_H

#include "builder/machine/userns.h"

/* A running program. Only id_tool_end() gets its output. */
struct id_tool {
	pid_t pid;
	int fd;
};

/* Starts newuidmap or newgidmap (TOOL) for PID. -1 with errno, ENOENT: not installed. */
int id_tool_map(struct id_tool *t, const char *tool, pid_t pid,
                const struct id_ranges *ranges);

/* Waits for its end and returns whether it succeeded. Appends its output, at most 64
 * KiB. */
bool id_tool_end(struct id_tool *t, struct buf *said);

/* The ranges that getsubids prints for USER (GROUPS: group ids), as ids from 1 on; id 0
 * is OWN. -1 with errno; ENOENT: not installed. */
int id_tool_ranges(const char *user, bool groups, uid_t own, struct id_ranges *out);

/* Whether /etc/nsswitch.conf (TEXT) names a source other than files for subordinate
 * ids. */
bool id_tools_are_asked(struct text nsswitch);

#endif
