/*
 * agent_relay: a unix socket of a step's own that leads to an ssh agent. The step
 * gets this one and not the agent's, so that its owner and mode can be what
 * --mount=type=ssh,uid=,gid=,mode= asks for, and nothing of the agent's changes.
 */
#ifndef BUILDER_STEPS_AGENT_RELAY_H
#define BUILDER_STEPS_AGENT_RELAY_H

#include <sys/types.h>

#include "base/error.h"

#define AGENT_RELAY_NAME "agent"

struct agent_relay;

/* Makes the socket AGENT_RELAY_NAME in the directory DIR_FD (borrowed) and connects
 * whoever comes to the socket at the path AGENT. A thread of its own carries the
 * bytes until agent_relay_free(). An id that cannot be given here (there is only
 * one) is left out: all processes of a step have that one id then. */
struct agent_relay *agent_relay_new(int dir_fd, const char *agent, mode_t mode, uid_t uid,
                                    gid_t gid, struct error *err);

/* Cuts all connections. The socket's name stays. Takes NULL. */
void agent_relay_free(struct agent_relay *relay);

#endif
