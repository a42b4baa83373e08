/*
 * error: what went wrong, as an object that callers pass up.
 *
 * Every function that can fail takes a `struct error *err` as its last
 * argument (never NULL) and returns -1, NULL or false; look-ups return 1
 * found, 0 absent, -1 failed. The code that detects an error sets it once; a
 * caller that knows more puts text in front with error_wrap(). On success the
 * error is left untouched. Only builder/cli/report prints errors.
 *
 *	if (fd < 0)
 *		return error_sys(err, "open %s", path);
 *	if (part_finish(part, err) < 0)
 *		return error_wrap(err, "add %s to the store", path);
 *
 * All texts lose the users and passwords of URLs (base/redact.h). An error owns its
 * strings. One thread at a time may use it.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

/* Decides the exit status; see docs/exit-codes.md. */
enum error_code {
	ERR_NONE = 0,
	ERR_INTERNAL,    /* a bug of ours, or a machine fault: I/O, memory */
	ERR_USAGE,       /* the command line */
	ERR_DOCKERFILE,  /* the Dockerfile or .dockerignore */
	ERR_SOURCE,      /* a file, image, stage or secret that does not exist */
	ERR_RUN,         /* a RUN step ended with a status other than 0 */
	ERR_NETWORK,     /* no connection, time-out, a server's 5xx */
	ERR_AUTH,        /* refused: 401, 403, missing credentials */
	ERR_POLICY,      /* something the command line does not allow */
	ERR_DAMAGED,     /* content differs from its digest, a broken archive */
	ERR_ENVIRONMENT, /* this machine cannot do it: namespaces, disk full */
	ERR_CANCELLED,   /* by a signal, or because another step failed */
};

/* A range in a text that the user wrote; line 0 means "none". */
struct place {
	int line, last; /* 1-based, inclusive */
	int column;     /* 1-based byte column, 0 if unknown */
};

#define ERROR_PLACES_MAX 8 /* a cycle of stages may name several */

struct error {
	enum error_code code;
	int sys;    /* errno at the place of detection, or 0 */
	char *text; /* outermost context first, joined by ": " */
	char *hint; /* what the user can do, or NULL */
	char *file; /* display name of the file the places are in, or NULL */
	struct place at[ERROR_PLACES_MAX];
	size_t n_at;
	char *others; /* error_also(): "line 3: text\n" each, or NULL */
	size_t n_others;
};

#define ERROR_OTHERS_MAX 10

#define ERROR_INIT                                                                       \
	{                                                                                \
		.code = ERR_NONE                                                         \
	}

/* Sets CODE and a formatted text. Always returns -1. */
int error_set(struct error *err, enum error_code code, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* Like error_set() with the code that fits errno (ENOSPC and friends are
 * ERR_ENVIRONMENT, most are ERR_INTERNAL) and ": <strerror>" appended. Takes
 * errno first thing. Always returns -1. */
int
error_sys(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For an error about a file that the user named: if the name is the reason (no such file,
 * a directory, too long), sets the code to CODE. Always returns -1. */
int error_named(struct error *err, enum error_code code);

/* Puts "<text>: " in front of the text. Always returns -1. */
int
error_wrap(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets the hint unless one is set already. Always returns -1. */
int
error_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds a place (ignored beyond ERROR_PLACES_MAX). Always returns -1. */
int error_at(struct error *err, struct place place);

/* Adds OTHER, an independent error later in the same file. Beyond ERROR_OTHERS_MAX,
 * errors are only counted. Always returns -1. */
int error_also(struct error *err, const struct error *other);

/* Moves FROM into TO (whose old content is freed); FROM becomes empty. */
void error_move(struct error *to, struct error *from);

/* Frees what ERR owns and makes it empty. Keeps errno. */
void error_clear(struct error *err);
#define auto_error __attribute__((cleanup(error_clear)))

#endif
