/*
 * device_gate: lets programs of root replace the nodes of /dev, and still opens no device
 * but the harmless ones. System calls only.
 *
 *	start                          /dev opens nodes; harmless ones are made freely
 *	a call makes another node      the filter asks process 1 (FILTER_ASKS_NODES)
 *	process 1                      devices_close(): /dev is nodev from now on
 *	the call continues             no mount of the step opens the node
 *
 * Nobody looks at the call's path, so it does not matter if that changes. The step cannot
 * have a listener of its own (VERDICT_NO_LISTENER): after the end of process 1, it could
 * answer the call itself. Without a listener such a call fails.
 */
#ifndef BUILDER_SANDBOX_INSIDE_DEVICE_GATE_H
#define BUILDER_SANDBOX_INSIDE_DEVICE_GATE_H

struct device_gate {
	int devices_fd;  /* of a /dev that opens nodes, or -1 */
	int listener_fd; /* -1: nobody asks */
	enum { GATE_OPEN, GATE_CLOSED, GATE_STUCK } state;
};

/* Answers one call of the listener. */
void device_gate_answer(struct device_gate *g);

/* Makes /dev nodev, if it is not yet. -1 with errno; then /dev may still open nodes. */
int device_gate_close(struct device_gate *g);

#endif
