/*
 * child_signal: a signal whose handler was installed without SA_RESTART ends a call that
 * waits for a supervisor to receive it, with EINTR. Calls that programs do not expect that
 * of (stat, open …) would fail by chance, above all in shells, which handle SIGCHLD so.
 * Handlers of SIGCHLD therefore always get SA_RESTART. System calls only.
 */
#ifndef BUILDER_SANDBOX_SUPERVISE_CHILD_SIGNAL_H
#define BUILDER_SANDBOX_SUPERVISE_CHILD_SIGNAL_H

#include "builder/sandbox/supervise/notify.h"

/* Answers A if it is rt_sigaction(), of which the filter passes only what changes the
 * handling of SIGCHLD. */
bool child_signal_answer(struct notification *a);

#endif
