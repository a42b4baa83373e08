#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/base.h"
#include "base/http/curl_lazy.h"
#include "base/http/unix_post.h"

/* How long to sleep at most; the cancel token wakes up at once. */
#define POLL_MS 1000

struct post {
	int fd;
	const struct cancel *cancel;
	size_t body_max;
	struct unix_answer *out;
	struct error *err;
	char curl_error[CURL_ERROR_SIZE];
};

static size_t
post_read(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;
	ssize_t got = -1;

	do {
		if (cancel_wait_fd(p->cancel, p->fd, p->err) < 0)
			return CURL_READFUNC_ABORT;
		got = read(p->fd, bytes, size * n);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		error_sys(p->err, "read what is sent");
		return CURL_READFUNC_ABORT;
	}
	return (size_t)got;
}

/* More than that is not kept, but taken: who sends is not to see an error. */
static size_t
post_write(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;
	size_t room = p->body_max - p->out->body.n, given = size * n;

	buf_add(&p->out->body, bytes, given < room ? given : room);
	return given;
}

static void
set_up(CURL *easy, struct post *p, const char *socket, const char *url,
       struct curl_slist *headers)
{
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, post_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, p);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, post_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, p->curl_error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

/* Runs EASY to its end. */
static CURLcode
perform(CURLM *multi, CURL *easy, struct post *p)
{
	CURLcode code = CURLE_FAILED_INIT;
	struct curl_waitfd stop = { .fd = cancel_fd(p->cancel),
		                    .events = CURL_WAIT_POLLIN };
	int running = 1, left = 0;
	CURLMsg *msg = NULL;

	if (curl_multi_add_handle(multi, easy) != CURLM_OK)
		return code;
	while (running > 0 && cancel_check(p->cancel, p->err) == 0 &&
	       curl_multi_perform(multi, &running) == CURLM_OK) {
		while ((msg = curl_multi_info_read(multi, &left)) != NULL)
			code = msg->data.result;
		if (running > 0)
			curl_multi_poll(multi, &stop, stop.fd >= 0 ? 1 : 0, POLL_MS,
			                NULL);
	}
	curl_multi_remove_handle(multi, easy);
	return code;
}

int
unix_post(const char *socket, const char *path, const char *type, int fd, size_t body_max,
          const struct cancel *cancel, struct unix_answer *out, struct error *err)
{
	struct post p = { fd, cancel, body_max, out, err, "" };
	auto_free char *url = mem_print("http://localhost%s", path);
	auto_free char *type_header = mem_print("Content-Type: %s", type);
	struct curl_slist *headers = NULL;
	CURLM *multi = NULL;
	CURL *easy = NULL;
	CURLcode code;
	long status = 0;

	if (curl_lazy_load(err) < 0)
		return -1;
	headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
	headers = curl_slist_append(headers, "Expect:");
	headers = curl_slist_append(headers, type_header);
	multi = curl_multi_init();
	easy = curl_easy_init();
	set_up(easy, &p, socket, url, headers);
	code = perform(multi, easy, &p);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
	out->status = (int)status;
	if (err->code != ERR_NONE)
		return -1;
	if (code != CURLE_OK || status == 0)
		return error_set(err, ERR_ENVIRONMENT, "%s: %s", socket,
		                 p.curl_error[0] != '\0' ? p.curl_error
		                                         : "there is no answer");
	return 0;
}
