/*
 * doctor_advice: the setting that would help if a check failed. It depends on the
 * environment: a sysctl does not help in a container whose seccomp filter refuses the
 * call.
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
	DOCTOR_TRACING,
	DOCTOR_LANDLOCK,
	DOCTOR_LIMITS,
	DOCTOR_EMULATOR,
	DOCTOR_IDS,
	DOCTOR_RUN,
	DOCTOR_FASTER, /* not a failure: engine "trap" is chosen */
	DOCTOR_CURL,
	DOCTOR_ARCHIVE,
	DOCTOR_SUBJECTS,
};

struct doctor_scene {
	bool is_root;
	bool is_contained;  /* in a PID namespace that is not the initial one */
	bool is_filtered;   /* a seccomp filter confines us */
	bool has_cgroups;   /* of version 2 */
	bool hides_users;   /* kernel.unprivileged_userns_clone is 0 */
	bool no_new_privs;  /* set-id bits and file capabilities have no effect */
	bool guards_traces; /* kernel.yama.ptrace_scope is 2 or 3 */
	bool guards_users;  /* kernel.apparmor_restrict_unprivileged_userns is 1 */
	bool failed[DOCTOR_SUBJECTS]; /* so far; filled by the caller */
};

/* Fills in everything except `failed`. */
void doctor_scene_look(struct doctor_scene *out);

/* The advice for SUBJECT, which failed with errno SYS. Never NULL. */
const char *
doctor_advice(enum doctor_subject subject, const struct doctor_scene *scene, int sys);

#endif
