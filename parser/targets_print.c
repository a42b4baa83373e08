#include <jansson.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "parser/answer.h"
#include "parser/dockerfile.h"
#include "parser/outline.h"
#include "parser/subrequests.h"

static struct text
description(const struct stage *stage)
{
	return outline_description(stage->from->comments.at, stage->from->comments.n,
	                           stage->name);
}

static bool
is_default(const struct dockerfile *df, size_t i)
{
	return i + 1 == df->stages.n;
}

/* "name", "name (default)" or "(default)". */
static struct text
title(struct arena *arena, const struct dockerfile *df, size_t i)
{
	struct text name = df->stages.at[i].name;

	if (!is_default(df, i))
		return name;
	return text_of(arena_print(arena, "%.*s%s(default)", TEXT_ARG(name),
	                           name.n == 0 ? "" : " "));
}

char *
targets_print_text(const struct dockerfile *df)
{
	auto_arena struct arena *arena = arena_new();
	auto_buf struct buf out = BUF_INIT;
	size_t n = df->stages.n;
	auto_free struct text *cells = mem_new_n(n + 1, 2 * sizeof *cells);

	cells[0] = TEXT("TARGET");
	cells[1] = TEXT("DESCRIPTION");
	for (size_t i = 0; i < n; i++) {
		cells[2 * i + 2] = title(arena, df, i);
		cells[2 * i + 3] = description(&df->stages.at[i]);
	}
	answer_table(&out, cells, 2 * (n + 1), 2, 1);
	return buf_take(&out);
}

char *
targets_print_json(const struct dockerfile *df)
{
	auto_json json_t *out = json_object();
	json_t *targets = json_array();

	for (size_t i = 0; i < df->stages.n; i++) {
		const struct stage *stage = &df->stages.at[i];
		json_t *target = json_object();

		answer_set_text(target, "name", stage->name);
		if (is_default(df, i))
			jsonio_set(target, "default", json_true());
		answer_set_text(target, "description", description(stage));
		answer_set_text(target, "base", stage->from->image);
		answer_set_text(target, "platform", stage->from->flag.platform);
		jsonio_set(target, "location", answer_location(&stage->from->at, 1));
		json_array_append_new(targets, target);
	}
	jsonio_set(out, "targets", targets);
	answer_set_source(out, df);
	return jsonio_print_pretty(out);
}
