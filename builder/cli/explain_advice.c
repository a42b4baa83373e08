#include "builder/cli/explain_advice.h"

#include "base/base.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/text.h"

/* Seconds of steps below from which another order is worth a word. */
#define WORTH_S 1.0

/* By words of the reason (builder/cache/reason.h); the first row that fits counts. */
static const struct {
	const char *words, *advice;
} rows[] = {
	{ "--mode-policy=git", "the modes come from the umask of the checkout: "
	                       "--mode-policy=git takes them as "
	                       "git has them" },
	{ "the image it starts from is another one",
	  "a tag can move: FROM NAME@sha256:… stays, and --pull=missing does not look "
	  "for "
	  "another one" },
	{ "as by cooper prune",
	  "prune less: cooper prune --older-than 7d, or a larger --cache-max-size" },
	{ "--cache-ttl", "--cache-ttl runs old steps again; a longer time keeps them" },
	{ "SOURCE_DATE_EPOCH",
	  "set SOURCE_DATE_EPOCH always or never: it is part of every key" },
	{ "never built here",
	  "another machine's cache can be used: --cache-from, written by --cache-to" },
};

static void
add_once(json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
			return;
	json_array_append_new(list, jsonio_string(text_of(text)));
}

static bool
is_kind(const json_t *step, const char *kind)
{
	return strcmp(jsonio_text(step, "kind"), kind) == 0;
}

/* Seconds of the steps that ran because STEP did. */
static double
seconds_because_of(const json_t *steps, const json_t *step, size_t *n)
{
	auto_buf struct buf words = BUF_INIT;
	const char *name = jsonio_text(step, "name");
	const char *end = strchr(name, ']');
	double sum = 0;

	*n = 0;
	if (*name != '[' || end == NULL)
		return 0;
	buf_print(&words, "(%.*s ran again)", (int)(end + 1 - name), name);
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *other = json_array_get(steps, i);

		if (strstr(jsonio_text(other, "reason"), buf_str(&words)) == NULL)
			continue;
		sum += json_number_value(json_object_get(other, "seconds"));
		(*n)++;
	}
	return sum;
}

/* Files that a step takes changed, and others ran because of it. */
static void
advise_order(json_t *list, const json_t *steps, const json_t *step)
{
	auto_free char *text = NULL;
	size_t n = 0;
	double seconds = seconds_because_of(steps, step, &n);

	if (seconds < WORTH_S || (!is_kind(step, "copy") && !is_kind(step, "add")))
		return;
	text = mem_print(
	        "line %lld: %zu step%s ran again (%.1fs) because of these files: "
	        "copy what changes often behind them, or list in .dockerignore "
	        "what they do not need",
	        (long long)json_integer_value(json_object_get(step, "line")), n,
	        n == 1 ? "" : "s", seconds);
	add_once(list, text);
}

json_t *
explain_advice(const json_t *build)
{
	const json_t *steps = json_object_get(build, "steps");
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const char *reason = jsonio_text(step, "reason");
		size_t row = 0;

		if (strcmp(jsonio_text(step, "verdict"), "MISS") != 0)
			continue;
		while (row < COUNT_OF(rows) && strstr(reason, rows[row].words) == NULL)
			row++;
		if (row < COUNT_OF(rows))
			add_once(list, rows[row].advice);
		advise_order(list, steps, step);
	}
	return list;
}
