/* The functions of libcurl, looked up when the first of them is called. Loading libcurl
 * and the thirty libraries behind it takes longer than a build with nothing to do, so
 * cooper does not link it. Only the functions that this folder uses are here. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>

#include "base/base.h"
#include "base/library.h"
#include "base/http/curl_lazy.h"

/* The library's headers name the arguments differently. */
/* NOLINTBEGIN(readability-*-parameter-name,bugprone-macro-parentheses) */
#define FUNCTIONS(X)                                                                     \
	X(curl_global_init)                                                              \
	X(curl_getdate)                                                                  \
	X(curl_free)                                                                     \
	X(curl_easy_init)                                                                \
	X(curl_easy_cleanup)                                                             \
	X(curl_easy_reset)                                                               \
	X(curl_easy_setopt)                                                              \
	X(curl_easy_getinfo)                                                             \
	X(curl_easy_strerror)                                                            \
	X(curl_multi_init)                                                               \
	X(curl_multi_cleanup)                                                            \
	X(curl_multi_add_handle)                                                         \
	X(curl_multi_remove_handle)                                                      \
	X(curl_multi_perform)                                                            \
	X(curl_multi_poll)                                                               \
	X(curl_multi_info_read)                                                          \
	X(curl_slist_append)                                                             \
	X(curl_slist_free_all)                                                           \
	X(curl_url)                                                                      \
	X(curl_url_cleanup)                                                              \
	X(curl_url_get)                                                                  \
	X(curl_url_set)

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
		mem_die(LIBRARY_CURL " cannot be used: install libcurl4");
	return found;
}

static void
load(void)
{
	auto_error struct error err = ERROR_INIT;
	void *library = library_load(LIBRARY_CURL, &err);

#define FIND(name) *(void **)&real.name = find(library, #name);
	FUNCTIONS(FIND)
	if (real.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		mem_die(LIBRARY_CURL " cannot be used");
}

int
curl_lazy_load(struct error *err)
{
	return library_load(LIBRARY_CURL, err) == NULL ? -1 : 0;
}

/* The pointer to a function of the library. */
#define REAL(name) (pthread_once(&once, load), real.name)

time_t
curl_getdate(const char *date, const time_t *unused)
{
	return REAL(curl_getdate)(date, unused);
}

void
curl_free(void *p)
{
	REAL(curl_free)(p);
}

CURL *
curl_easy_init(void)
{
	return REAL(curl_easy_init)();
}

void
curl_easy_cleanup(CURL *easy)
{
	REAL(curl_easy_cleanup)(easy);
}

void
curl_easy_reset(CURL *easy)
{
	REAL(curl_easy_reset)(easy);
}

/* The argument is a pointer, a long or a curl_off_t, which are all passed the same way on
 * 64-bit machines. */
_Static_assert(sizeof(long) == sizeof(void *) && sizeof(curl_off_t) == sizeof(void *),
               "arguments of curl_easy_setopt() are of one size");

CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...)
{
	void *argument;
	va_list list;

	va_start(list, option);
	argument = va_arg(list, void *);
	va_end(list);
	return REAL(curl_easy_setopt)(easy, option, argument);
}

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...)
{
	void *argument;
	va_list list;

	va_start(list, info);
	argument = va_arg(list, void *);
	va_end(list);
	return REAL(curl_easy_getinfo)(easy, info, argument);
}

const char *
curl_easy_strerror(CURLcode code)
{
	return REAL(curl_easy_strerror)(code);
}

CURLM *
curl_multi_init(void)
{
	return REAL(curl_multi_init)();
}

CURLMcode
curl_multi_cleanup(CURLM *multi)
{
	return REAL(curl_multi_cleanup)(multi);
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	return REAL(curl_multi_add_handle)(multi, easy);
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	return REAL(curl_multi_remove_handle)(multi, easy);
}

CURLMcode
curl_multi_perform(CURLM *multi, int *running)
{
	return REAL(curl_multi_perform)(multi, running);
}

CURLMcode
curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned int n, int timeout_ms,
                int *n_ready)
{
	return REAL(curl_multi_poll)(multi, fds, n, timeout_ms, n_ready);
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *n_left)
{
	return REAL(curl_multi_info_read)(multi, n_left);
}

struct curl_slist *
curl_slist_append(struct curl_slist *list, const char *text)
{
	return REAL(curl_slist_append)(list, text);
}

void
curl_slist_free_all(struct curl_slist *list)
{
	REAL(curl_slist_free_all)(list);
}

CURLU *
curl_url(void)
{
	return REAL(curl_url)();
}

void
curl_url_cleanup(CURLU *url)
{
	REAL(curl_url_cleanup)(url);
}

/* The header has a const here since 8.3. */
#if LIBCURL_VERSION_NUM >= 0x080300
#define CONST_URL const CURLU
#else
#define CONST_URL CURLU
#endif

CURLUcode
curl_url_get(CONST_URL *url, CURLUPart part, char **out, unsigned int flags)
{
	return REAL(curl_url_get)(url, part, out, flags);
}

CURLUcode
curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags)
{
	return REAL(curl_url_set)(url, part, text, flags);
}
/* NOLINTEND(readability-*-parameter-name,bugprone-macro-parentheses) */
