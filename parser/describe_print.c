#include <jansson.h>

#include "base/base.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "parser/answer.h"
#include "parser/subrequests.h"

/* The subrequests, by BuildKit's names. */
static const struct request {
	const char *name, *description;
} requests[] = {
	{ "frontend.outline",
	  "What the target can be given: arguments, secrets, agents" },
	{ "frontend.targets", "The stages that can be built" },
	{ "frontend.lint", "What is questionable in the Dockerfile" },
	{ "frontend.subrequests.describe", "This list" },
};
#define N_REQUESTS      (COUNT_OF(requests))
#define REQUEST_VERSION "1.0.0"

char *
describe_print_text(void)
{
	struct text cells[3 * (N_REQUESTS + 1)] = { TEXT("NAME"), TEXT("VERSION"),
		                                    TEXT("DESCRIPTION") };
	auto_buf struct buf out = BUF_INIT;

	for (size_t i = 0; i < N_REQUESTS; i++) {
		struct text *row = &cells[3 * (i + 1)];

		row[0] = text_from(text_of(requests[i].name), strlen("frontend."));
		row[1] = TEXT(REQUEST_VERSION);
		row[2] = text_of(requests[i].description);
	}
	answer_table(&out, cells, COUNT_OF(cells), 3, 1);
	return buf_take(&out);
}

char *
describe_print_json(void)
{
	static const char *const results[] = { "result.json", "result.txt" };
	auto_json json_t *list = json_array();

	for (size_t i = 0; i < N_REQUESTS; i++) {
		json_t *request = json_object(), *metadata = json_array();

		for (size_t k = 0; k < COUNT_OF(results); k++) {
			json_t *result = json_object();

			jsonio_set(result, "name", json_string(results[k]));
			json_array_append_new(metadata, result);
		}
		jsonio_set(request, "name", json_string(requests[i].name));
		jsonio_set(request, "version", json_string(REQUEST_VERSION));
		jsonio_set(request, "type", json_string("rpc"));
		jsonio_set(request, "description", json_string(requests[i].description));
		jsonio_set(request, "metadata", metadata);
		json_array_append_new(list, request);
	}
	return jsonio_print_pretty(list);
}
