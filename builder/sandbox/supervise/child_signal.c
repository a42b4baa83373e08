#include "builder/sandbox/supervise/child_signal.h"

#include <signal.h>
#include <stddef.h>

#include "builder/sandbox/inside/sys.h"

/* How the argument begins in the kernel's form. */
struct action {
	uint64_t handler; /* SIG_DFL, SIG_IGN or an address */
	uint64_t flags;
};

bool
child_signal_answer(struct notification *a)
{
	const uint64_t at = a->args[1];
	struct action now = { 0 };

	if (a->number != SYS_rt_sigaction)
		return false;
	if (notify_peek(a, at, &now, sizeof now) == (ssize_t)sizeof now &&
	    now.handler > (uint64_t)(uintptr_t)SIG_IGN && (now.flags & SA_RESTART) == 0) {
		now.flags |= SA_RESTART;
		/* C libraries give a copy, which can be written. */
		notify_poke(a, at + offsetof(struct action, flags), &now.flags,
		            sizeof now.flags);
	}
	notify_let(a);
	return true;
}
