#include "builder/order/verdict_sink.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/jsonio.h"
#include "base/redact.h"
#include "builder/cache/verdicts.h"

/* ------------------------------------------------------------ collecting */

/* Contexts, bases and downloads have no verdict. */
static bool
is_step(const struct event_step *step)
{
	static const char *const kinds[] = { "run", "copy", "add", "workdir" };

	for (size_t i = 0; step != NULL && step->kind != NULL && i < COUNT_OF(kinds); i++)
		if (strcmp(step->kind, kinds[i]) == 0)
			return true;
	return false;
}

static void
add_step(struct verdict_sink *s, const struct event *e)
{
	const struct event_step *step = e->step;

	array_push(&s->steps, ((struct step_seen){ .vertex = e->vertex,
	                                           .name = text_copy(e->text),
	                                           .kind = mem_copy(step->kind),
	                                           .stage = text_copy(step->stage),
	                                           .platform = text_copy(step->platform),
	                                           .command = text_copy(step->command),
	                                           .line = step->line }));
}

/* Vertices are announced in ascending order. */
static struct step_seen *
find(struct verdict_sink *s, int vertex)
{
	size_t lo = 0, hi = s->steps.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->steps.at[mid].vertex == vertex)
			return &s->steps.at[mid];
		if (s->steps.at[mid].vertex < vertex)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void
step_clear(struct step_seen *step)
{
	free(step->name);
	free(step->kind);
	free(step->stage);
	free(step->platform);
	free(step->command);
	free(step->reason);
}

/* The step is shown as that of another platform. */
static void
drop(struct verdict_sink *s, struct step_seen *step)
{
	step_clear(step);
	memmove(step, step + 1,
	        (size_t)(s->steps.at + s->steps.n - step - 1) * sizeof *step);
	s->steps.n--;
}

static void
collect(void *arg, const struct event *e)
{
	struct verdict_sink *s = arg;
	struct step_seen *step = e->vertex == 0 ? NULL : find(s, e->vertex);

	if (e->kind == EVENT_ANNOUNCE && is_step(e->step)) {
		add_step(s, e);
	} else if (step == NULL) {
		return;
	} else if (e->kind == EVENT_SAME) {
		drop(s, step);
	} else if (e->kind == EVENT_BEGIN) {
		step->begun = true;
		step->start_ns = e->time_ns;
	} else if (e->kind == EVENT_MISS) {
		free(step->reason);
		step->reason = text_copy(e->text);
		step->missed = true;
	} else if (e->kind == EVENT_END) {
		step->ended = true;
		step->outcome = e->outcome;
		step->end_ns = e->time_ns;
	}
}

void
verdict_sink_start(struct verdict_sink *s)
{
	*s = (struct verdict_sink){ .started_ns = clock_wall_ns() };
	event_add_sink(collect, s);
}

void
verdict_sink_stop(struct verdict_sink *s)
{
	event_remove_sink(collect, s);
}

/* ------------------------------------------------------------ the document */

static const char *
verdict_of(const struct step_seen *step)
{
	if (step->ended && step->outcome == OUTCOME_CACHED)
		return "HIT";
	if (step->ended && step->outcome == OUTCOME_SKIPPED)
		return "SKIPPED";
	return step->missed ? "MISS" : "NONE";
}

static const char *
result_of(const struct step_seen *step)
{
	if (!step->begun)
		return "not reached";
	return step->outcome == OUTCOME_FAILED      ? "failed"
	       : step->outcome == OUTCOME_CANCELLED ? "cancelled"
	                                            : "done";
}

/* A step without a reason ran in a new store. */
static json_t *
step_json(const struct step_seen *step)
{
	json_t *json = json_object();
	const char *reason = step->reason == NULL ? "" : step->reason;

	jsonio_set(json, "name", jsonio_string(text_of(step->name)));
	jsonio_set(json, "kind", json_string(step->kind));
	jsonio_set(json, "stage", jsonio_string(text_of(step->stage)));
	jsonio_set(json, "platform", jsonio_string(text_of(step->platform)));
	jsonio_set(json, "command", jsonio_string(text_of(step->command)));
	jsonio_set(json, "line", json_integer(step->line));
	jsonio_set(json, "verdict", json_string(verdict_of(step)));
	if (step->missed)
		jsonio_set(json, "reason",
		           jsonio_string(text_of(*reason == '\0' ? "never built here"
		                                                 : reason)));
	jsonio_set(json, "result", json_string(result_of(step)));
	jsonio_set(json, "seconds",
	           json_real(step->begun && step->ended
	                             ? (double)(step->end_ns - step->start_ns) / 1e9
	                             : 0));
	return json;
}

static void
set_text(json_t *json, const char *member, struct text value)
{
	auto_buf struct buf shown = BUF_INIT, masked = BUF_INIT;

	if (value.p == NULL)
		return;
	buf_add_redacted(&shown, value);
	jsonio_set(json, member, jsonio_string(event_masked(buf_text(&shown), &masked)));
}

void
verdict_sink_keep(struct verdict_sink *s, struct store *st, const struct build_told *told)
{
	auto_json json_t *json = json_object();
	json_t *steps = json_array();
	char id[VERDICTS_ID_MAX], started[CLOCK_TEXT_MAX];
	double seconds = (double)(clock_wall_ns() - s->started_ns) / 1e9;
	auto_error struct error err = ERROR_INIT;

	verdicts_id(s->started_ns, id);
	jsonio_set(json, "id", json_string(id));
	set_text(json, "context", text_of(told->context));
	set_text(json, "dockerfile", text_of(told->dockerfile));
	set_text(json, "target", told->target);
	jsonio_set(json, "started", json_string(clock_print(s->started_ns, started)));
	jsonio_set(json, "seconds", json_real(seconds));
	set_text(json, "error", text_of(told->error));
	for (size_t i = 0; i < s->steps.n; i++) {
		json_array_append_new(steps, step_json(&s->steps.at[i]));
		step_clear(&s->steps.at[i]);
	}
	jsonio_set(json, "steps", steps);
	/* A build that failed has a better message, and perhaps for the same reason. */
	if (st != NULL && verdicts_write(st, id, json, &err) < 0 && told->error == NULL)
		event_warn_error(0, &err, "verdicts of steps: not stored");
	array_clear(&s->steps);
}
