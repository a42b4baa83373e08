#include "builder/record/record.h"

#include <string.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "base/redact.h"
#include "builder/record/collect.h"
#include "builder/record/document.h"

struct record *
record_start(void)
{
	struct record *r = mem_new(sizeof *r);

	r->wall_ns = clock_wall_ns();
	r->start_ns = clock_monotonic_ns();
	r->dir_fd = -1;
	r->facts = json_object();
	snprintf(r->id, sizeof r->id, "%016llx", (unsigned long long)r->wall_ns);
	event_add_sink(record_collect, r);
	return r;
}

int64_t
record_started_ns(const struct record *r)
{
	return r->wall_ns;
}

/* Events come from other threads only once steps run. */
void
record_keep_logs(struct record *r, struct store *st)
{
	r->store = st;
}

void
record_set(struct record *r, const char *member, json_t *value)
{
	jsonio_set(r->facts, member, value);
}

void
record_set_text(struct record *r, const char *member, struct text value)
{
	auto_buf struct buf shown = BUF_INIT, masked = BUF_INIT;

	if (value.p == NULL)
		return;
	buf_add_redacted(&shown, value);
	record_set(r, member, jsonio_string(event_masked(buf_text(&shown), &masked)));
}

json_t *
record_end(struct record *r, const char *status)
{
	event_remove_sink(record_collect, r);
	/* A build that failed has a better message, and perhaps for the same reason. */
	if (r->broken != 0 && strcmp(status, "done") == 0)
		event_warn(0, "logs of this build in the store are not complete: %s",
		           strerror(r->broken));
	return record_document(r, status);
}

static void
vertex_clear(struct vertex_seen *v)
{
	char *texts[] = { v->name, v->kind,   v->stage, v->platform, v->command,
		          v->file, v->reason, v->error, v->layer };

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	for (size_t i = 0; i < v->transfers.n; i++)
		free(v->transfers.at[i].name);
	array_clear(&v->transfers);
	array_clear(&v->inputs);
	buf_clear(&v->tail);
	own_close(&v->log_fd);
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	event_remove_sink(record_collect, r);
	for (size_t i = 0; i < r->vertices.n; i++)
		vertex_clear(&r->vertices.at[i]);
	for (size_t i = 0; i < r->warnings.n; i++) {
		free(r->warnings.at[i].text);
		free(r->warnings.at[i].description);
		free(r->warnings.at[i].url);
		free(r->warnings.at[i].file);
	}
	array_clear(&r->vertices);
	array_clear(&r->warnings);
	json_decref(r->facts);
	own_close(&r->dir_fd);
	free(r);
}
