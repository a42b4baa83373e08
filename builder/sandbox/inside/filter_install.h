/*
 * filter_install: installs a seccomp filter in the calling process. System calls only.
 */
#ifndef BUILDER_SANDBOX_INSIDE_FILTER_INSTALL_H
#define BUILDER_SANDBOX_INSIDE_FILTER_INSTALL_H

#include <linux/filter.h>
#include <stddef.h>

/* Installs a filter for this thread. -1 with errno; EACCES if that needs
 * no_new_privs. */
int filter_install(const struct sock_filter *code, size_t n);

/* The same; returns the listener descriptor for VERDICT_ASK. */
int filter_install_notify(const struct sock_filter *code, size_t n);

#endif
