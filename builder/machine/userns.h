/*
 * userns: the identity map of a new user name space, for machine_enter().
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

/* All ids of the name space whose map TEXT (/proc/self/uid_map) is, as they
 * are inside of it, mapped to themselves. */
void id_ranges_identity(struct text map, struct id_ranges *out);

/* What TEXT (/etc/subuid) gives to the user of NAME (may be NULL) or UID, as
 * ids from 1 on; id 0 is OWN. */
void id_ranges_subordinate(struct text text, const char *name, uid_t uid, uid_t own,
                           struct id_ranges *out);

/* The same of what getsubids prints: "0: name start count" a line. */
void id_ranges_listed(struct text text, uid_t own, struct id_ranges *out);

/* True if 0-65534 all have a place, as images need them. */
bool id_ranges_enough(const struct id_ranges *r);
void id_ranges_print(const struct id_ranges *r, struct buf *out);
void id_ranges_clear(struct id_ranges *r);
#define auto_id_ranges __attribute__((cleanup(id_ranges_clear)))

/* What was reached, as machine_enter() has it. */
struct userns_outcome {
	int mapping;   /* enum id_mapping */
	int sys;       /* errno of what failed last: ENOENT of ids nobody gives us or of a
	                  program, EACCES of one that no_new_privs stops, … */
	char why[200]; /* if not all ids are there: the bare reason */
};
void userns_enter(enum isolation wanted, struct userns_outcome *out);

#endif
