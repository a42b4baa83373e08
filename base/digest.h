/*
 * digest: content addresses as of OCI image-spec descriptor.md ("Digests").
 *
 *	sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
 *
 * A digest is a plain value. Unused bytes are zero, so two digests are equal
 * if all their bytes are. alg DIGEST_NONE means "not known".
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum digest_alg { DIGEST_NONE, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512 };

struct digest {
	uint8_t alg;       /* enum digest_alg */
	uint8_t bytes[64]; /* 32, 48 or 64 used */
};

#define DIGEST_HEX_MAX  129 /* with NUL */
#define DIGEST_TEXT_MAX 137 /* "sha512:" + hex + NUL */

/* "sha256:…"; the result is OUT. digest_hex() is the part after the colon. */
char *digest_text(const struct digest *d, char out[DIGEST_TEXT_MAX]);
char *digest_hex(const struct digest *d, char out[DIGEST_HEX_MAX]);
const char *digest_alg_name(const struct digest *d); /* "sha256" */

/* Lower-case hex of the right length only. False if T is anything else. */
bool digest_parse(struct digest *d, struct text t);
bool digest_equal(const struct digest *a, const struct digest *b);
int digest_compare(const struct digest *a, const struct digest *b);
static inline bool
digest_known(const struct digest *d)
{
	return d->alg != DIGEST_NONE;
}

/* SHA-256 of one piece of memory. */
struct digest digest_of(const void *bytes, size_t n);

/* A streaming hash. The algorithm is fetched once per process and contexts
 * are reused. hasher_end() leaves it ready for the next message. */
struct hasher;
struct hasher *hasher_new(enum digest_alg alg);
void hasher_add(struct hasher *h, const void *bytes, size_t n);
struct digest hasher_end(struct hasher *h);
void hasher_free(struct hasher *h); /* takes NULL */

static inline void
own_hasher(struct hasher **h)
{
	hasher_free(*h);
	*h = NULL;
}
#define auto_hasher __attribute__((cleanup(own_hasher)))

/* SHA-256 of the rest of the file at FD. -1 with ERR set on a read error. */
int digest_of_fd(int fd, struct digest *out, uint64_t *size, struct error *err);

#endif
