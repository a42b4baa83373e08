/*
 * userns: id maps of a new user namespace, for machine_enter().
 */
#ifndef BUILDER_MACHINE_USERNS_H
#define BUILDER_MACHINE_USERNS_H

#include <sys/types.h>

#include "base/array.h"
#include "base/text.h"
#include "builder/sandbox/sandbox.h"

struct id_range {
	uint64_t inside, outside, n;
};

struct id_ranges {
	ARRAY(struct id_range) list;
};

/* The identity map of all ids in the namespace whose map is TEXT
 * (/proc/self/uid_map). */
void id_ranges_identity(struct text map, struct id_ranges *out);

/* The ranges of TEXT (/etc/subuid) for the user NAME (may be NULL) or UID, as ids
 * from 1 on; id 0 is OWN. */
void id_ranges_subordinate(struct text text, const char *name, uid_t uid, uid_t own,
                           struct id_ranges *out);

/* The same for the output of getsubids: lines "0: name start count". */
void id_ranges_listed(struct text text, uid_t own, struct id_ranges *out);

/* True if the map covers 0-65534, which images need. */
bool id_ranges_enough(const struct id_ranges *r);
void id_ranges_print(const struct id_ranges *r, struct buf *out);
void id_ranges_clear(struct id_ranges *r);
#define auto_id_ranges __attribute__((cleanup(id_ranges_clear)))

/* How the reason begins if the kernel or a filter allows no namespace. */
#define USERNS_REFUSED "no user namespace can be made"

/* The result, for machine_enter(). */
struct userns_outcome {
	int mapping;   /* enum id_mapping */
	int sys;       /* errno of the last failure: ENOENT for missing ids or a missing
	                  program, EACCES for a program that no_new_privs stops, … */
	char why[200]; /* if ids are missing: the bare reason */
};
void userns_enter(enum isolation wanted, struct userns_outcome *out);

#endif
