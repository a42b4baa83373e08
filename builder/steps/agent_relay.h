/*
 * agent_relay: a unix socket for a step, connected to an ssh agent. The step does not
 * get the agent's own socket: so this one can have the owner and mode that
 * --mount=type=ssh,uid=,gid=,mode= sets, and the agent's stays unchanged.
 */
#ifndef BUILDER_STEPS_AGENT_RELAY_H
#define BUILDER_STEPS_AGENT_RELAY_H

#include <sys/types.h>

#include "base/error.h"

#define AGENT_RELAY_NAME "agent"

struct agent_relay;

/* Makes the socket AGENT_RELAY_NAME in the directory DIR_FD (borrowed) and connects
 * its clients to the socket at the path AGENT. A thread copies the bytes until
 * agent_relay_free(). With a single id, other ids cannot be set and are ignored: all
 * processes of a step have that one id. */
struct agent_relay *agent_relay_new(int dir_fd, const char *agent, mode_t mode, uid_t uid,
                                    gid_t gid, struct error *err);

/* Closes all connections. The socket's file stays. Takes NULL. */
void agent_relay_free(struct agent_relay *relay);

#endif
