#include "builder/ui/view.h"

#include <jansson.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/jsonio.h"
#include "base/visible.h"

/*
 * BuildKit's SolveStatus, one JSON object a line: members are left out where Go's
 * encoder would ("omitempty"), []byte is base64, times are RFC 3339. Ours alone are
 * "miss" (why a step was not in the cache) and "skipped" of a vertex.
 */

/* A vertex needs the same digest in all lines; its value has no meaning. */
static void
set_digest(json_t *object, const char *member, const struct ui_vertex *v)
{
	auto_free char *name = mem_print("%d %s", v->number, v->name);
	struct digest d = digest_of(name, strlen(name));
	char text[DIGEST_TEXT_MAX];

	jsonio_set(object, member, json_string(digest_text(&d, text)));
}

/* Events have the monotonic clock's time. */
static void
set_time(const struct ui *ui, json_t *object, const char *member, int64_t time_ns)
{
	char text[CLOCK_TEXT_MAX];

	jsonio_set(object, member, json_string(clock_print(ui->wall_ns + time_ns, text)));
}

static void
set_text(json_t *object, const char *member, struct text t)
{
	jsonio_set(object, member, jsonio_string(t));
}

static void
set_bytes(json_t *object, const char *member, struct text t)
{
	jsonio_set(object, member, jsonio_base64(t));
}

/* {"LIST":[OBJECT]} */
static void
print(struct ui *ui, const char *list, json_t *object)
{
	auto_json json_t *status = json_object();
	auto_buf struct buf line = BUF_INIT;
	auto_free char *text = NULL;
	json_t *array = json_array();

	json_array_append_new(array, object);
	jsonio_set(status, list, array);
	text = jsonio_print(status);
	visible_add(&line, text_of(text), VISIBLE_LINES);
	buf_add_char(&line, '\n');
	ui_write(ui, buf_text(&line));
}

static json_t *
vertex_json(const struct ui *ui, const struct ui_vertex *v)
{
	json_t *o = json_object();

	set_digest(o, "digest", v);
	set_text(o, "name", text_of(v->name));
	set_time(ui, o, "started", v->start_ns);
	if (v->miss != NULL && *v->miss != '\0')
		set_text(o, "miss", text_of(v->miss));
	if (!v->ended)
		return o;
	set_time(ui, o, "completed", v->end_ns);
	if (v->outcome == OUTCOME_CACHED || v->outcome == OUTCOME_SKIPPED)
		jsonio_set(o, "cached", json_true());
	if (v->outcome == OUTCOME_SKIPPED)
		jsonio_set(o, "skipped", json_true());
	if (v->outcome == OUTCOME_FAILED)
		set_text(o, "error", text_of(v->text));
	/* BuildKit's message for steps that were stopped. */
	if (v->outcome == OUTCOME_CANCELLED)
		set_text(o, "error", TEXT("context canceled"));
	return o;
}

static json_t *
status_json(const struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	const struct ui_status *s = ui_status_of(v, e->name, e->time_ns);
	json_t *o = json_object();

	set_text(o, "id", e->name);
	set_digest(o, "vertex", v);
	if (e->total > 0)
		jsonio_set(o, "total", json_integer((json_int_t)e->total));
	jsonio_set(o, "current", json_integer((json_int_t)e->done));
	set_time(ui, o, "timestamp", e->time_ns);
	set_time(ui, o, "started", s->start_ns);
	if (e->ended)
		set_time(ui, o, "completed", e->time_ns);
	return o;
}

static json_t *
log_json(const struct ui *ui, const struct event *e, const struct ui_vertex *v)
{
	json_t *o = json_object();

	set_digest(o, "vertex", v);
	jsonio_set(o, "stream", json_integer(e->stream));
	set_bytes(o, "data", e->text);
	set_time(ui, o, "timestamp", e->time_ns);
	return o;
}

/* pb.Range: {"start":{"line":N},"end":{"line":N}} */
static json_t *
range_json(int line, int last)
{
	json_t *range = json_object(), *start = json_object(), *end = json_object();

	jsonio_set(start, "line", json_integer(line));
	jsonio_set(end, "line", json_integer(last));
	jsonio_set(range, "start", start);
	jsonio_set(range, "end", end);
	return range;
}

/* pb.SourceInfo, without the definition, which only a solver has. */
static json_t *
source_json(const struct event_about *about)
{
	json_t *o = json_object();

	set_text(o, "filename", text_of(about->file));
	set_bytes(o, "data", about->source);
	set_text(o, "language", TEXT("Dockerfile"));
	return o;
}

static void
set_about(json_t *o, const struct event_about *about)
{
	json_t *detail = json_array(), *ranges = json_array();

	if (about->description != NULL)
		json_array_append_new(detail, jsonio_base64(text_of(about->description)));
	if (about->line > 0)
		json_array_append_new(ranges, range_json(about->line, about->last));
	jsonio_set(o, "detail", detail);
	if (about->url != NULL)
		set_text(o, "url", text_of(about->url));
	if (about->file != NULL)
		jsonio_set(o, "sourceInfo", source_json(about));
	jsonio_set(o, "range", ranges);
}

static json_t *
warning_json(const struct event *e, const struct ui_vertex *v)
{
	json_t *o = json_object();

	if (v != NULL)
		set_digest(o, "vertex", v);
	jsonio_set(o, "level", json_integer(1));
	set_bytes(o, "short", e->text);
	if (e->about != NULL)
		set_about(o, e->about);
	return o;
}

static void
rawjson_event(struct ui *ui, const struct event *e, struct ui_vertex *v)
{
	switch (e->kind) {
	case EVENT_BEGIN:
	case EVENT_END:
		print(ui, "vertexes", vertex_json(ui, v));
		break;
	case EVENT_MISS:
		if (e->text.n > 0)
			print(ui, "vertexes", vertex_json(ui, v));
		break;
	case EVENT_STATUS:
		print(ui, "statuses", status_json(ui, e, v));
		break;
	case EVENT_LOG:
		print(ui, "logs", log_json(ui, e, v));
		break;
	case EVENT_WARNING:
		print(ui, "warnings", warning_json(e, v));
		break;
	case EVENT_ANNOUNCE:
	case EVENT_SAME:
	case EVENT_LAYER:
	case EVENT_DEBUG:
		break;
	}
}

const struct ui_view ui_rawjson = { .event = rawjson_event };
