/*
 * init: process 1 of a sandbox. It reaps orphans, forwards signals, and ends with
 * the program; the kernel then kills all other processes. It also ends when the
 * builder is gone. It answers calls that make device nodes (device_gate.h).
 */
#ifndef BUILDER_SANDBOX_INSIDE_INIT_H
#define BUILDER_SANDBOX_INSIDE_INIT_H

#include "builder/sandbox/inside/recipe.h"

/* DEVICES_FD: see struct device_gate. */
_Noreturn void init_main(struct recipe *recipe, const int *fds, int devices_fd);

#endif
