/*
 * clock: monotonic and wall time, waits of limited length, RFC 3339 both ways.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/text.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

int64_t clock_monotonic_ns(void);
int64_t clock_wall_ns(void); /* since 1970-01-01T00:00:00Z */

/* When the file of SB was last changed, in the same. */
static inline int64_t
clock_mtime_ns(const struct stat *sb)
{
	return (int64_t)sb->st_mtim.tv_sec * NS_PER_S + sb->st_mtim.tv_nsec;
}

/* pthread_cond_wait() that ends after NS at the latest, whatever becomes of the wall
 * clock. (cancel_pause() waits for time alone.) */
void clock_wait(pthread_cond_t *changed, pthread_mutex_t *lock, int64_t ns);

#define CLOCK_TEXT_MAX 40

/* "2026-11-23T08:17:05Z", with a fraction of up to nine digits (no trailing
 * zeros) if it is not 0, as Go's RFC3339Nano. Returns OUT. */
char *clock_print(int64_t wall_ns, char out[CLOCK_TEXT_MAX]);

/* The same for whole seconds, for years up to 9999. */
char *clock_print_s(int64_t wall_s, char out[CLOCK_TEXT_MAX]);
#define CLOCK_LAST_S 253402300799ll

/* Reads RFC 3339 with any offset. False if malformed or out of range. */
bool clock_parse(struct text t, int64_t *wall_ns);

/* The same in whole seconds, for years up to 9999. */
bool clock_parse_s(struct text t, int64_t *wall_s);

#endif
