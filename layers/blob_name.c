#include "layers/blob_name.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"

enum { CHUNK = 256 * 1024 };

char *
blob_name(const struct digest *d, char out[BLOB_NAME_MAX])
{
	char hex[DIGEST_HEX_MAX];

	snprintf(out, BLOB_NAME_MAX, "blobs/%s/%s", digest_alg_name(d),
	         digest_hex(d, hex));
	return out;
}

int
blob_digest_fd(int fd, enum digest_alg alg, struct digest *out, struct error *err)
{
	auto_hasher struct hasher *h = hasher_new(alg);
	auto_free char *chunk = mem_resize(NULL, CHUNK, 1);
	ssize_t n;

	while ((n = file_read_full(fd, chunk, CHUNK, err)) > 0)
		hasher_add(h, chunk, (size_t)n);
	if (n < 0)
		return -1;
	*out = hasher_end(h);
	return 0;
}

bool
blob_name_fits(int fd, const char *name, struct error *err)
{
	char hex[DIGEST_HEX_MAX];
	struct digest d;

	return blob_digest_fd(fd, DIGEST_SHA256, &d, err) == 0 &&
	       strcmp(digest_hex(&d, hex), name) == 0;
}
