/* Any bytes as config.json of Docker or auth.json of the containers tools. */
#include "base/base.h"
#include "registry/authfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_error struct error err = ERROR_INIT;
	struct authfile *file =
	        authfile_parse("input", (struct text){ (const char *)data, size }, &err);

	if (file != NULL)
		authfile_entry(file, "docker.io");
	authfile_free(file);
	return 0;
}
