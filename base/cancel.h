/*
 * cancel: one token that tells all threads to stop. A thread adds cancel_fd() to
 * its poll(), or calls cancel_is_set() between pieces of work.
 */
#ifndef BASE_CANCEL_H
#define BASE_CANCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct cancel;

struct cancel *cancel_new(struct error *err);
void cancel_free(struct cancel *c);         /* takes NULL */
void cancel_trigger(struct cancel *c);      /* any thread, any number of times */
bool cancel_is_set(const struct cancel *c); /* NULL: false */
int cancel_fd(const struct cancel *c);      /* readable once triggered; NULL: -1 */

/* Waits until FD can be read from (or is at its end): 0, or -1 if C is triggered
 * first. */
int cancel_wait_fd(const struct cancel *c, int fd, struct error *err);

/* Waits NS of monotonic time, or until C (may be NULL) is triggered; false then. */
bool cancel_pause(const struct cancel *c, int64_t ns);

/* 0, or -1 with ERR_CANCELLED if C is triggered. */
int cancel_check(const struct cancel *c, struct error *err);

#endif
