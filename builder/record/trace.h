/*
 * trace: the document of a build as a trace: one span for the build, one for each step and
 * each transfer.
 *
 *	Chrome   trace-event format, for about://tracing and Perfetto
 *	OTLP     OpenTelemetry protocol 1.x, JSON encoding, resource spans
 *
 * Where a trace is sent, environment variables say, as OpenTelemetry names them:
 * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT (/v1/traces is added),
 * OTEL_TRACES_EXPORTER=none, OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TIMEOUT,
 * OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, TRACEPARENT (W3C trace context).
 */
#ifndef BUILDER_RECORD_TRACE_H
#define BUILDER_RECORD_TRACE_H

#include <jansson.h>
#include <stdbool.h>

/* The caller gives the references back. */
json_t *trace_chrome(const json_t *document);
json_t *trace_otlp(const json_t *document);

/* TRACEPARENT, if it is one, else NULL. */
const char *trace_parent(void);

/* Whether the environment names a collector. */
bool trace_is_wanted(void);

/* Sends the trace to the collector, if there is one. Takes 2 seconds at the longest, or
 * what OTEL_EXPORTER_OTLP_TIMEOUT says, at most 10. A failure is a warning. */
void trace_send(const json_t *document);

#endif
