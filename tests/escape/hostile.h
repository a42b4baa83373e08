/* The tries of a hostile RUN step, and what they know of their aim. */
#ifndef TESTS_ESCAPE_HOSTILE_H
#define TESTS_ESCAPE_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TOKEN "cooper-canary-token"
#define DEPTH 64

/* What was written to memory before is there for other threads. */
#define PUBLISH() __asm__ volatile("" ::: "memory")

/* What the command line says. */
struct aim {
	const char *canary; /* path of a file of the machine, its content is TOKEN */
	const char
	        *name; /* of an abstract socket and of a key of the builder's session */
	const char *store;
	pid_t victim; /* a process of the machine with TOKEN in its environment; it has
	                 CANARY.socket and shared memory of KEY */
};
extern struct aim aim;

#define SHARED_MEMORY_KEY 0x0c00be5

struct
try {
	const char *name;
	bool (*reaches)(void);
};

extern const struct try tries_of_files[], tries_of_processes[], tries_of_the_kernel[],
        tries_of_devices[], tries_of_descriptors[], tries_of_races[],
        tries_of_supervisors[];

/* Each closes what it was given. */
bool has_token(int fd);
bool reads(const char *path);
bool reads_at(int dir_fd, const char *path);

/* The classic way out of a chroot, by ourselves. */
bool leave_chroot(void);

#endif
