#include "builder/record/document.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/record/collect.h"
#include "builder/record/record.h"

/* Bytes of all logs in the document; of a failed step's on top of that. */
#define TAILS_MAX  ((size_t)384 << 10)
#define TAIL_MAX   ((size_t)32 << 10)
#define FAILED_MAX ((size_t)64 << 10)

static bool
is_shown(const struct vertex_seen *v)
{
	return v->name != NULL && v->same == 0;
}

bool
record_has_verdict(const char *kind)
{
	static const char *const kinds[] = { "run", "copy", "add", "workdir" };

	for (size_t i = 0; kind != NULL && i < COUNT_OF(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static const char *
verdict_of(const struct vertex_seen *v)
{
	if (!record_has_verdict(v->kind))
		return "NONE";
	if (v->ended && v->outcome == OUTCOME_CACHED)
		return "HIT";
	if (v->ended && v->outcome == OUTCOME_SKIPPED)
		return "SKIPPED";
	return v->missed ? "MISS" : "NONE";
}

static const char *
result_of(const struct vertex_seen *v)
{
	static const char *const results[] = {
		[OUTCOME_DONE] = "done",           [OUTCOME_CACHED] = "cached",
		[OUTCOME_FAILED] = "failed",       [OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_CANCELLED] = "cancelled",
	};

	if (v->ended &&
	    (v->begun || v->outcome == OUTCOME_CACHED || v->outcome == OUTCOME_SKIPPED))
		return results[v->outcome];
	return v->begun ? "cancelled" : "not reached";
}

static const char *
kind_of(const struct vertex_seen *v)
{
	struct text name = text_of(v->name);

	if (v->kind != NULL)
		return v->kind;
	if (text_starts(name, "[internal]"))
		return "internal";
	return text_starts(name, "export") || text_starts(name, "push") ? "export"
	                                                                : "other";
}

static void
set_text(json_t *json, const char *member, const char *text)
{
	if (text != NULL)
		jsonio_set(json, member, jsonio_string(text_of(text)));
}

static void
set_count(json_t *json, const char *member, uint64_t n)
{
	jsonio_set(json, member, json_integer((json_int_t)n));
}

/* Seconds with six digits, which are enough and stay short. */
static json_t *
seconds(int64_t ns)
{
	return json_real(ns < 0 ? 0 : (double)(ns / 1000) / 1e6);
}

/* ------------------------------------------------------------ the critical path */

static int
shown_as(const struct record *r, int vertex)
{
	int same = vertex > 0 && (size_t)vertex <= r->vertices.n
	                   ? r->vertices.at[vertex - 1].same
	                   : 0;

	return same > 0 ? same : vertex;
}

/* Of VERTICES the one that ended last, of those that ran; 0: none did. */
static int
last_of(const struct record *r, const int *vertices, size_t n)
{
	int last = 0;

	for (size_t i = 0; i < n; i++) {
		int vertex = shown_as(r, vertices == NULL ? (int)i + 1 : vertices[i]);
		const struct vertex_seen *v = &r->vertices.at[vertex - 1];

		if (!v->is_planned || !v->begun || !v->ended)
			continue;
		if (last == 0 || v->end_ns > r->vertices.at[last - 1].end_ns)
			last = vertex;
	}
	return last;
}

/* The chain of steps that the last one waited for. Inputs have lower numbers. */
static void
mark_critical(const struct record *r, bool *is_critical)
{
	int at = last_of(r, NULL, r->vertices.n);

	while (at > 0) {
		const struct vertex_seen *v = &r->vertices.at[at - 1];
		int before = last_of(r, v->inputs.at, v->inputs.n);

		is_critical[at - 1] = true;
		at = before < at ? before : 0;
	}
}

/* ------------------------------------------------------------ steps */

/* The end of the log, from the beginning of a line if there is one. */
static struct text
tail_of(const struct vertex_seen *v, size_t max)
{
	struct text t = buf_text(&v->tail);
	ptrdiff_t line = 0;

	if (t.n <= max)
		return t;
	t = text_from(t, t.n - max);
	line = text_find(t, '\n');
	return line >= 0 && (size_t)line + 1 < t.n ? text_from(t, (size_t)line + 1) : t;
}

static json_t *
log_json(const struct vertex_seen *v, size_t max)
{
	json_t *log = json_object();
	bool failed = v->ended && v->outcome == OUTCOME_FAILED;
	struct text tail = tail_of(v, failed ? FAILED_MAX : max);

	set_count(log, "bytes", v->log_bytes);
	jsonio_set(log, "cut", json_boolean(v->log_cut));
	jsonio_set(log, "whole", json_boolean(tail.n == v->log_bytes));
	jsonio_set(log, "tail", jsonio_string(tail));
	return log;
}

static json_t *
transfers_json(const struct record *r, const struct vertex_seen *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->transfers.n; i++) {
		const struct transfer_seen *t = &v->transfers.at[i];
		json_t *json = json_object();

		set_text(json, "name", t->name);
		set_count(json, "bytes", t->done);
		set_count(json, "total", t->total);
		jsonio_set(json, "start", seconds(t->start_ns - r->start_ns));
		jsonio_set(json, "seconds", seconds(t->end_ns - t->start_ns));
		json_array_append_new(list, json);
	}
	return list;
}

static json_t *
layer_json(const struct vertex_seen *v)
{
	json_t *json = json_object();

	set_text(json, "digest", v->layer);
	if (v->layer_bytes > 0)
		set_count(json, "bytes", v->layer_bytes);
	if (v->layer_files > 0)
		set_count(json, "files", v->layer_files);
	return json;
}

static json_t *
inputs_json(const struct record *r, const struct vertex_seen *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->inputs.n; i++)
		json_array_append_new(list, json_integer(shown_as(r, v->inputs.at[i])));
	return list;
}

/* The other platforms that have the same step. */
static json_t *
also_json(const struct record *r, int vertex)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->vertices.n; i++)
		if (r->vertices.at[i].same == vertex &&
		    r->vertices.at[i].platform != NULL)
			json_array_append_new(
			        list, jsonio_string(text_of(r->vertices.at[i].platform)));
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

static void
set_place(json_t *json, const char *file, int line, int last)
{
	set_text(json, "file", file);
	if (line <= 0)
		return;
	set_count(json, "line", (uint64_t)line);
	set_count(json, "last", (uint64_t)(last > line ? last : line));
}

static json_t *
step_json(const struct record *r, int vertex, bool is_critical, size_t tail_max)
{
	const struct vertex_seen *v = &r->vertices.at[vertex - 1];
	json_t *json = json_object();

	set_count(json, "id", (uint64_t)vertex);
	set_text(json, "name", v->name);
	set_text(json, "kind", kind_of(v));
	set_text(json, "stage", v->stage);
	set_text(json, "platform", v->platform);
	jsonio_set(json, "also", also_json(r, vertex));
	set_text(json, "command", v->command);
	set_place(json, v->file, v->line, v->last);
	jsonio_set(json, "inputs", inputs_json(r, v));
	set_text(json, "verdict", verdict_of(v));
	if (v->missed && record_has_verdict(v->kind))
		set_text(json, "reason",
		         v->reason == NULL ? "never built here" : v->reason);
	set_text(json, "result", result_of(v));
	if (v->begun)
		jsonio_set(json, "start", seconds(v->start_ns - r->start_ns));
	jsonio_set(json, "seconds",
	           seconds(v->begun && v->ended ? v->end_ns - v->start_ns : 0));
	jsonio_set(json, "critical", json_boolean(is_critical));
	set_text(json, "error", v->error);
	if (v->transfers.n > 0)
		jsonio_set(json, "transfers", transfers_json(r, v));
	if (v->has_layer)
		jsonio_set(json, "layer", layer_json(v));
	if (v->log_bytes > 0)
		jsonio_set(json, "log", log_json(v, tail_max));
	return json;
}

static json_t *
steps_json(const struct record *r)
{
	auto_free bool *is_critical = mem_new_n(r->vertices.n + 1, sizeof *is_critical);
	json_t *list = json_array();
	size_t n_logs = 1, max = 0;

	for (size_t i = 0; i < r->vertices.n; i++)
		n_logs += r->vertices.at[i].log_bytes > 0;
	max = TAILS_MAX / n_logs < TAIL_MAX ? TAILS_MAX / n_logs : TAIL_MAX;
	mark_critical(r, is_critical);
	for (size_t i = 0; i < r->vertices.n; i++)
		if (is_shown(&r->vertices.at[i]))
			json_array_append_new(
			        list, step_json(r, (int)i + 1, is_critical[i], max));
	return list;
}

/* ------------------------------------------------------------ the rest */

static json_t *
counts_json(const struct record *r)
{
	uint64_t total = 0, cached = 0, ran = 0, skipped = 0, failed = 0;
	json_t *json = json_object();

	for (size_t i = 0; i < r->vertices.n; i++) {
		const struct vertex_seen *v = &r->vertices.at[i];

		if (!is_shown(v) || !record_has_verdict(v->kind))
			continue;
		total++;
		cached += v->ended && v->outcome == OUTCOME_CACHED;
		skipped += v->ended && v->outcome == OUTCOME_SKIPPED;
		failed += v->ended && v->begun && v->outcome == OUTCOME_FAILED;
		ran += v->begun && v->missed &&
		       !(v->ended && v->outcome == OUTCOME_CACHED);
	}
	set_count(json, "total", total);
	set_count(json, "cached", cached);
	set_count(json, "skipped", skipped);
	set_count(json, "run", ran);
	set_count(json, "failed", failed);
	return json;
}

static json_t *
warnings_json(const struct record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->warnings.n; i++) {
		const struct warning_seen *w = &r->warnings.at[i];
		json_t *json = json_object();

		set_text(json, "text", w->text);
		set_text(json, "description", w->description);
		set_text(json, "url", w->url);
		if (w->vertex > 0)
			set_count(json, "step", (uint64_t)shown_as(r, w->vertex));
		set_place(json, w->file, w->line, w->last);
		json_array_append_new(list, json);
	}
	return list;
}

json_t *
record_document(const struct record *r, const char *status)
{
	json_t *json = json_object();
	char started[CLOCK_TEXT_MAX];

	set_text(json, "id", r->id);
	set_text(json, "status", status);
	set_text(json, "started", clock_print(r->wall_ns, started));
	jsonio_set(json, "seconds", seconds(clock_monotonic_ns() - r->start_ns));
	json_object_update(json, r->facts);
	jsonio_set(json, "counts", counts_json(r));
	jsonio_set(json, "steps", steps_json(r));
	jsonio_set(json, "warnings", warnings_json(r));
	return json;
}
