/* Any bytes as registries.conf. */
#include "base/base.h"
#include "base/jsonio.h"
#include "registry/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_error struct error err = ERROR_INIT;
	auto_json json_t *root = toml_parse((struct text){ (const char *)data, size },
	                                    "input", &err);
	auto_free char *text = NULL;

	if (root != NULL)
		text = jsonio_print(root);
	else if (err.text == NULL)
		abort();
	return 0;
}
