#include "builder/cli/explained.h"

#include <string.h>

#include "base/count.h"
#include "base/jsonio.h"
#include "builder/record/record.h"

/* OTHERWISE, a new reference, stands for what FROM lacks; NULL: nothing does. */
static void
copy(json_t *to, const json_t *from, const char *member, json_t *otherwise)
{
	json_t *value = json_object_get(from, member);

	if (value != NULL) {
		json_decref(otherwise);
		jsonio_set(to, member, json_incref(value));
	} else if (otherwise != NULL) {
		jsonio_set(to, member, otherwise);
	}
}

/* A step from the cache is neither of the two words of a record. */
static const char *
result_of(const json_t *step)
{
	const char *result = jsonio_text(step, "result");

	if (*result == '\0' || strcmp(result, "skipped") == 0)
		return "not reached";
	return strcmp(result, "cached") == 0 ? "done" : result;
}

static json_t *
explained_step(const json_t *step)
{
	static const char *const texts[] = { "name",     "kind",    "stage",
		                             "platform", "command", "verdict" };
	json_t *json = json_object();

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		copy(json, step, texts[i], json_string(""));
	copy(json, step, "line", json_integer(0));
	copy(json, step, "reason", NULL);
	copy(json, step, "seconds", json_real(0));
	jsonio_set(json, "result", json_string(result_of(step)));
	return json;
}

json_t *
explained_build(const json_t *record)
{
	static const char *const members[] = { "id",     "context", "dockerfile",
		                               "target", "started", "seconds" };
	const json_t *steps = json_object_get(record, "steps");
	json_t *json = json_object(), *list = json_array();

	for (size_t i = 0; i < COUNT_OF(members); i++)
		copy(json, record, members[i], NULL);
	if (json_object_get(record, "error") != NULL) {
		json_t *text = json_object_get(json_object_get(record, "error"), "text");

		jsonio_set(json, "error",
		           text == NULL ? json_string("failed") : json_incref(text));
	}
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		if (record_has_verdict(jsonio_text(step, "kind")))
			json_array_append_new(list, explained_step(step));
	}
	jsonio_set(json, "steps", list);
	return json;
}
