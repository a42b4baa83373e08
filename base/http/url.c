#include "base/http/url.h"

#include <ctype.h>
#include <curl/curl.h>

#include "base/base.h"

static void
own_url(CURLU **url)
{
	curl_url_cleanup(*url);
	*url = NULL;
}
#define auto_url __attribute__((cleanup(own_url)))

static bool
is_http(CURLU *url)
{
	char *scheme = NULL;
	bool ok;

	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return false;
	ok = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
	curl_free(scheme);
	return ok;
}

static CURLU *
url_parse(const char *text)
{
	auto_url CURLU *url = curl_url();

	if (url == NULL)
		mem_die("out of memory");
	if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK || !is_http(url))
		return NULL;
	return take(url);
}

/* One part of URL as our own copy, or NULL if it has none. */
static char *
part(CURLU *url, CURLUPart which, unsigned int flags)
{
	char *text = NULL, *copy;

	if (curl_url_get(url, which, &text, flags) != CURLUE_OK)
		return NULL;
	copy = mem_copy(text);
	curl_free(text);
	return copy;
}

char *
url_join(const char *base, const char *location)
{
	auto_url CURLU *url = NULL;

	if (strncmp(location, "http://", 7) == 0 ||
	    strncmp(location, "https://", 8) == 0) {
		url = url_parse(location);
		return url == NULL ? NULL : mem_copy(location);
	}
	url = url_parse(base);
	if (url == NULL || curl_url_set(url, CURLUPART_URL, location, 0) != CURLUE_OK ||
	    !is_http(url))
		return NULL;
	return part(url, CURLUPART_URL, 0);
}

static void
to_lower(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
}

char *
url_origin(const char *text)
{
	auto_url CURLU *url = url_parse(text);
	auto_free char *scheme = NULL, *host = NULL, *port = NULL;

	if (url == NULL)
		return NULL;
	scheme = part(url, CURLUPART_SCHEME, 0);
	host = part(url, CURLUPART_HOST, 0);
	port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	if (scheme == NULL || host == NULL || port == NULL)
		return NULL;
	to_lower(host);
	return mem_print("%s://%s:%s", scheme, host, port);
}

char *
url_host(const char *text)
{
	auto_url CURLU *url = url_parse(text);
	auto_free char *host = NULL, *port = NULL;

	if (url == NULL)
		return NULL;
	host = part(url, CURLUPART_HOST, 0);
	port = part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
	if (host == NULL)
		return NULL;
	to_lower(host);
	return port == NULL ? take(host) : mem_print("%s:%s", host, port);
}

char *
url_print(const char *text)
{
	auto_url CURLU *url = url_parse(text);
	auto_free char *out = NULL;

	if (url != NULL) {
		curl_url_set(url, CURLUPART_USER, NULL, 0);
		curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(url, CURLUPART_OPTIONS, NULL, 0);
		curl_url_set(url, CURLUPART_QUERY, NULL, 0);
		curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
		out = part(url, CURLUPART_URL, 0);
	}
	return out != NULL ? take(out) : mem_copy("(not a URL)");
}

static void
add_escaped(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		/* The unreserved characters of RFC 3986, and ":" and "/", which a query
		 * may contain and which keep scopes readable in servers' logs. */
		if ((c < 0x80 && isalnum(c)) || strchr("-._~:/", c) != NULL)
			buf_add_char(out, (char)c);
		else
			buf_print(out, "%%%02X", c);
	}
}

char *
url_add_query(const char *url, const char *name, const char *value)
{
	auto_buf struct buf out = BUF_INIT;

	buf_print(&out, "%s%c%s=", url, strchr(url, '?') == NULL ? '?' : '&', name);
	add_escaped(&out, value);
	return buf_take(&out);
}

bool
url_is_https(const char *url)
{
	return strncmp(url, "https://", 8) == 0;
}
