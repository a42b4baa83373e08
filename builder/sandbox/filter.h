/*
 * filter: the system call filter of sandboxes.
 *
 * The rules are those of Docker's default profile (filter_list.c) for a
 * process without further capabilities; fsync and its family are answered as
 * done: a build step's files need no durability, its commit does. Calls that
 * are newer than the list get ENOSYS, so that C libraries fall back.
 *
 * The program is a binary search over ranges of call numbers per architecture.
 */
#ifndef BUILDER_SANDBOX_FILTER_H
#define BUILDER_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"

/* What a system call gets. */
enum verdict {
	VERDICT_REFUSE, /* EPERM */
	VERDICT_ALLOW,
	VERDICT_DONE,         /* 0, without doing anything */
	VERDICT_MISSING,      /* ENOSYS */
	VERDICT_CLONE,        /* allowed without new name spaces */
	VERDICT_SOCKET,       /* all families but AF_ALG and AF_VSOCK */
	VERDICT_PERSONALITY,  /* harmless ones */
	VERDICT_ASK,          /* the supervisor answers */
	VERDICT_ASK_AT,       /* … if the path does not start in an open directory */
	VERDICT_ASK_OPEN,     /* … if the file need not be new */
	VERDICT_ASK_OPEN_AT,  /* … if both */
	VERDICT_LOCAL_SOCKET, /* AF_UNIX only */
	VERDICT_ASK_CREATE,   /* … if it may make a file */
	VERDICT_ASK_CREATE_AT,
	VERDICT_LIMIT, /* a limit that supervisors use is set for show only */
	VERDICT_LIMIT_OF,
	VERDICT_OWN_LIMIT_OF, /* both of this and the next */
	VERDICT_OWN_LIMIT,    /* not those of a process that is named */
};

/* What differs from the standard filter. */
enum filter_kind {
	FILTER_ASKS_PATHS = 1,  /* calls that look a path up ask the supervisor */
	FILTER_NO_NETWORK = 2,  /* no sockets but local ones */
	FILTER_NO_TRACING = 4,  /* no looking into other processes */
	FILTER_ASKS_OWNERS = 8, /* … also what has to do with owners and ids */
	FILTER_OWN_LIMITS = 16, /* limits of other processes are not to be had */
};

struct filter_rule {
	const char *name;
	uint8_t verdict;
	int16_t number; /* where it is the same everywhere (424 and up), else -1 */
};

extern const struct filter_rule filter_rules[];
extern const size_t filter_n_rules;

/* The last call number of the common table that the rules know. */
#define FILTER_LAST 467

struct filter {
	ARRAY(struct sock_filter) code;
};

/* KINDS: bits of enum filter_kind. Adds nothing if this machine's architecture is not
 * known: no filter then. */
void filter_compile(struct filter *out, unsigned kinds);
void filter_clear(struct filter *f);
#define auto_filter __attribute__((cleanup(filter_clear)))

#endif
