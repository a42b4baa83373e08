#include "builder/ui/view.h"

#include <jansson.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "base/visible.h"

/*
 * One flat JSON object a line, docs/reference/schemas/jsonl.json. "step" is the number of
 * the vertex. Log lines are text, or base64 if they are not UTF-8.
 */

#define TRANSFER_NS  500000000LL /* between two events of one transfer */
#define REAL_DIGITS  9
#define NS_PER_MS_LL 1000000LL

static void
set_text(json_t *object, const char *member, struct text t)
{
	if (t.p != NULL)
		jsonio_set(object, member, jsonio_string(t));
}

static void
set_given(json_t *object, const char *member, struct text t)
{
	if (t.n > 0)
		set_text(object, member, t);
}

static void
set_number(json_t *object, const char *member, uint64_t n)
{
	jsonio_set(object, member, json_integer((json_int_t)n));
}

static void
set_count(json_t *object, const char *member, uint64_t n)
{
	if (n > 0)
		set_number(object, member, n);
}

/* To the millisecond. */
static void
set_seconds(json_t *object, const char *member, int64_t ns)
{
	jsonio_set(object, member,
	           json_real((double)((ns + NS_PER_MS_LL / 2) / NS_PER_MS_LL) / 1e3));
}

/* An event at TIME_NS of the monotonic clock. */
static json_t *
event_json(const struct ui *ui, const char *event, int64_t time_ns)
{
	char text[CLOCK_TEXT_MAX];
	json_t *o = json_object();

	jsonio_set(o, "event", json_string(event));
	jsonio_set(o, "time", json_string(clock_print(ui->wall_ns + time_ns, text)));
	return o;
}

static json_t *
step_json(const struct ui *ui, const char *event, int vertex, int64_t time_ns)
{
	json_t *o = event_json(ui, event, time_ns);

	if (vertex > 0)
		set_number(o, "step", (uint64_t)vertex);
	return o;
}

/* Takes OBJECT. */
static void
print(struct ui *ui, json_t *object)
{
	auto_buf struct buf line = BUF_INIT;
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));

	json_decref(object);
	if (text == NULL)
		return;
	visible_add(&line, text_of(text), VISIBLE_LINES);
	buf_add_char(&line, '\n');
	free(text);
	ui_write(ui, buf_text(&line));
}

/* ------------------------------------------------------------ events */

static void
planned(struct ui *ui, const struct event *e)
{
	json_t *o = step_json(ui, "step_planned", e->vertex, e->time_ns);
	json_t *inputs = json_array();
	const struct event_step *step = e->step;

	set_text(o, "name", e->text);
	if (step != NULL) {
		set_given(o, "kind", text_of(step->kind));
		set_given(o, "stage", step->stage);
		set_given(o, "platform", step->platform);
		set_given(o, "command", step->command);
		set_given(o, "file", step->file);
		set_count(o, "line", (uint64_t)step->line);
		set_count(o, "last_line", (uint64_t)step->last);
		for (size_t i = 0; i < step->n_inputs; i++)
			json_array_append_new(inputs, json_integer(step->inputs[i]));
	}
	jsonio_set(o, "inputs", inputs);
	print(ui, o);
}

static const char *
outcome_of(const struct ui_vertex *v)
{
	static const char *const words[] = {
		[OUTCOME_DONE] = "done",           [OUTCOME_CACHED] = "cached",
		[OUTCOME_SKIPPED] = "skipped",     [OUTCOME_FAILED] = "failed",
		[OUTCOME_CANCELLED] = "cancelled",
	};

	return v->number == 0 ? "not_run" : words[v->outcome];
}

static const char *
verdict_of(const struct ui_vertex *v)
{
	return v->outcome == OUTCOME_CACHED    ? "HIT"
	       : v->outcome == OUTCOME_SKIPPED ? "SKIPPED"
	       : v->miss != NULL               ? "MISS"
	                                       : NULL;
}

static void
ended(struct ui *ui, const struct event *e, const struct ui_vertex *v)
{
	json_t *o = step_json(ui, "step_end", e->vertex, e->time_ns);
	const char *verdict = verdict_of(v);

	set_text(o, "name", text_of(v->name));
	jsonio_set(o, "outcome", json_string(outcome_of(v)));
	if (verdict != NULL)
		jsonio_set(o, "verdict", json_string(verdict));
	if (v->outcome != OUTCOME_CACHED)
		set_given(o, "reason", text_of(v->miss));
	set_seconds(o, "seconds", v->number == 0 ? 0 : v->end_ns - v->start_ns);
	set_given(o, "error", text_of(v->text));
	set_given(o, "layer", text_of(v->layer));
	set_count(o, "bytes", v->layer_bytes);
	set_count(o, "files", v->layer_files);
	print(ui, o);
}

static void
moved(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	struct ui_status *s = ui_status_of(v, e->name, e->time_ns);
	bool is_transfer = e->done > 0 || e->total > 0;
	json_t *o = NULL;

	if (!e->ended && s->shown_ns != 0 && e->time_ns - s->shown_ns < TRANSFER_NS)
		return;
	s->shown_ns = e->time_ns;
	o = step_json(ui, is_transfer ? "transfer" : "status", e->vertex, e->time_ns);
	set_text(o, "name", e->name);
	if (is_transfer)
		set_number(o, "bytes", e->done);
	set_count(o, "total", e->total);
	jsonio_set(o, "done", json_boolean(e->ended));
	print(ui, o);
}

static void
warned(struct ui *ui, const struct event *e)
{
	json_t *o = step_json(ui, "warning", e->vertex, e->time_ns);
	const struct event_about *about = e->about;

	set_text(o, "text", e->text);
	if (about != NULL) {
		set_given(o, "description", text_of(about->description));
		set_given(o, "url", text_of(about->url));
		set_given(o, "file", text_of(about->file));
		set_count(o, "line", (uint64_t)about->line);
		set_count(o, "last_line", (uint64_t)about->last);
	}
	print(ui, o);
}

static void
reported(struct ui *ui, const struct event *e, const char *event, const char *member)
{
	json_t *o = step_json(ui, event, e->vertex, e->time_ns);

	if (e->kind == EVENT_SAME)
		set_number(o, "as", (uint64_t)e->other);
	if (e->kind == EVENT_DEBUG)
		set_text(o, "area", e->name);
	if (member != NULL)
		set_text(o, member, e->text.p == NULL ? TEXT("") : e->text);
	print(ui, o);
}

/* The view's own state: whether the first line is written. */
static void
begin(struct ui *ui)
{
	if (ui->own != NULL)
		return;
	ui->own = mem_new(1);
	print(ui, event_json(ui, "build_start", ui->start_ns));
}

static void
jsonl_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	begin(ui);
	switch (e->kind) {
	case EVENT_ANNOUNCE:
		planned(ui, e);
		break;
	case EVENT_SAME:
		reported(ui, e, "step_same", NULL);
		break;
	case EVENT_MISS:
		reported(ui, e, "step_miss", "reason");
		break;
	case EVENT_BEGIN:
		reported(ui, e, "step_start", "name");
		break;
	case EVENT_STATUS:
		moved(ui, e, v);
		break;
	case EVENT_END:
		ended(ui, e, v);
		break;
	case EVENT_WARNING:
		warned(ui, e);
		break;
	case EVENT_DEBUG:
		reported(ui, e, "debug", "text");
		break;
	case EVENT_LOG:
	case EVENT_LAYER:
		break;
	}
}

static bool
is_utf8(struct text t)
{
	while (t.n > 0) {
		uint32_t rune = 0;
		size_t n = text_rune(t, &rune);

		if (n == 0)
			return false;
		t = text_from(t, n);
	}
	return true;
}

static void
jsonl_line(struct ui *ui, struct ui_vertex *v, const struct ui_line *line)
{
	json_t *o = step_json(ui, "log", v->vertex, line->time_ns);

	jsonio_set(o, "stream", json_string(line->stream == 2 ? "stderr" : "stdout"));
	set_seconds(o, "seconds", line->time_ns - v->start_ns);
	if (is_utf8(line->text))
		set_text(o, "text", line->text.p == NULL ? TEXT("") : line->text);
	else
		jsonio_set(o, "base64", jsonio_base64(line->text));
	if (!line->whole)
		jsonio_set(o, "partial", json_true());
	print(ui, o);
}

/* ------------------------------------------------------------ the end */

static void
jsonl_result(struct ui *ui, const struct ui_result *r)
{
	int64_t now_ns = clock_monotonic_ns();
	json_t *o = event_json(ui, "result", now_ns), *names = json_array();

	begin(ui);
	set_given(o, "image_id", r->image_id);
	set_given(o, "digest", r->digest);
	for (size_t i = 0; i < r->n_names; i++)
		json_array_append_new(names, jsonio_string(text_of(r->names[i])));
	jsonio_set(o, "names", names);
	set_seconds(o, "seconds", now_ns - ui->start_ns);
	print(ui, o);
}

/* Where standard error is another file, people read the error there. */
static bool
jsonl_error(struct ui *ui, const struct ui_error *e)
{
	int64_t now_ns = clock_monotonic_ns();
	json_t *o = step_json(ui, "error", ui->failed, now_ns);

	begin(ui);
	set_text(o, "text", e->text);
	set_number(o, "status", (uint64_t)e->status);
	set_given(o, "hint", e->hint);
	set_given(o, "file", e->file);
	set_count(o, "line", (uint64_t)e->line);
	set_count(o, "last_line", (uint64_t)e->last);
	set_seconds(o, "seconds", now_ns - ui->start_ns);
	print(ui, o);
	return ui->out == stderr;
}

const struct ui_view ui_jsonl = {
	.event = jsonl_event,
	.line = jsonl_line,
	.all = true,
	.result = jsonl_result,
	.error = jsonl_error,
};
