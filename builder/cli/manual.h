/*
 * manual: the manual page cooper(1). Commands and options come from their tables;
 * the text of the other sections is here.
 */
#ifndef BUILDER_CLI_MANUAL_H
#define BUILDER_CLI_MANUAL_H

#include <stdio.h>

/* The page in man(7) macros, ASCII only. */
void manual_print(FILE *out);

#endif
