#include "base/event.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/redact.h"

#define SECRET_MIN 4
#define MASK       "***"

/* End of a vertex's log that may be the beginning of a secret. */
struct held {
	int vertex, stream;
	struct buf bytes;
	size_t covered; /* leading bytes that belong to a secret already shown as MASK */
};

struct sink {
	event_sink_fn *fn;
	void *arg;
};

/* Areas are set before threads start; the rest is under lock. */
static struct {
	pthread_mutex_t lock;
	struct sink sinks[EVENT_SINKS_MAX]; /* the first is the one that is set */
	size_t n_sinks;
	char *areas;
	int n_vertices;
	ARRAY(struct buf) secrets;
	ARRAY(struct held) held;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .n_sinks = 1 };

/* Looks for a secret at the beginning of T. *WHOLE gets the length of the longest
 * complete one. True if T ends inside a secret. */
static bool
match_secrets(struct text t, size_t *whole)
{
	bool cut = false;

	*whole = 0;
	for (size_t i = 0; i < state.secrets.n; i++) {
		struct text secret = buf_text(&state.secrets.at[i]);
		size_t n = secret.n < t.n ? secret.n : t.n;

		if (memcmp(secret.p, t.p, n) != 0)
			continue;
		if (n < secret.n)
			cut = true;
		else if (n > *whole)
			*whole = n;
	}
	return cut;
}

/* Appends to OUT what can be told of T, with secrets replaced, and returns how
 * many bytes that was: all if LAST, else up to where a secret may begin. The
 * first *COVERED bytes belong to a secret that was replaced before; it becomes
 * the number of such bytes in the rest. Secrets may overlap. */
static size_t
mask(struct buf *out, struct text t, size_t *covered, bool last)
{
	size_t end = *covered, i, whole;

	for (i = 0; i < t.n; i++) {
		if (match_secrets(text_from(t, i), &whole) && !last)
			break;
		if (whole > 0 && i >= end)
			buf_add_str(out, MASK);
		if (whole > 0 && i + whole > end)
			end = i + whole;
		else if (i >= end)
			buf_add_char(out, t.p[i]);
	}
	*covered = end > i ? end - i : 0;
	return i;
}

/* Under the lock, or before there are threads. */
static struct text
masked(struct text t, struct buf *buf)
{
	auto_buf struct buf redacted = BUF_INIT;
	size_t covered = 0;
	bool has_userinfo = text_has_userinfo(t);

	if (state.secrets.n == 0 && !has_userinfo)
		return t;
	if (has_userinfo) {
		buf_add_redacted(&redacted, t);
		t = buf_text(&redacted);
	}
	mask(buf, t, &covered, true);
	return buf_text(buf);
}

struct text
event_masked(struct text t, struct buf *buf)
{
	struct text shown;

	pthread_mutex_lock(&state.lock);
	shown = masked(t, buf);
	pthread_mutex_unlock(&state.lock);
	return shown;
}

/* Hands E over; called with the lock held, and with E's text masked. */
static void
tell(struct event *e)
{
	e->time_ns = clock_monotonic_ns();
	for (size_t i = 0; i < state.n_sinks; i++)
		if (state.sinks[i].fn != NULL)
			state.sinks[i].fn(state.sinks[i].arg, e);
}

/* The same for an event whose texts are not masked yet. */
static void
tell_masked(const struct event *given)
{
	auto_buf struct buf text = BUF_INIT, name = BUF_INIT, source = BUF_INIT;
	struct event e = *given;
	struct event_about about;
	struct event_step step;

	e.text = masked(e.text, &text);
	e.name = masked(e.name, &name);
	if (e.about != NULL) {
		about = *e.about;
		about.source = masked(about.source, &source);
		e.about = &about;
	}
	if (e.step != NULL) {
		step = *e.step;
		step.command = masked(step.command, &source);
		e.step = &step;
	}
	tell(&e);
}

static void
emit(const struct event *e)
{
	pthread_mutex_lock(&state.lock);
	tell_masked(e);
	pthread_mutex_unlock(&state.lock);
}

static struct held *
find_held(int vertex, int stream)
{
	for (size_t i = 0; i < state.held.n; i++)
		if (state.held.at[i].vertex == vertex &&
		    state.held.at[i].stream == stream)
			return &state.held.at[i];
	return NULL;
}

static void
remove_held(struct held *h)
{
	buf_clear(&h->bytes);
	*h = state.held.at[--state.held.n];
}

static void
tell_log(int vertex, int stream, const struct buf *text)
{
	struct event e = { .kind = EVENT_LOG, .vertex = vertex, .stream = stream };

	e.text = buf_text(text);
	if (text->n > 0)
		tell(&e);
}

/* Emits the held bytes of VERTEX, which can get no more. */
static void
flush_held(int vertex)
{
	for (int stream = 1; stream <= 2; stream++) {
		auto_buf struct buf out = BUF_INIT;
		struct held *h = find_held(vertex, stream);

		if (h == NULL)
			continue;
		mask(&out, buf_text(&h->bytes), &h->covered, true);
		remove_held(h);
		tell_log(vertex, stream, &out);
	}
}

/* Logs the held bytes of this stream and then BYTES, and holds the new end. */
static void
log_masked(int vertex, int stream, struct text bytes)
{
	auto_buf struct buf all = BUF_INIT, out = BUF_INIT;
	struct held *h = find_held(vertex, stream);
	size_t covered = 0, done;

	if (h != NULL) {
		buf_add_text(&all, buf_text(&h->bytes));
		covered = h->covered;
	}
	buf_add_text(&all, bytes);
	done = mask(&out, buf_text(&all), &covered, false);
	if (done < all.n) {
		if (h == NULL) {
			h = array_add(&state.held);
			h->vertex = vertex;
			h->stream = stream;
		}
		buf_truncate(&h->bytes, 0);
		buf_add_text(&h->bytes, text_from(buf_text(&all), done));
		h->covered = covered;
	} else if (h != NULL) {
		remove_held(h);
	}
	tell_log(vertex, stream, &out);
}

void
event_set_sink(event_sink_fn *fn, void *arg)
{
	pthread_mutex_lock(&state.lock);
	state.sinks[0] = (struct sink){ fn, arg };
	pthread_mutex_unlock(&state.lock);
}

void
event_add_sink(event_sink_fn *fn, void *arg)
{
	pthread_mutex_lock(&state.lock);
	if (state.n_sinks < EVENT_SINKS_MAX)
		state.sinks[state.n_sinks++] = (struct sink){ fn, arg };
	pthread_mutex_unlock(&state.lock);
}

void
event_remove_sink(event_sink_fn *fn, const void *arg)
{
	size_t n = 1;

	pthread_mutex_lock(&state.lock);
	for (size_t i = 1; i < state.n_sinks; i++)
		if (state.sinks[i].fn != fn || state.sinks[i].arg != arg)
			state.sinks[n++] = state.sinks[i];
	state.n_sinks = n;
	pthread_mutex_unlock(&state.lock);
}

void
event_add_secret(struct text value)
{
	if (value.n < SECRET_MIN)
		return;
	pthread_mutex_lock(&state.lock);
	buf_add_text(array_add(&state.secrets), value);
	pthread_mutex_unlock(&state.lock);
}

static int
emit_new(struct event *e)
{
	pthread_mutex_lock(&state.lock);
	e->vertex = ++state.n_vertices;
	tell_masked(e);
	pthread_mutex_unlock(&state.lock);
	return e->vertex;
}

int
event_announce(const char *name, const struct event_step *step)
{
	struct event e = { .kind = EVENT_ANNOUNCE, .text = text_of(name), .step = step };

	return emit_new(&e);
}

void
event_start(int vertex, const char *name)
{
	struct event e = { .kind = EVENT_BEGIN, .vertex = vertex, .text = text_of(name) };

	emit(&e);
}

void
event_same(int vertex, int other)
{
	struct event e = { .kind = EVENT_SAME, .vertex = vertex, .other = other };

	emit(&e);
}

int
event_begin(const char *name)
{
	struct event e = { .kind = EVENT_BEGIN, .text = text_of(name) };

	return emit_new(&e);
}

void
event_log(int vertex, int stream, const void *bytes, size_t n)
{
	struct event e = { .kind = EVENT_LOG, .vertex = vertex, .stream = stream };

	if (n == 0)
		return;
	e.text = (struct text){ bytes, n };
	pthread_mutex_lock(&state.lock);
	if (state.secrets.n == 0)
		tell(&e);
	else
		log_masked(vertex, stream, e.text);
	pthread_mutex_unlock(&state.lock);
}

void
event_status(int vertex, const char *name, uint64_t done, uint64_t total, bool ended)
{
	struct event e = {
		.kind = EVENT_STATUS,
		.vertex = vertex,
		.name = text_of(name),
		.done = done,
		.total = total,
		.ended = ended,
	};

	emit(&e);
}

void
event_miss(int vertex, const char *reason)
{
	struct event e = { .kind = EVENT_MISS,
		           .vertex = vertex,
		           .text = text_of(reason) };

	emit(&e);
}

void
event_layer(int vertex, const char *diffid, uint64_t bytes, uint64_t files)
{
	struct event e = { .kind = EVENT_LAYER,
		           .vertex = vertex,
		           .text = text_of(diffid),
		           .done = files,
		           .total = bytes };

	emit(&e);
}

void
event_end(int vertex, enum event_outcome outcome, const char *text)
{
	struct event e = { .kind = EVENT_END,
		           .vertex = vertex,
		           .outcome = outcome,
		           .text = text_of(text) };

	pthread_mutex_lock(&state.lock);
	flush_held(vertex);
	tell_masked(&e);
	pthread_mutex_unlock(&state.lock);
}

static void __attribute__((format(printf, 3, 0)))
warn(int vertex, const struct event_about *about, const char *fmt, va_list ap)
{
	struct event e = { .kind = EVENT_WARNING, .vertex = vertex, .about = about };
	auto_buf struct buf text = BUF_INIT;

	buf_vprint(&text, fmt, ap);
	e.text = buf_text(&text);
	emit(&e);
}

void
event_warn(int vertex, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn(vertex, NULL, fmt, ap);
	va_end(ap);
}

void
event_warn_about(int vertex, const struct event_about *about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn(vertex, about, fmt, ap);
	va_end(ap);
}

void
event_warn_error(int vertex, struct error *err, const char *fmt, ...)
{
	auto_free char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = mem_vprint(fmt, ap);
	va_end(ap);
	event_warn(vertex, "%s: %s", what, err->text == NULL ? "unknown" : err->text);
	error_clear(err);
}

void
event_set_debug(const char *areas)
{
	free(state.areas);
	state.areas = mem_copy(areas);
}

bool
event_debugs(const char *area)
{
	struct text rest = text_of(state.areas);

	while (rest.n > 0)
		if (text_is(text_trim(text_cut(&rest, ',')), area))
			return true;
	return false;
}

void
event_debug(const char *area, const char *fmt, ...)
{
	struct event e = { .kind = EVENT_DEBUG, .name = text_of(area) };
	auto_buf struct buf text = BUF_INIT;
	va_list ap;

	if (!event_debugs(area))
		return;
	va_start(ap, fmt);
	buf_vprint(&text, fmt, ap);
	va_end(ap);
	e.text = buf_text(&text);
	emit(&e);
}
