/*
 * init: process 1 of a sandbox. It reaps orphans, forwards signals, and ends with
 * the program; the kernel then kills all other processes. It also ends when the
 * builder is gone.
 */
#ifndef BUILDER_SANDBOX_INSIDE_INIT_H
#define BUILDER_SANDBOX_INSIDE_INIT_H

#include "builder/sandbox/inside/recipe.h"

_Noreturn void init_main(struct recipe *recipe, const int *fds);

#endif
