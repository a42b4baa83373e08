#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/redact.h"

/* What the administrator of the machine can change, not we. */
static enum error_code
code_of(int sys)
{
	switch (sys) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EACCES:
	case EPERM:
	case EMFILE:
	case ENFILE:
	case ENOSYS:
		return ERR_ENVIRONMENT;
	default:
		return ERR_INTERNAL;
	}
}

/* Takes TEXT. The arguments of TEXT may have come from ERR, so it is complete
 * before the old content goes. */
static void
replace(struct error *err, enum error_code code, int sys, char *text)
{
	error_clear(err);
	err->code = code;
	err->sys = sys;
	err->text = redact_own(text);
}

int
error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprint(fmt, ap);
	va_end(ap);
	replace(err, code, 0, text);
	return -1;
}

int
error_sys(struct error *err, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	char *what, *text;

	va_start(ap, fmt);
	what = mem_vprint(fmt, ap);
	va_end(ap);
	text = mem_print("%s: %s", what, strerror(sys));
	free(what);
	replace(err, code_of(sys), sys, text);
	if (sys == EMFILE)
		error_hint(err, "raise the limit of open files: ulimit -n 1024");
	return -1;
}

int
error_named(struct error *err, enum error_code code)
{
	switch (err->sys) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ENAMETOOLONG:
	case ELOOP:
	case ENXIO:
	case ENODEV:
	case EINVAL:
	case EBUSY:
	case EEXIST:
	case ENOTEMPTY:
		err->code = code;
		break;
	default:
		break;
	}
	return -1;
}

int
error_wrap(struct error *err, const char *fmt, ...)
{
	va_list ap;
	char *what, *text;

	va_start(ap, fmt);
	what = mem_vprint(fmt, ap);
	va_end(ap);
	text = err->text == NULL ? mem_copy(what) : mem_print("%s: %s", what, err->text);
	free(what);
	free(err->text);
	err->text = redact_own(text);
	if (err->code == ERR_NONE)
		err->code = ERR_INTERNAL;
	return -1;
}

int
error_hint(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (err->hint != NULL)
		return -1;
	va_start(ap, fmt);
	err->hint = redact_own(mem_vprint(fmt, ap));
	va_end(ap);
	return -1;
}

int
error_at(struct error *err, struct place place)
{
	if (err->n_at < ERROR_PLACES_MAX)
		err->at[err->n_at++] = place;
	return -1;
}

int
error_also(struct error *err, const struct error *other)
{
	char *all = NULL;

	if (err->n_others++ >= ERROR_OTHERS_MAX)
		return -1;
	all = mem_print("%sline %d: %s\n", err->others == NULL ? "" : err->others,
	                other->n_at == 0 ? 0 : other->at[0].line, other->text);
	free(err->others);
	err->others = all;
	return -1;
}

void
error_move(struct error *to, struct error *from)
{
	if (to == from)
		return;
	error_clear(to);
	*to = *from;
	*from = (struct error)ERROR_INIT;
}

void
error_clear(struct error *err)
{
	int saved = errno;

	free(err->text);
	free(err->hint);
	free(err->file);
	free(err->others);
	*err = (struct error)ERROR_INIT;
	errno = saved;
}
