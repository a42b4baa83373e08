/*
 * machine: what this machine allows, found out before a build.
 *
 *	machine_enter    once, before threads: own user namespace if we need one
 *	doctor           what this machine allows, and what one setting would change
 *
 * Ids come from the kernel's maps and /etc/subuid (userns, id_ranges, id_tools), programs
 * of other architectures run by emulators (emulator).
 */
#ifndef BUILDER_MACHINE_MACHINE_H
#define BUILDER_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "builder/sandbox/sandbox.h"

/* Enters a user namespace if this process cannot mount as it is: after it the
 * whole process is root (0:0) in there, so that files it makes have the ids of
 * the image. Must be called before any thread exists. Never fails: *MAPPING
 * tells what was reached, *WHY (caller frees, may be NULL) a one-line reason
 * if it is less than IDS_RANGE. */
void machine_enter(enum isolation wanted, enum id_mapping *mapping, char **why);

/* As machine_enter(), and programs of ARCHS ("arm64", as in platforms) run, if need be by
 * emulators that are registered for an own user namespace (which root enters for them,
 * too). What stays impossible is part of *WHY. */
void machine_enter_emulated(enum isolation wanted, const char *const *archs, size_t n,
                            enum id_mapping *mapping, char **why);

/* ------------------------------------------------------------ doctor */

struct doctor_row {
	const char *name; /* "user namespace", "overlay in it", … */
	bool ok;
	char *detail;       /* what was seen, errno text */
	const char *remedy; /* the one setting that would help, or NULL */
};

struct doctor {
	struct doctor_row *rows;
	size_t n;
	const char *engine; /* what would be chosen, or NULL */
	enum id_mapping mapping;
};

/* Tries everything in children; takes some milliseconds. WANTED: with what engine RUN is
 * tried. SCRATCH_FD as above. */
int
doctor_run(int scratch_fd, enum isolation wanted, struct doctor *out, struct error *err);
char *doctor_print(const struct doctor *d, bool json); /* caller frees */
void doctor_clear(struct doctor *d);

#endif
