#include <jansson.h>

#include "base/base.h"
#include "base/jsonio.h"
#include "parser/answer.h"
#include "parser/plan.h"
#include "parser/subrequests.h"

struct cells {
	ARRAY(struct text) list;
};

/* ------------------------------------------------------------ text */

static void
print_target(struct buf *out, const struct outline *o)
{
	struct text cells[4] = { TEXT("TARGET:"), o->name, TEXT("DESCRIPTION:"),
		                 o->description };

	if (o->name.n == 0 && o->description.n == 0)
		return;
	if (o->name.n == 0)
		cells[1] = TEXT("(default)");
	answer_table(out, cells, o->description.n == 0 ? 2 : 4, 2, 1);
	buf_add_char(out, '\n');
}

static void
print_args(struct buf *out, const struct outline_items *args)
{
	struct cells cells = { 0 };

	if (args->n == 0)
		return;
	array_push(&cells.list, TEXT("BUILD ARG"));
	array_push(&cells.list, TEXT("VALUE"));
	array_push(&cells.list, TEXT("DESCRIPTION"));
	for (size_t i = 0; i < args->n; i++) {
		array_push(&cells.list, args->at[i].name);
		array_push(&cells.list, args->at[i].value);
		array_push(&cells.list, args->at[i].description);
	}
	answer_table(out, cells.list.at, cells.list.n, 3, 3);
	buf_add_char(out, '\n');
	array_clear(&cells.list);
}

static void
print_required(struct buf *out, struct text heading, const struct outline_items *items)
{
	struct cells cells = { 0 };

	if (items->n == 0)
		return;
	array_push(&cells.list, heading);
	array_push(&cells.list, TEXT("REQUIRED"));
	for (size_t i = 0; i < items->n; i++) {
		array_push(&cells.list, items->at[i].name);
		array_push(&cells.list, items->at[i].required ? TEXT("true") : TEXT(""));
	}
	answer_table(out, cells.list.at, cells.list.n, 2, 3);
	buf_add_char(out, '\n');
	array_clear(&cells.list);
}

char *
outline_print_text(const struct plan *plan)
{
	const struct outline *o = &plan->outline;
	auto_buf struct buf out = BUF_INIT;

	print_target(&out, o);
	print_args(&out, &o->args);
	print_required(&out, TEXT("SECRET"), &o->secrets);
	print_required(&out, TEXT("SSH"), &o->agents);
	return buf_take(&out);
}

/* ------------------------------------------------------------ JSON */

static void
set_items(json_t *object, const char *name, const struct outline_items *items)
{
	json_t *list;

	if (items->n == 0)
		return;
	list = json_array();
	for (size_t i = 0; i < items->n; i++) {
		const struct outline_item *item = &items->at[i];
		json_t *out = json_object();

		jsonio_set(out, "name", jsonio_string(item->name));
		answer_set_text(out, "description", item->description);
		answer_set_text(out, "value", item->value);
		if (item->required)
			jsonio_set(out, "required", json_true());
		jsonio_set(out, "location", answer_location(&item->at, 1));
		json_array_append_new(list, out);
	}
	jsonio_set(object, name, list);
}

char *
outline_print_json(const struct plan *plan)
{
	const struct outline *o = &plan->outline;
	auto_json json_t *out = json_object();

	answer_set_text(out, "name", o->name);
	answer_set_text(out, "description", o->description);
	set_items(out, "args", &o->args);
	set_items(out, "secrets", &o->secrets);
	set_items(out, "ssh", &o->agents);
	answer_set_source(out, plan->df);
	return jsonio_print_pretty(out);
}
