/*
 * filter: the seccomp filter of sandboxes.
 *
 * The rules are those of Docker's default profile (filter_list.c) for a
 * process without extra capabilities. fsync and similar calls return success
 * without doing anything: a step's files need no durability, only the commit
 * after it does. Calls newer than the list get ENOSYS, so that C libraries
 * fall back.
 *
 * The program is a binary search over ranges of call numbers per architecture.
 */
#ifndef BUILDER_SANDBOX_FILTER_H
#define BUILDER_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

/* The result of the filter for a system call. */
enum verdict {
	VERDICT_REFUSE, /* EPERM */
	VERDICT_ALLOW,
	VERDICT_DONE,         /* 0, without doing anything */
	VERDICT_MISSING,      /* ENOSYS */
	VERDICT_CLONE,        /* allowed without new namespaces */
	VERDICT_SOCKET,       /* all families except AF_ALG and AF_VSOCK */
	VERDICT_PERSONALITY,  /* harmless ones */
	VERDICT_ASK,          /* the supervisor answers */
	VERDICT_ASK_AT,       /* … if the path does not start in an open directory */
	VERDICT_ASK_OPEN,     /* … if the file need not be new */
	VERDICT_ASK_OPEN_AT,  /* … if both hold */
	VERDICT_LOCAL_SOCKET, /* AF_UNIX only */
	VERDICT_ASK_CREATE,   /* … if it may make a file */
	VERDICT_ASK_CREATE_AT,
	VERDICT_LIMIT, /* setting a limit that supervisors use has no effect */
	VERDICT_LIMIT_OF,
	VERDICT_OWN_LIMIT_OF, /* VERDICT_LIMIT and the next */
	VERDICT_OWN_LIMIT,    /* only the caller's own limits */
	VERDICT_ASK_NODE,     /* … if it makes a device that is not harmless */
	VERDICT_ASK_NODE_AT,
	VERDICT_NO_LISTENER, /* filters without a listener only */
	VERDICT_ASK_NOT_REDONE, /* … unless the supervisor makes the caller do it */
	VERDICT_ASK_TIMES,      /* … if it names a file: utimensat() */
	VERDICT_ASK_ADDRESS,    /* … if it names an address: sendto() */
	VERDICT_ASK_OWNER_OF_FD, /* … if it says who gets signals: fcntl(); no leases */
	VERDICT_IOCTL,           /* none that says who gets signals */
	VERDICT_NO_FILTER,       /* further filters have no effect */
	VERDICT_ASK_CHILD_SIGNAL, /* … if it changes what SIGCHLD does: rt_sigaction() */
	VERDICT_PRCTL, /* what needs privileges has no effect; the loader asks */
};

/* Differences from the standard filter. */
enum filter_kind {
	FILTER_ASKS_PATHS = 1,  /* calls that look a path up ask the supervisor */
	FILTER_NO_NETWORK = 2,  /* no sockets but local ones */
	FILTER_NO_TRACING = 4,  /* no looking into other processes */
	FILTER_ASKS_OWNERS = 8, /* … so do calls that concern owners and ids */
	FILTER_OWN_LIMITS = 16, /* no access to the limits of other processes */
	FILTER_ASKS_NODES = 32, /* device nodes ask process 1, see device_gate.h */
	FILTER_ASKS_ALL = 64,   /* no call with a path is made by the step, see trap.h */
};

struct filter_rule {
	const char *name;
	uint8_t verdict;
	int16_t number; /* if it is the same on all architectures (424 and up), else -1 */
};

extern const struct filter_rule filter_rules[];
extern const size_t filter_n_rules;

/* The last call number of the common table that the rules know. */
#define FILTER_LAST 467

struct filter {
	ARRAY(struct sock_filter) code;
	/* FILTER_ASKS_ALL: a call with this as its sixth argument is redone by the
	 * supervisor. Set it before filter_compile(). */
	uint64_t cookie;
};

/* KINDS: bits of enum filter_kind. On an unknown architecture, adds nothing: then there
 * is no filter. */
void filter_compile(struct filter *out, unsigned kinds);
void filter_clear(struct filter *f);
#define auto_filter __attribute__((cleanup(filter_clear)))

#endif
