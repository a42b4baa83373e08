#include "builder/record/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/jsonio.h"
#include "base/percent.h"

#define SPAN_HEX  16
#define TRACE_HEX 32

static double
number_of(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

/* ------------------------------------------------------------ Chrome */

static void
add_slice(json_t *events, const json_t *thing, const char *cat, json_int_t lane,
          json_t *args)
{
	json_t *e = json_object();

	jsonio_set(e, "name", jsonio_string(text_of(jsonio_text(thing, "name"))));
	jsonio_set(e, "cat", json_string(cat));
	jsonio_set(e, "ph", json_string("X"));
	jsonio_set(e, "ts", json_integer((json_int_t)(number_of(thing, "start") * 1e6)));
	jsonio_set(e, "dur",
	           json_integer((json_int_t)(number_of(thing, "seconds") * 1e6)));
	jsonio_set(e, "pid", json_integer(1));
	jsonio_set(e, "tid", json_integer(lane));
	jsonio_set(e, "args", args == NULL ? json_object() : args);
	json_array_append_new(events, e);
}

static json_t *
args_of(const json_t *step)
{
	static const char *const members[] = { "verdict",  "reason", "result", "stage",
		                               "platform", "line",   "error" };
	json_t *args = json_object();

	for (size_t i = 0; i < COUNT_OF(members); i++) {
		json_t *value = json_object_get(step, members[i]);

		if (value != NULL)
			jsonio_set(args, members[i], json_incref(value));
	}
	return args;
}

/* Each step has a row of its own, in the order of the plan. */
json_t *
trace_chrome(const json_t *document)
{
	json_t *json = json_object(), *events = json_array();
	const json_t *steps = json_object_get(document, "steps");

	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);
		const json_t *transfers = json_object_get(step, "transfers");
		json_int_t lane = json_integer_value(json_object_get(step, "id"));

		if (json_object_get(step, "start") == NULL)
			continue;
		add_slice(events, step, "step", lane, args_of(step));
		for (size_t k = 0; k < json_array_size(transfers); k++)
			add_slice(events, json_array_get(transfers, k), "transfer", lane,
			          NULL);
	}
	jsonio_set(json, "traceEvents", events);
	jsonio_set(json, "displayTimeUnit", json_string("ms"));
	return json;
}

/* ------------------------------------------------------------ OTLP: ids */

struct trace {
	char id[TRACE_HEX + 1], parent[SPAN_HEX + 1]; /* parent "": none */
	char root[SPAN_HEX + 1];
	int64_t started_ns;
	const char *build;
	json_t *spans;
};

/* The same for the same build and NAME, so a trace can be exported twice. */
static void
make_id(const struct trace *t, const char *name, char *out, size_t n)
{
	auto_free char *text = mem_print("%s %s", t->build, name);
	struct digest d = digest_of(text, strlen(text));
	char hex[DIGEST_HEX_MAX];

	digest_hex(&d, hex);
	memcpy(out, hex, n);
	out[n] = '\0';
}

static bool
is_hex(struct text t, size_t n)
{
	bool is_zero = true;

	for (size_t i = 0; i < t.n; i++) {
		if (strchr("0123456789abcdef", t.p[i]) == NULL)
			return false;
		is_zero = is_zero && t.p[i] == '0';
	}
	return t.n == n && !is_zero;
}

/* "00-<trace>-<span>-<flags>" (W3C trace context, version 00). */
static void
take_parent(struct trace *t, struct text parent)
{
	struct text version = text_cut(&parent, '-'), trace = text_cut(&parent, '-');
	struct text span = text_cut(&parent, '-');

	if (version.n != 2 || text_is(version, "ff") || !is_hex(trace, TRACE_HEX) ||
	    !is_hex(span, SPAN_HEX))
		return;
	memcpy(t->id, trace.p, TRACE_HEX);
	memcpy(t->parent, span.p, SPAN_HEX);
}

const char *
trace_parent(void)
{
	const char *text = getenv("TRACEPARENT");
	struct trace t = { 0 };

	take_parent(&t, text_of(text));
	return *t.parent == '\0' ? NULL : text;
}

/* ------------------------------------------------------------ OTLP: spans */

static void
add_attribute(json_t *list, const char *key, const char *kind, json_t *value)
{
	json_t *json = json_object(), *typed = json_object();

	jsonio_set(typed, kind, value);
	jsonio_set(json, "key", jsonio_string(text_of(key)));
	jsonio_set(json, "value", typed);
	json_array_append_new(list, json);
}

static void
add_text(json_t *list, const char *key, struct text value)
{
	if (value.n > 0)
		add_attribute(list, key, "stringValue", jsonio_string(value));
}

/* 64-bit numbers are strings in this encoding. */
static void
add_number(json_t *list, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof text, "%.0f", value);
	add_attribute(list, key, "intValue", json_string(text));
}

static void
set_time(json_t *span, const char *member, int64_t ns)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)ns);
	jsonio_set(span, member, json_string(text));
}

/* NAME of the span's id. A span without a parent is the trace's root. */
static void
add_span(struct trace *t, const char *id, const char *parent, const json_t *thing,
         json_t *attributes, const char *error)
{
	json_t *span = json_object(), *status = json_object();
	int64_t start = t->started_ns + (int64_t)(number_of(thing, "start") * 1e9);

	jsonio_set(span, "traceId", json_string(t->id));
	jsonio_set(span, "spanId", json_string(id));
	if (*parent != '\0')
		jsonio_set(span, "parentSpanId", json_string(parent));
	jsonio_set(span, "name", jsonio_string(text_of(jsonio_text(thing, "name"))));
	jsonio_set(span, "kind", json_integer(1)); /* internal */
	set_time(span, "startTimeUnixNano", start);
	set_time(span, "endTimeUnixNano",
	         start + (int64_t)(number_of(thing, "seconds") * 1e9));
	jsonio_set(span, "attributes", attributes);
	jsonio_set(status, "code", json_integer(error == NULL ? 1 : 2));
	if (error != NULL)
		jsonio_set(status, "message", jsonio_string(text_of(error)));
	jsonio_set(span, "status", status);
	json_array_append_new(t->spans, span);
}

static void
add_transfers(struct trace *t, const json_t *step, const char *parent)
{
	const json_t *transfers = json_object_get(step, "transfers");

	for (size_t i = 0; i < json_array_size(transfers); i++) {
		const json_t *transfer = json_array_get(transfers, i);
		json_t *attributes = json_array();
		auto_free char *name = mem_print("%s %zu", parent, i);
		char id[SPAN_HEX + 1];

		make_id(t, name, id, SPAN_HEX);
		add_number(attributes, "cooper.bytes", number_of(transfer, "bytes"));
		add_span(t, id, parent, transfer, attributes, NULL);
	}
}

static void
add_step(struct trace *t, const json_t *step)
{
	static const struct {
		const char *member, *key;
	} texts[] = {
		{ "kind", "cooper.kind" },         { "verdict", "cooper.verdict" },
		{ "reason", "cooper.reason" },     { "stage", "cooper.stage" },
		{ "platform", "cooper.platform" }, { "result", "cooper.result" },
		{ "command", "cooper.command" },
	};
	json_t *attributes = json_array();
	const char *result = jsonio_text(step, "result");
	const char *error = jsonio_text(step, "error");
	auto_free char *name = mem_print("step %.0f", number_of(step, "id"));
	char id[SPAN_HEX + 1];

	make_id(t, name, id, SPAN_HEX);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		add_text(attributes, texts[i].key,
		         text_of(jsonio_text(step, texts[i].member)));
	if (number_of(step, "line") > 0)
		add_number(attributes, "code.lineno", number_of(step, "line"));
	if (json_object_get(step, "layer") != NULL)
		add_number(attributes, "cooper.layer.bytes",
		           number_of(json_object_get(step, "layer"), "bytes"));
	add_span(t, id, t->root, step, attributes,
	         strcmp(result, "failed") == 0 ? error : NULL);
	add_transfers(t, step, id);
}

static void
add_build(struct trace *t, const json_t *document)
{
	json_t *attributes = json_array();
	const json_t *error = json_object_get(document, "error");

	add_text(attributes, "cooper.build", text_of(t->build));
	add_text(attributes, "cooper.status", text_of(jsonio_text(document, "status")));
	add_text(attributes, "cooper.target", text_of(jsonio_text(document, "target")));
	add_text(attributes, "cooper.digest", text_of(jsonio_text(document, "digest")));
	add_span(t, t->root, t->parent, document, attributes,
	         error == NULL ? NULL : jsonio_text(error, "text"));
}

/* "key=value,key=value", percent-encoded; cooper's own come first. */
static json_t *
resource(void)
{
	const char *service = getenv("OTEL_SERVICE_NAME");
	struct text rest = text_of(getenv("OTEL_RESOURCE_ATTRIBUTES"));
	json_t *attributes = json_array(), *json = json_object();
	bool has_service = service != NULL && *service != '\0';

	if (has_service)
		add_text(attributes, "service.name", text_of(service));
	while (rest.n > 0) {
		struct text value = text_trim(text_cut(&rest, ','));
		struct text key = text_trim(text_cut(&value, '='));
		auto_buf struct buf plain = BUF_INIT;
		auto_free char *name = text_copy(key);

		if (key.n == 0 || value.p == NULL ||
		    (has_service && text_is(key, "service.name")))
			continue;
		has_service = has_service || text_is(key, "service.name");
		percent_decode(text_trim(value), &plain);
		add_text(attributes, name, buf_text(&plain));
	}
	if (!has_service)
		add_text(attributes, "service.name", TEXT("cooper"));
	jsonio_set(json, "attributes", attributes);
	return json;
}

static json_t *
in_list(json_t *element)
{
	json_t *list = json_array();

	json_array_append_new(list, element);
	return list;
}

json_t *
trace_otlp(const json_t *document)
{
	const json_t *steps = json_object_get(document, "steps");
	json_t *json = json_object(), *of_resource = json_object(),
	       *of_scope = json_object(), *scope = json_object();
	struct trace t = { .build = jsonio_text(document, "id"), .spans = json_array() };

	clock_parse(text_of(jsonio_text(document, "started")), &t.started_ns);
	make_id(&t, "trace", t.id, TRACE_HEX);
	make_id(&t, "build", t.root, SPAN_HEX);
	take_parent(&t, text_of(jsonio_text(document, "traceParent")));
	add_build(&t, document);
	for (size_t i = 0; i < json_array_size(steps); i++)
		if (json_object_get(json_array_get(steps, i), "start") != NULL)
			add_step(&t, json_array_get(steps, i));
	jsonio_set(scope, "name", json_string("cooper"));
	jsonio_set(of_scope, "scope", scope);
	jsonio_set(of_scope, "spans", t.spans);
	jsonio_set(of_resource, "resource", resource());
	jsonio_set(of_resource, "scopeSpans", in_list(of_scope));
	jsonio_set(json, "resourceSpans", in_list(of_resource));
	return json;
}
