#include "parser/history.h"

#include "base/base.h"
#include "base/count.h"
#include "base/number.h"

void
history_add_pair(struct buf *b, struct text name, struct text value)
{
	buf_add_char(b, ' ');
	buf_add_text(b, name);
	buf_add_char(b, '=');
	buf_add_text(b, value);
}

void
history_add_quoted(struct buf *b, const char *keyword, const struct text *words, size_t n)
{
	buf_print(b, "%s [", keyword);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_char(b, ' ');
		buf_add_quoted(b, words[i]);
	}
	buf_add_char(b, ']');
}

static void
add_joined(struct buf *b, const struct text *words, size_t n)
{
	buf_add_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_char(b, ' ');
		buf_add_text(b, words[i]);
	}
	buf_add_char(b, ']');
}

void
history_add_list(struct buf *b, const char *keyword, const struct text *words, size_t n)
{
	buf_print(b, "%s ", keyword);
	add_joined(b, words, n);
}

void
history_add_health(struct buf *b, const struct health *health)
{
	const struct {
		const char *name;
		int64_t ns;
	} times[] = {
		{ "Interval", health->interval },
		{ "Timeout", health->timeout },
		{ "StartPeriod", health->start_period },
		{ "StartInterval", health->start_interval },
	};

	buf_add_str(b, "HEALTHCHECK {Test:");
	add_joined(b, health->test.at, health->test.n);
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		buf_print(b, " %s:", times[i].name);
		number_print_duration(b, times[i].ns);
	}
	buf_print(b, " Retries:%lld}", (long long)health->retries);
}

struct text
history_run(struct planner *p, const struct node *node, const struct text *argv, size_t n)
{
	const struct variables *args = &node->state.args;
	auto_buf struct buf b = BUF_INIT;

	buf_add_str(&b, "RUN");
	if (args->list.n > 0)
		buf_print(&b, " |%zu", args->list.n);
	for (size_t i = 0; i < args->list.n; i++) {
		struct text value = args->list.at[i].value;

		variables_find(&node->state.env, args->list.at[i].name, &value);
		history_add_pair(&b, args->list.at[i].name, value);
	}
	for (size_t i = 0; i < n; i++) {
		buf_add_char(&b, ' ');
		buf_add_text(&b, argv[i]);
	}
	buf_add_str(&b, " # buildkit");
	return arena_text(p->arena, buf_text(&b));
}
