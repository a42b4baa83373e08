/*
 * init: process 1 of a sandbox. Reaps what is orphaned, forwards signals, and
 * ends with the program; the kernel then kills what is left. Ends too when the
 * builder is gone.
 */
#ifndef BUILDER_SANDBOX_INSIDE_INIT_H
#define BUILDER_SANDBOX_INSIDE_INIT_H

#include "builder/sandbox/inside/recipe.h"

_Noreturn void init_main(struct recipe *recipe, const int *fds);

#endif
