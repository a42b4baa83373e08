/*
 * stall: whether a transfer still moves.
 *
 * Fewer than 1 KiB in each second of the time-out is a stall. While a server
 * digests a large body that it has got whole, it may be silent for longer: it
 * hashes it, and some copy it to where it is kept. Time that our own side
 * spends in call-backs does not count.
 *
 * Belongs to one transfer, and so to one thread.
 */
#ifndef REGISTRY_STALL_H
#define REGISTRY_STALL_H

#include <stdbool.h>
#include <stdint.h>

struct stall {
	int64_t limit_ns; /* silence that is too long */
	int64_t mark_ns;  /* monotonic: since when the bytes are counted */
	uint64_t bytes;   /* since then */
};

void stall_start(struct stall *s, int timeout_s);

/* N bytes came or went; the call-back that handled them began at BEGAN_NS. */
void stall_move(struct stall *s, uint64_t n, int64_t began_ns);

/* All SIZE bytes of the body are sent: from here on the server works. */
void stall_sent(struct stall *s, uint64_t size);
bool stall_is(struct stall *s);

#endif
