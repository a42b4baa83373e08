/*
 * credentials: whom processes of a step are, as far as they can tell, where they
 * all are really the same user. Which of them a process has is kept by the kernel
 * as its limit of real-time CPU time, for that is handed down by fork and exec as
 * credentials are, and nobody looks at it. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_CREDENTIALS_H
#define BUILDER_SANDBOX_SUPERVISE_CREDENTIALS_H

#include "builder/sandbox/supervise/notify.h"

#define CREDENTIALS_MAX        128
#define CREDENTIALS_GROUPS_MAX 64

enum id_role { ROLE_REAL, ROLE_EFFECTIVE, ROLE_SAVED, ROLE_FILES, ROLES };

struct credentials {
	uint32_t uid[ROLES], gid[ROLES];
	uint32_t n_groups, groups[CREDENTIALS_GROUPS_MAX];
};

/* [0] are those of the step's program. */
struct credentials_table {
	struct credentials at[CREDENTIALS_MAX];
	unsigned n;
};

/* Those of the caller. */
const struct credentials *
credentials_of(const struct credentials_table *t, const struct notification *a);

/* Gives the caller C. -1 with errno. */
int credentials_set(struct credentials_table *t, const struct notification *a,
                    const struct credentials *c);

/* Answers the set…id(), get…id(), setgroups() and getgroups() calls. 1 answered, 0 it is
 * none of them. */
int credentials_answer(struct credentials_table *t, struct notification *a);

#endif
