/*
 * recipe: everything that a sandbox's first process must know and do, in one
 * block of shared memory without pointers.
 *
 *	struct recipe | texts, lists, contents | struct recipe_op … | struct recipe_report
 *
 * The process that asks for a sandbox drafts a recipe and seals it into a memfd;
 * the processes that are cloned for it map the same memory, carry out the
 * operations in order, and leave their report at its end. Places in a recipe
 * (`at`) are offsets from its start; 0 means "none".
 */
#ifndef BUILDER_SANDBOX_INSIDE_RECIPE_H
#define BUILDER_SANDBOX_INSIDE_RECIPE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint32_t recipe_at;

enum recipe_op_kind {
	OP_TMPFS = 1, /* target, size, mode, uid, gid, attributes */
	OP_PROC,      /* target; a new one, else the existing one */
	OP_SYS,       /* target */
	OP_DEV,       /* target, size of shm: tmpfs with nodes, pts, shm, mqueue, links */
	OP_BIND, /* passed descriptor on target: a detached mount, or the file at source */
	OP_FILE,     /* content, mode, uid, gid on target */
	OP_OVERLAY,  /* lowers, upper, work; source in it on target */
	OP_MASK,     /* target, if it exists */
	OP_READONLY, /* target, if it exists */
};

struct recipe_list {
	recipe_at
	        at; /* of uint64_t places of texts, one more than n, for recipe_vector() */
	uint32_t n;
};

struct recipe_op {
	uint32_t kind;
	uint32_t readonly;
	recipe_at target, source;
	uint32_t fd;     /* index of a passed descriptor */
	uint32_t is_dir; /* the descriptor is a directory */
	struct recipe_list lowers;
	recipe_at upper, work; /* none: read-only */
	uint32_t makes_upper;  /* they do not exist yet */
	uint64_t size;
	recipe_at content;
	uint32_t n_content;
	uint32_t mode, uid, gid;
};

struct recipe_limit {
	uint32_t resource;
	uint32_t unused;
	uint64_t soft, hard;
};

/* What the first process does after setting up the root. */
enum recipe_purpose {
	RECIPE_RUN,   /* runs a program */
	RECIPE_PROBE, /* tries typical file operations, see child_probe() */
};

enum recipe_engine { RECIPE_NS, RECIPE_CHROOT, RECIPE_TRAP };

/* The indexes of passed descriptors; sources of binds follow. */
enum recipe_fd {
	RECIPE_FD_MEMORY,
	RECIPE_FD_REPORT,
	RECIPE_FD_OUT,
	RECIPE_FD_ERR,
	RECIPE_FD_CGROUP,
	RECIPE_FD_IN,
	RECIPE_FD_PROBE,
	RECIPE_FD_FIRST
};
#define RECIPE_FDS_MAX 250 /* the kernel passes 253 at once */

struct recipe {
	uint64_t size;
	uint32_t purpose, engine;
	uint32_t clone_flags;
	uint32_t has_cgroup;
	recipe_at root; /* a plain tree instead of lowers and upper, or none */

	struct recipe_list lowers;
	recipe_at upper, work;
	recipe_at ops;
	uint32_t n_ops;

	struct recipe_list argv, env;
	recipe_at path; /* value of PATH in env, or none */
	recipe_at cwd, hostname;
	uint32_t uid, gid;
	recipe_at groups; /* uint32_t each */
	uint32_t n_groups;
	uint32_t single_id;       /* setgroups is denied */
	uint32_t new_net;         /* an empty network: bring lo up */
	uint32_t terminal;        /* RECIPE_FD_OUT is one, and for input, too */
	uint32_t has_input;       /* RECIPE_FD_IN; else there is nothing to read */
	uint32_t readonly_root;   /* RECIPE_NS: only mounts on it can be written to */
	struct recipe_list probe; /* argv of a program that is run on request, or n 0; see
	                             prober.h */
	uint64_t probe_ms;        /* its time */
	uint32_t opens_devices;   /* also devices that the program makes */
	uint64_t caps;            /* to keep */
	recipe_at limits;
	uint32_t n_limits;
	recipe_at filter; /* struct sock_filter each, or none */
	uint32_t n_filter;
	uint64_t cookie; /* RECIPE_TRAP: of its notify_filter, see redo.h */
	recipe_at notify_filter; /* RECIPE_CHROOT: tried first, see supervisor.h;
	                            RECIPE_NS: see device_gate.h, owner_supervisor.h */
	uint32_t n_notify_filter;
	uint32_t has_landlock;
	uint32_t serves_devices; /* see proc_server.h */
	recipe_at owner_marks;   /* a file to make, whose presence means that owner marks
	                        count, or none; see owner_server.h */
	uint32_t
	        inner_flags; /* then: namespaces of the process that the first process clones … */
	int32_t listener_socket; /* … and the socket to which that sends its listener */
	recipe_at report;
};

/* What failed. */
enum recipe_stage {
	STAGE_NONE,
	STAGE_START,   /* clone, namespaces */
	STAGE_PRIVATE, /* own mount tree */
	STAGE_ROOT,    /* overlay of the layers */
	STAGE_MOUNT,   /* operation number `op` */
	STAGE_OVERLAY, /* … the kernel refuses its overlay */
	STAGE_SOURCE,  /* the source of a mount does not exist */
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
	STAGE_LOOKUP, /* the program does not exist; text is its name */
	STAGE_EXEC,   /* … or cannot be executed; text is its path */
	STAGE_PROBE,
	STAGE_READONLY,
};

/* An entry that was made as a mount point. */
struct recipe_stub {
	uint32_t size; /* of this record, path included */
	uint32_t is_dir;
	int64_t before_s, before_ns; /* of its parent's modification time … */
	int64_t after_s, after_ns;   /* … and right after making the entry */
	char path[];                 /* below the root, NUL-terminated */
};

#define RECIPE_TEXT_MAX  512
#define RECIPE_STUBS_MAX 65536

struct recipe_report {
	uint32_t stage; /* enum recipe_stage of a failure */
	int32_t sys;
	uint32_t op;
	char text[RECIPE_TEXT_MAX]; /* the kernel's or our own message */
	uint32_t started;           /* the program was executed, the probe succeeded */
	int32_t status;             /* wait status of the program */
	uint32_t ended;             /* status is set */
	uint32_t at_rest;           /* only the first process is left, and it ends now */
	int64_t cpu_us;             /* of all its processes, if at_rest */
	uint64_t peak_kb;           /* of the largest */
	uint32_t stubs_size;
	char stubs[RECIPE_STUBS_MAX] __attribute__((aligned(8)));
};

static inline const char *
recipe_text(const struct recipe *p, recipe_at at)
{
	return at == 0 ? NULL : (const char *)p + at;
}

static inline const uint32_t *
recipe_groups(const struct recipe *p)
{
	return (const uint32_t *)(const void *)((const char *)p + p->groups);
}

static inline struct recipe_report *
recipe_report(struct recipe *p)
{
	return (struct recipe_report *)(void *)((char *)p + p->report);
}

/* Whether the first process is asked before the program makes a device node. */
static inline bool
recipe_watches_nodes(const struct recipe *p)
{
	return p->engine == RECIPE_NS && p->notify_filter != 0 && p->owner_marks == 0;
}

static inline const struct recipe_op *
recipe_op(const struct recipe *p, uint32_t i)
{
	return (const struct recipe_op *)(const void *)((const char *)p + p->ops) + i;
}

/* The texts of LIST as pointers, NULL at the end. Overwrites the list: once only. */
char **recipe_vector(struct recipe *p, struct recipe_list list);

/* The I-th text of a list that recipe_vector() has not changed. */
const char *recipe_list_get(const struct recipe *p, struct recipe_list list, uint32_t i);

/* Notes a failure in the report unless it has one. Returns -1. TEXT may be NULL. */
int recipe_fail(struct recipe *p, enum recipe_stage stage, int sys, const char *text);

#endif
