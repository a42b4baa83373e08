#include "parser/lint.h"

#include <assert.h>

#include "base/base.h"
#include "base/number.h"

#define ALL UINT32_MAX

/* The maximum number of parts of a check option; the rest belongs to the last part. */
#define PARTS_MAX 3

static_assert(N_LINT_RULES <= 32, "a set of rules is a word of 32 bits");

/* ------------------------------------------------------------ the list */

#define LINT_PAGES "https://docs.docker.com/go/dockerfile/rule/"

#define LINT_ROW(constant, rule, page, lint_level, words)                                \
	[LINT_##constant] = {                                                            \
		.name = #rule,                                                           \
		.description = (words),                                                  \
		.url = sizeof(page) > 1 ? LINT_PAGES page "/" : NULL,                    \
		.level = LINT_##lint_level,                                              \
	},
const struct lint_row lint_rows[N_LINT_RULES] = { LINT_RULES(LINT_ROW) };

/* ------------------------------------------------------------ settings */

/* The rules named in LIST, "A,B" or "all"; unknown names are ignored. */
static uint32_t
read_rules(struct text list)
{
	uint32_t set = 0;

	if (text_is(text_trim(list), "all"))
		return ALL;
	while (list.p != NULL) {
		struct text name = text_trim(text_cut(&list, ','));

		for (int i = 0; i < N_LINT_RULES; i++)
			if (text_is(name, lint_rows[i].name))
				set |= UINT32_C(1) << i;
	}
	return set;
}

static int
bad_option(struct text option, struct error *err)
{
	auto_buf struct buf quoted = BUF_INIT;

	buf_add_quoted(&quoted, option);
	return error_set(err, ERR_DOCKERFILE, "invalid check option %s",
	                 buf_str(&quoted));
}

static int
bad_bool(struct text part, struct text value, struct error *err)
{
	auto_buf struct buf option = BUF_INIT, quoted = BUF_INIT;

	buf_add_quoted(&option, part);
	buf_add_quoted(&quoted, value);
	return error_set(err, ERR_DOCKERFILE,
	                 "failed to parse check option %s: strconv.ParseBool: parsing "
	                 "%s: invalid syntax",
	                 buf_str(&option), buf_str(&quoted));
}

static int
read_part(struct text part, struct lint_settings *out, struct error *err)
{
	struct text value = part, key = text_cut(&value, '=');

	if (value.p == NULL)
		return bad_option(part, err);
	key = text_trim(key);
	value = text_trim(value);
	if (text_is(key, "skip"))
		out->skip |= read_rules(value);
	else if (text_is(key, "experimental"))
		out->experimental |= read_rules(value);
	else if (!text_is(key, "error"))
		return bad_option(key, err);
	else if (!number_bool(value, &out->error))
		return bad_bool(part, value, err);
	return 0;
}

static int
read_settings(struct text options, struct lint_settings *out, struct error *err)
{
	options = text_trim(options);
	for (int part = 1; options.n > 0; part++) {
		ptrdiff_t end = part == PARTS_MAX ? -1 : text_find(options, ';');
		struct text one = end < 0 ? options : text_first(options, (size_t)end);

		if (read_part(one, out, err) < 0)
			return -1;
		if (end < 0)
			break;
		options = text_from(options, (size_t)end + 1);
		if (options.n == 0)
			return bad_option(options, err);
	}
	return 0;
}

int
lint_init(struct lint *lint, struct arena *arena, struct text options, struct error *err)
{
	*lint = (struct lint){ .arena = arena };
	if (read_settings(options, &lint->settings, err) < 0)
		return error_wrap(err, "failed to parse check options");
	return 0;
}

void
lint_clear(struct lint *lint)
{
	array_clear(&lint->warnings);
}

/* "check=…" in the comments above IN changes the settings for IN alone. An invalid one is
 * an ordinary comment. */
static struct lint_settings
settings_for(const struct lint *lint, const struct instruction *in)
{
	struct lint_settings all = lint->settings;

	for (size_t i = 0; in != NULL && i < in->comments.n; i++) {
		struct lint_settings own = { 0 };
		auto_error struct error ignored = ERROR_INIT;
		struct text comment = text_trim(in->comments.at[i]);

		if (!text_starts(comment, "check="))
			continue;
		comment = text_from(comment, strlen("check="));
		if (read_settings(text_cut(&comment, ' '), &own, &ignored) < 0)
			continue;
		all.skip |= own.skip;
		all.experimental |= own.experimental;
	}
	return all;
}

/* ------------------------------------------------------------ warnings */

void
lint_warn(struct lint *lint, enum lint_rule rule, const struct instruction *in,
          struct place at, const char *fmt, ...)
{
	const struct lint_row *row = &lint_rows[rule];
	struct lint_settings settings = settings_for(lint, in);
	uint32_t bit = UINT32_C(1) << rule;
	auto_buf struct buf detail = BUF_INIT;
	va_list ap;

	if (row->level == LINT_EXPERIMENTAL ? !(settings.experimental & bit)
	                                    : settings.skip & bit)
		return;
	va_start(ap, fmt);
	buf_vprint(&detail, fmt, ap);
	va_end(ap);
	array_push(&lint->warnings,
	           ((struct lint_warning){
	                   .rule = row->name,
	                   .description = row->description,
	                   .url = row->url,
	                   .detail = arena_text(lint->arena, buf_text(&detail)),
	                   .at = at,
	           }));
}

/* A merge sort, because warnings of one line keep their order. */
static void
sort(struct lint_warning *list, struct lint_warning *scratch, size_t n)
{
	size_t half = n / 2, i = 0, k = half;

	if (n < 2)
		return;
	sort(list, scratch, half);
	sort(list + half, scratch, n - half);
	for (size_t to = 0; to < n; to++) {
		bool first = i < half && (k == n || list[i].at.line <= list[k].at.line);

		scratch[to] = first ? list[i++] : list[k++];
	}
	memcpy(list, scratch, n * sizeof *list);
}

void
lint_finish(struct lint *lint, struct plan *plan)
{
	size_t n = lint->warnings.n;
	auto_free struct lint_warning *scratch = mem_new_n(n, sizeof *scratch);

	sort(lint->warnings.at, scratch, n);
	for (size_t i = 0; i < n; i++)
		array_push(&plan->warnings, lint->warnings.at[i]);
	plan->lint_is_error = lint->settings.error && n > 0;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each rule is listed once, and its warnings refer to it. */
int
plan_check_lint(const struct plan *plan, struct error *err)
{
	const char *names[N_LINT_RULES];
	auto_buf struct buf list = BUF_INIT;
	size_t n = 0;

	if (!plan->lint_is_error)
		return 0;
	for (size_t i = 0; i < plan->warnings.n; i++) {
		size_t k = 0;

		while (k < n && names[k] != plan->warnings.at[i].rule)
			k++;
		if (k == n)
			names[n++] = plan->warnings.at[i].rule;
	}
	qsort(names, n, sizeof *names, compare_names);
	for (size_t i = 0; i < n; i++)
		buf_print(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
	return error_set(err, ERR_DOCKERFILE, "lint violation found for rules: %s",
	                 buf_str(&list));
}
