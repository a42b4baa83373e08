/*
 * report: prints an error, once, and turns it into an exit status.
 */
#ifndef BUILDER_CLI_REPORT_H
#define BUILDER_CLI_REPORT_H

#include "base/error.h"
#include "base/text.h"
#include "builder/ui/ui.h"

/* From now on warnings go to standard error, one line each. For commands that show no
 * other events; a session has its own ui. */
void report_warnings(void);

/* The exit status of CODE; docs/exit-codes.md. */
int report_status(enum error_code code);

/* Prints ERR to standard error: the failed step's last log lines (UI may be
 * NULL), the code frame from SOURCE (may be empty), the message, the hint.
 * Returns the exit status. */
int report_error(const struct error *err, struct ui *ui, struct text source);

#endif
