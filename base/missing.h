/*
 * missing: calls that a kernel or a filter does not know.
 */
#ifndef BASE_MISSING_H
#define BASE_MISSING_H

#include <errno.h>
#include <stdbool.h>

/* Whether a call that failed with SYS may be missing: a kernel says ENOSYS, or EINVAL of an
 * option; filters and profiles have EPERM and EACCES. Each but the first may be a true
 * answer, too, so what is tried instead must give the same one then. */
static inline bool
call_is_missing(int sys)
{
	return sys == ENOSYS || sys == EPERM || sys == EACCES || sys == EINVAL;
}

#endif
