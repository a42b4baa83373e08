/*
 * plan: all that a sandbox's first process must know and do, in one block of
 * shared memory without pointers.
 *
 *	struct plan | texts, lists, contents | struct plan_op … | struct plan_report
 *
 * The process that asks for a sandbox drafts a plan and seals it into a memfd;
 * the processes that are cloned for it map the same memory, carry out the
 * operations in order, and leave their report at its end. Places in a plan
 * (`at`) are offsets from its start; 0 means "none".
 */
#ifndef BUILDER_SANDBOX_PLAN_H
#define BUILDER_SANDBOX_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/error.h"
#include "base/text.h"

typedef uint32_t plan_at;

enum plan_op_kind {
	OP_TMPFS = 1, /* target, size, mode, uid, gid, attributes */
	OP_PROC,      /* target; new, else what there is */
	OP_SYS,       /* target */
	OP_DEV,       /* target, size of shm: tmpfs with nodes, pts, shm, mqueue, links */
	OP_BIND, /* passed descriptor on target: a detached mount, or what is at source */
	OP_FILE, /* content, mode, uid, gid on target */
	OP_OVERLAY,  /* lowers, upper, work; source in it on target */
	OP_MASK,     /* target, if it is there */
	OP_READONLY, /* target, if it is there */
};

struct plan_list {
	plan_at at; /* of uint64_t places of texts, one more than n, for plan_vector() */
	uint32_t n;
};

struct plan_op {
	uint32_t kind;
	uint32_t readonly;
	plan_at target, source;
	uint32_t fd;     /* index of a passed descriptor */
	uint32_t is_dir; /* of what the descriptor is */
	struct plan_list lowers;
	plan_at upper, work;  /* none: read-only */
	uint32_t makes_upper; /* they are not there yet */
	uint64_t size;
	plan_at content;
	uint32_t n_content;
	uint32_t mode, uid, gid;
};

struct plan_limit {
	uint32_t resource;
	uint32_t unused;
	uint64_t soft, hard;
};

/* What the first process does when the root is ready. */
enum plan_purpose {
	PLAN_RUN,   /* runs a program */
	PLAN_PROBE, /* tries what programs do to files, see child_probe() */
};

enum plan_engine { PLAN_NS, PLAN_CHROOT };

/* Which descriptor is passed at which place; sources of binds come after. */
enum plan_fd {
	PLAN_FD_MEMORY,
	PLAN_FD_REPORT,
	PLAN_FD_OUT,
	PLAN_FD_ERR,
	PLAN_FD_CGROUP,
	PLAN_FD_FIRST
};
#define PLAN_FDS_MAX 250 /* the kernel passes 253 at once */

struct plan {
	uint64_t size;
	uint32_t purpose, engine;
	uint32_t clone_flags;
	uint32_t has_cgroup;
	plan_at root; /* a plain tree instead of lowers and upper, or none */

	struct plan_list lowers;
	plan_at upper, work;
	plan_at ops;
	uint32_t n_ops;

	struct plan_list argv, env;
	plan_at path; /* value of PATH in env, or none */
	plan_at cwd, hostname;
	uint32_t uid, gid;
	plan_at groups; /* uint32_t each */
	uint32_t n_groups;
	uint32_t single_id;     /* setgroups is denied */
	uint32_t new_net;       /* an empty network: bring lo up */
	uint32_t terminal;      /* PLAN_FD_OUT is one, and for input, too */
	uint32_t opens_devices; /* also those that the program makes */
	uint64_t caps;          /* to keep */
	plan_at limits;
	uint32_t n_limits;
	plan_at filter; /* struct sock_filter each, or none */
	uint32_t n_filter;
	plan_at asking_filter; /* PLAN_CHROOT: tried first, see supervisor.h */
	uint32_t n_asking_filter;
	uint32_t has_landlock;
	uint32_t serves_devices; /* see proc_server.h */
	plan_at owner_marks; /* file to be made, which says that marks of owners count, or
	                        none; see owner_server.h */
	uint32_t inner_flags; /* then: name spaces of what the first process clones … */
	int32_t ask_fd;       /* … and where that sends its listener */
	plan_at report;
};

/* What went wrong, and while doing what. */
enum plan_stage {
	STAGE_NONE,
	STAGE_START,   /* clone, namespaces */
	STAGE_PRIVATE, /* own mount tree */
	STAGE_ROOT,    /* overlay of the layers */
	STAGE_MOUNT,   /* operation number `op` */
	STAGE_OVERLAY, /* … whose overlay is refused */
	STAGE_SOURCE,  /* what is to be mounted is not there */
	STAGE_PIVOT,
	STAGE_CHROOT,
	STAGE_CONFINE,
	STAGE_CWD,
	STAGE_CGROUP,
	STAGE_FORK,
	STAGE_LIMITS,
	STAGE_FILTER,
	STAGE_IDS,
	STAGE_CAPS,
	STAGE_LOOKUP, /* the program is not there; text is what was looked for */
	STAGE_EXEC,   /* … or cannot be executed; text is its path */
	STAGE_PROBE,
};

/* An entry that had to be made for a mount. */
struct plan_stub {
	uint32_t size; /* of this record, path included */
	uint32_t is_dir;
	int64_t before_s, before_ns; /* of its parent's modification time … */
	int64_t after_s, after_ns;   /* … and right after making the entry */
	char path[];                 /* below the root, NUL-terminated */
};

#define PLAN_TEXT_MAX  512
#define PLAN_STUBS_MAX 65536

struct plan_report {
	uint32_t stage; /* enum plan_stage of a failure */
	int32_t sys;
	uint32_t op;
	char text[PLAN_TEXT_MAX]; /* what the kernel or we have to say about it */
	uint32_t started;         /* the program was executed, the probe succeeded */
	int32_t status;           /* wait status of the program */
	uint32_t ended;           /* status is set */
	uint32_t at_rest;         /* no process is left but the first, which ends now */
	int64_t cpu_us;           /* of all its processes, if at rest */
	uint64_t peak_kb;         /* of the largest */
	uint32_t stubs_size;
	char stubs[PLAN_STUBS_MAX] __attribute__((aligned(8)));
};

/* ------------------------------------------------------------ drafting */

struct plan_draft {
	struct plan head;
	struct buf bytes; /* what follows the head */
	ARRAY(struct plan_op) ops;
	ARRAY(int) fds; /* of binds; owned */
};

plan_at plan_add_bytes(struct plan_draft *d, const void *bytes, size_t n);
plan_at plan_add_text(struct plan_draft *d, const char *text); /* NULL: none */
struct plan_list plan_add_list(struct plan_draft *d, const char *const *texts, size_t n);
struct plan_op *
plan_add_op(struct plan_draft *d, enum plan_op_kind kind, const char *target);
void plan_draft_clear(struct plan_draft *d);
#define auto_plan_draft __attribute__((cleanup(plan_draft_clear)))

/* A memfd with the plan in *OUT, and its memory (plan_unmap() it). */
struct plan *plan_seal(struct plan_draft *d, int *out, struct error *err);
void plan_unmap(struct plan *plan);

/* ------------------------------------------------------------ reading */

static inline const char *
plan_text(const struct plan *p, plan_at at)
{
	return at == 0 ? NULL : (const char *)p + at;
}

static inline const uint32_t *
plan_groups(const struct plan *p)
{
	return (const uint32_t *)(const void *)((const char *)p + p->groups);
}

static inline struct plan_report *
plan_report(struct plan *p)
{
	return (struct plan_report *)(void *)((char *)p + p->report);
}

static inline const struct plan_op *
plan_op(const struct plan *p, uint32_t i)
{
	return (const struct plan_op *)(const void *)((const char *)p + p->ops) + i;
}

/* The texts of LIST as pointers, NULL at the end. Overwrites the list: once only. */
char **plan_vector(struct plan *p, struct plan_list list);

/* The I-th text of a list that was not made a vector. */
const char *plan_list_get(const struct plan *p, struct plan_list list, uint32_t i);

/* Notes a failure in the report unless there is one; -1. TEXT may be NULL. */
int plan_fail(struct plan *p, enum plan_stage stage, int sys, const char *text);

#endif
