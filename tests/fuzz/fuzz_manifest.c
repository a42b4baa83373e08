/* Any bytes as a manifest or an index: what is accepted can be written and read
 * again, and searched for a platform. */
#include "base/base.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_manifest(struct text bytes)
{
	auto_manifest struct manifest m = { 0 }, again = { 0 };
	auto_error struct error err = ERROR_INIT;
	auto_free char *text = NULL;

	if (manifest_read(&m, bytes, "input", &err) < 0)
		return;
	text = manifest_write(&m, NULL);
	if (manifest_read(&again, text_of(text), "written", &err) < 0 ||
	    again.layers.n != m.layers.n)
		abort();
}

static void
try_index(struct text bytes)
{
	auto_index struct index ix = { 0 }, again = { 0 };
	auto_platform struct platform want = PLATFORM_INIT;
	auto_error struct error err = ERROR_INIT, none = ERROR_INIT;
	auto_free char *text = NULL;

	if (index_read(&ix, bytes, "input", &err) < 0)
		return;
	platform_set(&want, "linux", "arm64", NULL, NULL);
	if (index_find(&ix, &want, "input", &none) == NULL && none.text == NULL)
		abort();
	text = index_write(&ix, NULL);
	if (index_read(&again, text_of(text), "written", &err) < 0 ||
	    again.manifests.n != ix.manifests.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text bytes = { (const char *)data, size };

	try_manifest(bytes);
	try_index(bytes);
	return 0;
}
