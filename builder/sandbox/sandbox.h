/*
 * sandbox: runs one step's process in an isolated root file system.
 *
 *	sandbox_new      once per build: chooses the engine by trying it
 *	sandbox_run      once per RUN: layer directories in, an upper directory out
 *
 * Whatever the engine, a finished run leaves an *upper directory in overlay
 * format*: new and changed entries, whiteouts (character device 0:0), opaque
 * directories (user.overlay.opaque=y). Overlays are mounted with `userxattr`
 * even for root, so every layer directory of a store looks the same.
 *
 *	ns       namespaces + overlayfs; the upper is where the process wrote
 *	chroot   a private mutable tree, changes found by one ctime walk and
 *	         copied out as an upper; for root in containers without mounts
 *	trap     the same tree, and a supervisor that makes every call with a path for
 *	         the process; for users without any privilege
 *
 * The environment of the process: a PID 1 of ours that reaps, /proc with
 * Docker's masked and read-only paths, a small /dev, read-only /sys, its own
 * resolv.conf and hosts, Docker's default capabilities and seccomp filter (fsync
 * does nothing), no_new_privs off, standard input /dev/null, umask 022.
 *
 * Several threads may call sandbox_run at once. The sandbox knows nothing about
 * layers, keys or Dockerfiles.
 */
#ifndef BUILDER_SANDBOX_SANDBOX_H
#define BUILDER_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/text.h"

enum isolation { ISOLATION_AUTO, ISOLATION_NS, ISOLATION_CHROOT, ISOLATION_TRAP };

/* Parses "auto", "ns", "chroot" or "trap"; false for other texts. */
bool isolation_parse(struct text t, enum isolation *out);

/* How ids of the image map to ids of the machine. */
enum id_mapping {
	IDS_REAL,     /* we are root with all ids, or in a container's namespace that has
	                 them */
	IDS_IDENTITY, /* new user namespace, 0-65535 mapped by our own capabilities */
	IDS_RANGE,    /* new user namespace, newuidmap range of /etc/subuid */
	IDS_SINGLE,   /* new user namespace with a single id */
	IDS_NONE,     /* no user namespace available, and not root */
};

struct sandbox;

struct sandbox_options {
	enum isolation isolation;
	enum id_mapping mapping;
	int scratch_fd; /* directory for probes and mutable trees, on the store's file
	                   system */
	const struct cancel *cancel;
	const char *memory; /* path of the file that notes that the strongest engine
	                       works here, or NULL */
	const char *kept;   /* path of a directory on that file system for the plain
	                     trees of later builds, or NULL */
};

/* Tries the engines in a child, the strongest first (or only the requested one), unless
 * the store notes that the strongest works. ERR_ENVIRONMENT with a hint if none works.
 * Sets *WHY (caller frees) to one line if the result is weaker or slower. */
struct sandbox *
sandbox_new(const struct sandbox_options *options, char **why, struct error *err);
void sandbox_free(struct sandbox *sb);                /* takes NULL */
const char *sandbox_engine(const struct sandbox *sb); /* "ns", "chroot", "trap" */

enum sandbox_mount_kind {
	SANDBOX_BIND,    /* a directory or file of ours */
	SANDBOX_OVERLAY, /* a writable bind whose changes are discarded: lowers (one or
	                    more) under a scratch upper */
	SANDBOX_TMPFS,
	SANDBOX_FILE, /* a file with given bytes, on a private tmpfs: secrets, scripts */
};

struct sandbox_mount {
	enum sandbox_mount_kind kind;
	const char *target; /* absolute in the rootfs; resolved inside it */
	bool readonly;

	/* SANDBOX_BIND: path of the source below source_fd ("" = source_fd itself, which
	 * may be a file if is_foreign); resolved inside source_fd. */
	int source_fd;
	const char *source;
	bool is_passing; /* the source disappears when the builder ends */
	bool is_foreign; /* not of the store: where nothing can be mounted, a copy */

	/* SANDBOX_OVERLAY: directories, topmost first, and the path in their merge. */
	const char *const *lowers;
	size_t n_lowers;

	uint64_t size;           /* SANDBOX_TMPFS, 0 = no limit */
	struct text content;     /* SANDBOX_FILE */
	uint32_t mode, uid, gid; /* SANDBOX_FILE, SANDBOX_TMPFS */
};

enum sandbox_network { SANDBOX_NET_HOST, SANDBOX_NET_NONE };

struct sandbox_limit {
	int resource; /* RLIMIT_… */
	uint64_t soft, hard;
};

/* RLIMIT_… of "nofile" and the like, or -1. */
int sandbox_limit_find(struct text name);

/* The number of "NET_RAW" or "CAP_NET_RAW", in any case, or -1. */
int sandbox_capability_find(struct text name);

struct sandbox_limits;

/* Warns of each of LIMITS that is higher than this process may set (steps then get the
 * highest allowed value), and of what the engine of SB cannot limit. Call it once, before
 * the first step. */
void sandbox_tell_limits(const struct sandbox *sb, const struct sandbox_limits *limits);

/* Swap of a run whose memory is limited. */
enum sandbox_swap {
	SWAP_NONE, /* memory that may not be used must not be swap instead */
	SWAP_MAX,  /* up to swap_max */
	SWAP_ANY,
};

/* Resource limits of a run. Copies borrow the list and the texts. */
struct sandbox_limits {
	uint64_t shm_size; /* 0: 64 MiB */
	uint64_t
	        memory_max; /* bytes; 0: none; needs a writable cgroup, like the next two */
	uint64_t pids_max;
	uint32_t cpu_percent;                  /* 100 = one CPU; 0: none */
	uint32_t cpu_shares;                   /* Docker's, 2 to 262144; 0: none */
	const char *cpuset_cpus, *cpuset_mems; /* "0-3,5"; NULL: all */
	enum sandbox_swap swap;
	uint64_t swap_max; /* SWAP_MAX, bytes */
	ARRAY(struct sandbox_limit) list;
};

typedef void sandbox_log_fn(void *arg, int stream, const void *bytes, size_t n);

#define SANDBOX_PROBE_TIMED_OUT (-1)

/* What connects a program to a caller who waits for it. Descriptors are borrowed. */
struct sandbox_foreground {
	/* Its standard streams, unless it has a terminal. The program may open them again
	 * with other access: they should be pipes. */
	int in_fd, out_fd, err_fd;
	int signals_fd; /* each byte is the number of a signal for the program (SIGKILL:
	                   for all its processes), or -1 */
	/* A program that is run beside it on request, see inside/prober.h; or NULL. Its
	 * status can also be SANDBOX_PROBE_TIMED_OUT. */
	const char *const *probe; /* argv */
	int probe_fd;             /* the other end is the caller's */
	uint64_t probe_ms;        /* its time */
};

struct sandbox_run {
	const char *const *lowers; /* layer directories, topmost first; absolute paths */
	size_t n_lowers;           /* 0: an empty root */
	const char *upper,
	        *work; /* empty directories on one file system, made by the caller */

	const char *const *argv; /* argv[0] is looked up in env's PATH, inside */
	const char *const *env;  /* "NAME=value", HOME included */
	const char *cwd;         /* made (root-owned, 0755) if missing */
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary */
	size_t n_groups;

	const struct sandbox_mount *mounts; /* in order; later ones cover earlier ones */
	size_t n_mounts;
	enum sandbox_network network;
	bool insecure; /* all capabilities, no filter, nothing masked */
	uint64_t caps_added, caps_dropped; /* bits by number; dropped wins */
	bool has_secrets;                  /* if it fails, its files are not kept */
	const char *hostname;
	struct text hosts;  /* content of /etc/hosts; p NULL: the root's own */
	struct text resolv; /* content of /etc/resolv.conf */
	struct sandbox_limits limits;

	sandbox_log_fn *log; /* output of the process, as it comes */
	void *log_arg;

	/* For interactive use: the process gets this terminal (not yet the controlling
	 * one of a session) as standard input, output and error. */
	bool has_terminal;
	int terminal_fd;

	const struct sandbox_foreground *foreground; /* or NULL */
	bool is_discarded;  /* nobody wants the upper afterwards */
	bool readonly_root; /* engine ns only */
};

struct sandbox_result {
	int status; /* wait(2) status of the process */
	bool oom; /* the kernel killed it, or one of its processes, when memory ran out */
	uint64_t oom_limit; /* limit of its control group, in bytes; 0: unknown */
	int64_t wall_ns, cpu_ns;
	uint64_t peak_rss; /* bytes */
};

/* Runs R to its end. When it returns, all processes and mounts of the run are gone in
 * any case. Returns 0 if the process was started (see RESULT). Returns -1 if it could not
 * be started (ERR_RUN if the program does not exist: `exec: "x": executable file not
 * found in $PATH`, ERR_ENVIRONMENT, …) or was cancelled. Mount points that were made in
 * the rootfs are removed from the upper if they are still empty; their parents' times are
 * restored. */
int sandbox_run(struct sandbox *sb, const struct sandbox_run *r,
                struct sandbox_result *result, struct error *err);

/* Appends a resolv.conf with the machine's nameservers to OUT. Keeps loopback resolvers,
 * because sandboxes use the host's network. */
void sandbox_resolv_conf(struct buf *out);

#endif
