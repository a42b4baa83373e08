/*
 * credentials: the emulated credentials of a step's processes, which really are all
 * the same user. The kernel stores the index of a process's credentials as its
 * RLIMIT_RTTIME: fork and exec pass it on like real credentials, and nobody uses
 * this limit. System calls only.
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
	/* For engine trap: the umask, the number of the root directory, and whether the
	 * privileges stay when root becomes somebody else (PR_SET_KEEPCAPS). */
	uint32_t mask, root, keeps;
};

/* [0] belongs to the step's program. */
struct credentials_table {
	struct credentials at[CREDENTIALS_MAX];
	unsigned n;
};

/* The program of the step has the ids UID and GID, and N further GROUPS. */
void credentials_begin(struct credentials_table *t, uint32_t uid, uint32_t gid,
                       const uint32_t *groups, uint32_t n);

/* The caller's credentials. */
const struct credentials *
credentials_of(const struct credentials_table *t, const struct notification *a);

/* What C becomes by executing a program of MODE that belongs to UID and GID: set-id bits
 * count. */
void credentials_execute(struct credentials *c, uint32_t mode, uint32_t uid,
                         uint32_t gid);

/* Whether a process with C may give a file of OLD_UID and OLD_GID to UID and GID, of which
 * UINT32_MAX changes nothing. */
bool credentials_may_chown(const struct credentials *c, uint32_t old_uid, uint32_t old_gid,
                           uint32_t uid, uint32_t gid);

/* Gives the caller C. -1 with errno. */
int credentials_set(struct credentials_table *t, const struct notification *a,
                    const struct credentials *c);

/* Answers the set…id(), get…id(), setgroups() and getgroups() calls. Returns 1 if it
 * answered, 0 for other calls. */
int credentials_answer(struct credentials_table *t, struct notification *a);

#endif
