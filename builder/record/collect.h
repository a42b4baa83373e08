/*
 * collect: the events of a build, sorted by step. Internal to record.
 */
#ifndef BUILDER_RECORD_COLLECT_H
#define BUILDER_RECORD_COLLECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/event.h"
#include "builder/record/kept.h"

/* Bytes of a step's log in its file, and of its end in memory. */
#define LOG_FILE_MAX ((uint64_t)50 << 20)
#define LOG_TAIL_MAX ((size_t)64 << 10)

struct transfer_seen {
	char *name;
	uint64_t done, total;
	int64_t start_ns, end_ns;
};

/* A vertex. Owns its texts; NULL: unknown. */
struct vertex_seen {
	char *name, *kind, *stage, *platform, *command, *file;
	char *reason, *error, *layer;
	int line, last;
	int same; /* it is shown as this vertex; 0: as itself */
	ARRAY(int) inputs;
	ARRAY(struct transfer_seen) transfers;
	bool is_planned, begun, ended, missed, has_layer;
	enum event_outcome outcome;
	int64_t start_ns, end_ns;
	uint64_t layer_bytes, layer_files;
	uint64_t log_bytes; /* that it printed */
	bool log_cut;       /* the file has less */
	int log_fd;
	struct buf tail;
};

struct warning_seen {
	char *text, *description, *url, *file;
	int line, last, vertex;
};

struct record {
	int64_t wall_ns, start_ns;
	char id[RECORD_ID_MAX];
	ARRAY(struct vertex_seen) vertices; /* vertex n is at index n - 1 */
	ARRAY(struct warning_seen) warnings;
	json_t *facts;
	struct store *store; /* NULL: no logs are kept */
	int dir_fd;          /* builds/ID, once there is a log */
	int broken;          /* errno of the first log that could not be written */
};

/* An event_sink_fn: ARG is a struct record. */
void record_collect(void *arg, const struct event *e);

#endif
