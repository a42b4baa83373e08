#include "registry/connection.h"

#include <stdlib.h>
#include <string.h>

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
	}
	if (host->ca_dir != NULL)
		curl_easy_setopt(easy, CURLOPT_CAPATH, host->ca_dir);
	if (host->cert != NULL) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, host->cert);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, host->key);
	}
}

/* The rules of Go's programs, which people's environments are made for: a
 * loopback host is never reached through a proxy, and HTTP_PROXY counts in
 * capitals too (libcurl ignores it, for the sake of CGI scripts). */
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
