/*
 * doctor_advice: the one setting that would help where something is missing. It
 * depends on where we are: a sysctl is of no use in a container whose filter refuses
 * the call.
 */
#ifndef BUILDER_MACHINE_DOCTOR_ADVICE_H
#define BUILDER_MACHINE_DOCTOR_ADVICE_H

#include <stdbool.h>

enum doctor_subject {
	DOCTOR_USER,
	DOCTOR_RANGES,
	DOCTOR_MOUNTS,
	DOCTOR_OVERLAY,
	DOCTOR_PROC,
	DOCTOR_NETWORK,
	DOCTOR_FILTER,
	DOCTOR_NOTIFICATION,
	DOCTOR_LANDLOCK,
	DOCTOR_LIMITS,
	DOCTOR_EMULATOR,
	DOCTOR_IDS,
	DOCTOR_RUN,
	DOCTOR_CURL,
	DOCTOR_ARCHIVE,
	DOCTOR_SUBJECTS,
};

struct doctor_scene {
	bool is_root;
	bool is_contained; /* in a process name space that is not the machine's */
	bool is_filtered;  /* there is a system call filter around us */
	bool has_cgroups;  /* of version 2 */
	bool hides_users;  /* kernel.unprivileged_userns_clone is 0 */
	bool no_new_privs; /* set-id programs and file capabilities are of no use */
	bool guards_users; /* kernel.apparmor_restrict_unprivileged_userns is 1 */
	bool failed[DOCTOR_SUBJECTS]; /* so far; filled by the caller */
};

/* Everything but `failed`. */
void doctor_scene_look(struct doctor_scene *out);

/* For SUBJECT that failed with errno SYS. Never NULL. */
const char *
doctor_advice(enum doctor_subject subject, const struct doctor_scene *scene, int sys);

#endif
