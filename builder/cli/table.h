/*
 * table: prints rows in columns that are as wide as their widest cell.
 */
#ifndef BUILDER_CLI_TABLE_H
#define BUILDER_CLI_TABLE_H

#include <stdio.h>

#include "base/array.h"

struct table {
	size_t n_columns;
	ARRAY(char *) cells; /* row by row; owned */
};

/* Adds a cell and takes ownership of TEXT. The first N_COLUMNS cells are the heading. */
void table_add(struct table *t, char *text);

/* Prints all rows; columns are separated by three blanks. */
void table_print(const struct table *t, FILE *out);
void table_clear(struct table *t);

#endif
