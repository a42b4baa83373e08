/* Any bytes as a reference: what is accepted prints and parses to itself. */
#include "base/base.h"
#include "registry/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must_parse_to(const char *text, const char *full)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_free char *again = NULL;

	if (reference_parse(&ref, text_of(text), &err) < 0)
		abort();
	again = reference_print(&ref);
	if (strcmp(again, full) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_reference struct reference ref = REFERENCE_INIT;
	auto_error struct error err = ERROR_INIT;
	auto_free char *full = NULL, *brief = NULL;

	if (reference_parse(&ref, (struct text){ (const char *)data, size }, &err) < 0)
		return 0;
	full = reference_print(&ref);
	brief = reference_short(&ref);
	must_parse_to(full, full);
	must_parse_to(brief, full);
	return 0;
}
