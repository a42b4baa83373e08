/* Any bytes as WWW-Authenticate, and as the body of an error. */
#include "base/base.h"
#include "registry/challenge.h"
#include "registry/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text bytes = { (const char *)data, size };
	auto_challenge struct challenge c = CHALLENGE_INIT;
	auto_free char *message = message_of_body(bytes);

	challenge_parse(&c, bytes);
	if (c.kind == CHALLENGE_BEARER && c.realm == NULL)
		abort();
	for (const char *p = message; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			abort();
	return 0;
}
