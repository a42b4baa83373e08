/*
 * stall: detects transfers that no longer make progress.
 *
 * A rate below 1 KiB/s during the whole timeout is a stall. After a server has
 * received a large body, it may be silent for longer: it hashes the body, and
 * some servers copy it to its final place. Time in our own callbacks does not
 * count.
 *
 * Belongs to one transfer, and so to one thread.
 */
#ifndef BASE_HTTP_STALL_H
#define BASE_HTTP_STALL_H

#include <stdbool.h>
#include <stdint.h>

struct stall {
	int64_t limit_ns; /* silence that is too long */
	int64_t mark_ns;  /* monotonic: start of the count */
	uint64_t bytes;   /* since then */
};

void stall_start(struct stall *s, int timeout_s);

/* N bytes were received or sent; the callback for them began at BEGAN_NS. */
void stall_move(struct stall *s, uint64_t n, int64_t began_ns);

/* All SIZE bytes of the body are sent: from now on the server works. */
void stall_sent(struct stall *s, uint64_t size);
bool stall_is(struct stall *s);

#endif
