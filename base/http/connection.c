#include "base/http/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define CONNECT_MAX_S 30

static void
set_tls(CURL *easy, const struct host *host)
{
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, host->verify ? 1l : 0l);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, host->verify ? 2l : 0l);
	if (host->ca != NULL) {
		struct curl_blob blob = { host->ca, strlen(host->ca), CURL_BLOB_NOCOPY };

		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	} else if (host->ca_file != NULL) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, host->ca_file);
	} else if (host->ca_dir != NULL) {
		/* Else a file that libcurl knows must be there. */
		curl_easy_setopt(easy, CURLOPT_CAINFO, (char *)NULL);
	}
	if (host->ca_dir != NULL)
		curl_easy_setopt(easy, CURLOPT_CAPATH, host->ca_dir);
	if (host->cert != NULL) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, host->cert);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, host->key);
	}
}

/* These are the rules of Go programs, for which most environments are set up. A loopback
 * host is never reached through a proxy, and HTTP_PROXY counts in capitals, too (libcurl
 * ignores it to protect CGI scripts). */
static void
set_proxy(CURL *easy, const struct host *host, const char *url)
{
	const char *proxy = getenv("HTTP_PROXY");

	if (host->loopback)
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	else if (strncmp(url, "http:", 5) == 0 && getenv("http_proxy") == NULL &&
	         getenv("REQUEST_METHOD") == NULL && proxy != NULL && *proxy != '\0')
		curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
}

void
connection_set(CURL *easy, const struct host *host, const char *url, int timeout_s)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1l);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1l);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
	                 (long)(timeout_s < CONNECT_MAX_S ? timeout_s : CONNECT_MAX_S));
	set_tls(easy, host);
	set_proxy(easy, host, url);
}

/* Knows ".example.org", "example.org" and "*" of no_proxy. libcurl also knows networks;
 * they are not worth a second parser only for the text of an error. */
static bool
is_exempt(const char *name)
{
	const char *lower = getenv("no_proxy"), *upper = getenv("NO_PROXY");
	struct text rest = text_of(lower != NULL ? lower : upper), host = text_of(name);

	host = text_first(host, strcspn(name, ":"));
	while (rest.n > 0) {
		struct text entry = text_trim(text_cut(&rest, ','));

		if (entry.n > 1 && entry.p[0] == '.')
			entry = text_from(entry, 1);
		if (entry.n == 0)
			continue;
		if (text_is(entry, "*") || text_equal_nocase(entry, host))
			return true;
		if (host.n > entry.n && host.p[host.n - entry.n - 1] == '.' &&
		    text_equal_nocase(text_from(host, host.n - entry.n), entry))
			return true;
	}
	return false;
}

char *
connection_proxy(const struct host *host, const char *url, const char **variable)
{
	static const char *const plain[] = { "http_proxy", "HTTP_PROXY" };
	static const char *const secure[] = { "https_proxy", "HTTPS_PROXY" };
	static const char *const both[] = { "all_proxy", "ALL_PROXY" };
	const char *const *own = strncmp(url, "http:", 5) == 0 ? plain : secure;

	if (host->loopback || is_exempt(host->address))
		return NULL;
	for (int i = 0; i < 4; i++) {
		const char *name = i < 2 ? own[i] : both[i - 2];
		const char *value = getenv(name);
		const char *at, *from;

		if (value == NULL || *value == '\0')
			continue;
		*variable = name;
		at = strrchr(value, '@');
		from = strstr(value, "://");
		from = at != NULL ? at + 1 : from != NULL ? from + 3 : value;
		return mem_copy_n(from, strcspn(from, "/"));
	}
	return NULL;
}
