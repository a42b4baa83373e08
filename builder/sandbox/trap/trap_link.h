/*
 * trap_link: descriptors of links and sockets themselves, as open() gives them with O_PATH
 * and O_NOFOLLOW. Such a descriptor cannot be handed to the caller. It gets one of a sealed
 * file in memory instead, which says where the link is; calls about this descriptor are
 * answered for the link. Who writes such a file itself gets what its path leads to below
 * the root. System calls only.
 */
#ifndef BUILDER_SANDBOX_TRAP_TRAP_LINK_H
#define BUILDER_SANDBOX_TRAP_TRAP_LINK_H

#include "builder/sandbox/trap/trap.h"

/* What stands for FD, an O_PATH descriptor whose stat is ST. -1 with errno. */
int trap_link_stand_in(const struct trap_call *c, int fd, const struct stat *st);

/* Whether ST can be the stat of a stand-in. */
bool trap_link_may_be(const struct stat *st);

/* FD, an O_PATH descriptor of a descriptor of the caller, or instead, if it is that of a
 * stand-in, one of the link. Takes FD over. -1 with errno. */
int trap_link_real(const struct trap_call *c, int fd);

#endif
