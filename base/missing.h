/*
 * missing: system calls that the kernel or a seccomp filter does not know.
 */
#ifndef BASE_MISSING_H
#define BASE_MISSING_H

#include <errno.h>
#include <stdbool.h>

/* Whether a call that failed with SYS may be missing. A kernel returns ENOSYS, or EINVAL
 * for an unknown option; filters and profiles return EPERM or EACCES. All except ENOSYS
 * may also be a real error, so the caller's substitute must then fail in the same way. */
static inline bool
call_is_missing(int sys)
{
	return sys == ENOSYS || sys == EPERM || sys == EACCES || sys == EINVAL;
}

#endif
