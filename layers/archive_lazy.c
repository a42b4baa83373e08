/* The functions of libarchive, looked up when the first of them is called. Few layers
 * need it, and the libraries behind it take milliseconds to load, so cooper does not link
 * it. Only the functions that this folder uses are here. */
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/library.h"
#include "base/mem.h"

/* The library's headers name the arguments differently. */
/* NOLINTBEGIN(readability-*-parameter-name,bugprone-macro-parentheses) */
#define TEXT_MAX 256

#define FUNCTIONS(X)                                                                     \
	X(archive_read_new)                                                              \
	X(archive_read_free)                                                             \
	X(archive_read_append_filter)                                                    \
	X(archive_read_support_format_raw)                                               \
	X(archive_read_support_format_empty)                                             \
	X(archive_read_open)                                                             \
	X(archive_read_next_header)                                                      \
	X(archive_read_data)                                                             \
	X(archive_set_error)                                                             \
	X(archive_error_string)

#define POINTER(name) __typeof__(name) *name;
static struct {
	FUNCTIONS(POINTER)
} real; /* written by load() only */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *
find(void *library, const char *name)
{
	void *found = library == NULL ? NULL : dlsym(library, name);

	if (found == NULL)
		mem_die(LIBRARY_ARCHIVE " cannot be used: install libarchive13");
	return found;
}

static void
load(void)
{
	auto_error struct error err = ERROR_INIT;
	void *library = library_load(LIBRARY_ARCHIVE, &err);

#define FIND(name) *(void **)&real.name = find(library, #name);
	FUNCTIONS(FIND)
}

/* The pointer to a function of the library. */
#define REAL(name) (pthread_once(&once, load), real.name)

struct archive *
archive_read_new(void)
{
	return REAL(archive_read_new)();
}

int
archive_read_free(struct archive *a)
{
	return REAL(archive_read_free)(a);
}

int
archive_read_append_filter(struct archive *a, int filter)
{
	return REAL(archive_read_append_filter)(a, filter);
}

int
archive_read_support_format_raw(struct archive *a)
{
	return REAL(archive_read_support_format_raw)(a);
}

int
archive_read_support_format_empty(struct archive *a)
{
	return REAL(archive_read_support_format_empty)(a);
}

int
archive_read_open(struct archive *a, void *arg, archive_open_callback *open,
                  archive_read_callback *read, archive_close_callback *close)
{
	return REAL(archive_read_open)(a, arg, open, read, close);
}

int
archive_read_next_header(struct archive *a, struct archive_entry **entry)
{
	return REAL(archive_read_next_header)(a, entry);
}

la_ssize_t
archive_read_data(struct archive *a, void *bytes, size_t n)
{
	return REAL(archive_read_data)(a, bytes, n);
}

void
archive_set_error(struct archive *a, int number, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof text, fmt, list);
	va_end(list);
	REAL(archive_set_error)(a, number, "%s", text);
}

const char *
archive_error_string(struct archive *a)
{
	return REAL(archive_error_string)(a);
}
/* NOLINTEND(readability-*-parameter-name,bugprone-macro-parentheses) */
