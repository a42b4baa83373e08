#include "builder/sandbox/inside/device_gate.h"

#include <errno.h>

#include "builder/sandbox/inside/devices.h"
#include "builder/sandbox/inside/listener.h"
#include "builder/sandbox/inside/sys.h"

/* Tries once: a failed try leaves mounts behind. */
int
device_gate_close(struct device_gate *g)
{
	if (g->state == GATE_OPEN)
		g->state = devices_close(NULL, g->devices_fd) == 0 ? GATE_CLOSED
		                                                   : GATE_STUCK;
	return g->state == GATE_CLOSED ? 0 : -1;
}

void
device_gate_answer(struct device_gate *g)
{
	struct listener_call call;
	int received = listener_next(g->listener_fd, &call);

	if (received < 0) {
		sys_close(g->listener_fd);
		g->listener_fd = -1;
	}
	if (received <= 0)
		return;
	if (device_gate_close(g) == 0 &&
	    (listener_let(g->listener_fd, call.id) == 0 || errno != EINVAL))
		return;
	listener_reply(g->listener_fd, call.id, 0, EPERM);
}
