/*
 * filter_install: puts a system call filter on the calling process. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_FILTER_INSTALL_H
#define BUILDER_SANDBOX_INSIDE_FILTER_INSTALL_H

#include <linux/filter.h>
#include <stddef.h>

/* Installs a filter for this thread. -1 with errno; EACCES if that needs
 * no_new_privs. */
int filter_install(const struct sock_filter *code, size_t n);

/* As that, and the descriptor where VERDICT_ASK asks. */
int filter_install_notify(const struct sock_filter *code, size_t n);

#endif
