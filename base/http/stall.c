#include "base/http/stall.h"

#include "base/clock.h"

#define SLOWEST_PER_S 1024

/* A server may hash this much of a body per second before it answers. */
#define DIGEST_PER_S (8ll << 20)

void
stall_start(struct stall *s, int timeout_s)
{
	*s = (struct stall){ .limit_ns = timeout_s * NS_PER_S,
		             .mark_ns = clock_monotonic_ns() };
}

static void
mark(struct stall *s, int64_t now_ns)
{
	s->mark_ns = now_ns;
	s->bytes = 0;
}

void
stall_move(struct stall *s, uint64_t n, int64_t began_ns)
{
	int64_t now_ns = clock_monotonic_ns();

	s->mark_ns += now_ns - began_ns;
	s->bytes += n;
	if ((int64_t)(s->bytes / SLOWEST_PER_S) >= (now_ns - s->mark_ns) / NS_PER_S + 1)
		mark(s, now_ns);
}

void
stall_sent(struct stall *s, uint64_t size)
{
	s->limit_ns += (int64_t)(size / DIGEST_PER_S) * NS_PER_S;
	mark(s, clock_monotonic_ns());
}

bool
stall_is(struct stall *s)
{
	return clock_monotonic_ns() - s->mark_ns > s->limit_ns;
}
