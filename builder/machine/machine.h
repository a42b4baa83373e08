/*
 * machine: finds out before a build what this machine allows.
 *
 *	machine_enter    once, before threads: a user namespace if we need one
 *	machine_warn     what is slower than elsewhere, and what one setting would change
 *	doctor           what this machine allows, and what one setting would change
 *
 * Ids come from the kernel's maps and /etc/subuid (userns, id_ranges, id_tools),
 * emulators run programs of other architectures (emulator).
 */
#ifndef BUILDER_MACHINE_MACHINE_H
#define BUILDER_MACHINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "builder/sandbox/sandbox.h"

/* Enters a user namespace if this process cannot mount otherwise. Then the whole
 * process is root (0:0) in it, so that files it makes have the ids of the image.
 * Call it before any thread exists. Never fails: *MAPPING is the result, *WHY
 * (caller frees, may be NULL) a one-line reason if it is less than IDS_RANGE. */
void machine_enter(enum isolation wanted, enum id_mapping *mapping, char **why);

/* Like machine_enter(), and makes programs of ARCHS ("arm64", as in platforms) run, if
 * necessary by emulators registered in a user namespace (then root enters one too). *WHY
 * also says what remains impossible. */
void machine_enter_emulated(enum isolation wanted, const char *const *archs, size_t n,
                            enum id_mapping *mapping, char **why);

/* Warns if the engine of SB, or the ids of this process, are less than others have:
 * MAPPING_WHY is from above, WHY from sandbox_new(), either may be NULL. SB is NULL if no
 * engine was found. */
void machine_warn(enum isolation wanted, const char *mapping_why,
                  const struct sandbox *sb, const char *why);

/* ------------------------------------------------------------ doctor */

struct doctor_row {
	const char *name; /* "user namespace", "overlay in it", … */
	bool ok;
	char *detail;       /* the observation, errno text */
	const char *remedy; /* the one setting that would help, or make what works
	                     * faster; or NULL */
};

struct doctor {
	struct doctor_row *rows;
	size_t n;
	const char *engine; /* the engine that a build would choose, or NULL */
	enum id_mapping mapping;
};

/* Runs all checks in children; takes some milliseconds. WANTED: the engine for the RUN
 * check. SCRATCH_FD as above. */
int
doctor_run(int scratch_fd, enum isolation wanted, struct doctor *out, struct error *err);
char *doctor_print(const struct doctor *d, bool json); /* caller frees */
void doctor_clear(struct doctor *d);

#endif
