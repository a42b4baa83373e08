#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "base/mem.h"
#include "base/own.h"

static const struct {
	const char *name, *fetch;
	size_t size;
} algs[] = {
	[DIGEST_NONE] = { "", NULL, 0 },
	[DIGEST_SHA256] = { "sha256", "SHA2-256", 32 },
	[DIGEST_SHA384] = { "sha384", "SHA2-384", 48 },
	[DIGEST_SHA512] = { "sha512", "SHA2-512", 64 },
};
#define N_ALGS (COUNT_OF(algs))

/* OpenSSL 3 looks up an algorithm by name, under a lock, unless it gets one that was
 * fetched before. For small inputs, that is most of the work. */
static pthread_once_t once = PTHREAD_ONCE_INIT, once_others = PTHREAD_ONCE_INIT;
static EVP_MD *fetched[N_ALGS];
static pthread_key_t thread_hasher;

static void
free_hasher(void *hasher)
{
	hasher_free(hasher);
}

static void
fetch(enum digest_alg alg)
{
	fetched[alg] = EVP_MD_fetch(NULL, algs[alg].fetch, NULL);
	if (fetched[alg] == NULL)
		mem_die("libcrypto has no SHA-2");
}

static void
fetch_usual(void)
{
	fetch(DIGEST_SHA256);
	if (pthread_key_create(&thread_hasher, free_hasher) != 0)
		mem_die("no thread keys left");
}

/* Few builds need these algorithms, and fetching one costs as much as hashing a small
 * file. */
static void
fetch_others(void)
{
	fetch(DIGEST_SHA384);
	fetch(DIGEST_SHA512);
}

struct hasher {
	EVP_MD_CTX *ctx;
	enum digest_alg alg;
};

struct hasher *
hasher_new(enum digest_alg alg)
{
	struct hasher *h = mem_new(sizeof *h);

	pthread_once(&once, fetch_usual);
	if (alg != DIGEST_SHA256)
		pthread_once(&once_others, fetch_others);
	h->alg = alg;
	h->ctx = EVP_MD_CTX_new();
	if (h->ctx == NULL || fetched[alg] == NULL ||
	    EVP_DigestInit_ex2(h->ctx, fetched[alg], NULL) != 1)
		mem_die("cannot start a hash");
	return h;
}

void
hasher_add(struct hasher *h, const void *bytes, size_t n)
{
	if (EVP_DigestUpdate(h->ctx, bytes, n) != 1)
		mem_die("cannot hash");
}

struct digest
hasher_end(struct hasher *h)
{
	struct digest d = { .alg = (uint8_t)h->alg };

	if (EVP_DigestFinal_ex(h->ctx, d.bytes, NULL) != 1 ||
	    EVP_DigestInit_ex2(h->ctx, NULL, NULL) != 1)
		mem_die("cannot end a hash");
	return d;
}

void
hasher_free(struct hasher *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

struct digest
digest_of(const void *bytes, size_t n)
{
	struct hasher *h;

	pthread_once(&once, fetch_usual);
	h = pthread_getspecific(thread_hasher);
	if (h == NULL) {
		h = hasher_new(DIGEST_SHA256);
		if (pthread_setspecific(thread_hasher, h) != 0)
			mem_die("out of memory");
	}
	hasher_add(h, bytes, n);
	return hasher_end(h);
}

int
digest_of_fd(int fd, struct digest *out, uint64_t *size, struct error *err)
{
	const size_t chunk = (size_t)256 * 1024;
	auto_hasher struct hasher *h = hasher_new(DIGEST_SHA256);
	auto_free char *bytes = mem_new(chunk);
	uint64_t total = 0;

	for (;;) {
		ssize_t n = read(fd, bytes, chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, "read");
		if (n == 0)
			break;
		hasher_add(h, bytes, (size_t)n);
		total += (uint64_t)n;
	}
	*out = hasher_end(h);
	if (size != NULL)
		*size = total;
	return 0;
}

char *
digest_hex(const struct digest *d, char out[DIGEST_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = algs[d->alg].size;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[d->bytes[i] >> 4];
		out[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

char *
digest_text(const struct digest *d, char out[DIGEST_TEXT_MAX])
{
	size_t n = strlen(algs[d->alg].name);

	memcpy(out, algs[d->alg].name, n);
	out[n] = ':';
	digest_hex(d, out + n + 1);
	return out;
}

const char *
digest_alg_name(const struct digest *d)
{
	return algs[d->alg].name;
}

/* Value of a lower-case hex digit, or -1. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
parse_hex(uint8_t *bytes, struct text hex)
{
	for (size_t i = 0; i < hex.n; i += 2) {
		int high = hex_value(hex.p[i]), low = hex_value(hex.p[i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool
digest_parse(struct digest *d, struct text t)
{
	struct text name = text_cut(&t, ':');
	struct digest got = { 0 };

	if (t.p == NULL)
		return false;
	for (size_t i = DIGEST_NONE + 1; i < N_ALGS; i++)
		if (text_is(name, algs[i].name))
			got.alg = (uint8_t)i;
	if (got.alg == DIGEST_NONE || t.n != 2 * algs[got.alg].size ||
	    !parse_hex(got.bytes, t))
		return false;
	*d = got;
	return true;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return digest_compare(a, b) == 0;
}

int
digest_compare(const struct digest *a, const struct digest *b)
{
	if (a->alg != b->alg)
		return a->alg < b->alg ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}
