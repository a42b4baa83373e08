/*
 * log_dir: the whole output of each step as a file of its own, while it comes.
 *
 *	05-build.log    step #5 of the plain progress, of stage build
 *	06-stage-1.log  a stage without a name
 *
 * A consumer of events beside the ui. Secrets are masked like everywhere.
 */
#ifndef BUILDER_UI_LOG_DIR_H
#define BUILDER_UI_LOG_DIR_H

#include "base/error.h"

struct log_dir;

/* Opens the directory PATH, and makes it if only its last part is missing. Files there are
 * replaced when a step with their name begins, if they are regular. NULL with ERR_USAGE. */
struct log_dir *log_dir_open(const char *path, struct error *err);

/* Borrowed. */
int log_dir_fd(const struct log_dir *d);

/* Listens to events from now on. */
void log_dir_start(struct log_dir *d);

/* Ends it. -1 if a file could not be written: the first one is named. */
int log_dir_close(struct log_dir *d, struct error *err);
void log_dir_free(struct log_dir *d); /* takes NULL */

#endif
