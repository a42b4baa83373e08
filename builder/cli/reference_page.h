/*
 * reference_page: docs/reference/command-line.md, out of the tables of options.
 */
#ifndef BUILDER_CLI_REFERENCE_PAGE_H
#define BUILDER_CLI_REFERENCE_PAGE_H

#include <stdio.h>

void reference_page_print(FILE *out);

#endif
