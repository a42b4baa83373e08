/*
 * network: brings up "lo" of an empty network namespace. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_NETWORK_H
#define BUILDER_SANDBOX_INSIDE_NETWORK_H

/* -1 with errno. */
int network_up(void);

#endif
