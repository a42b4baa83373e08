#include "builder/image/image.h"

#include "base/base.h"
#include "base/clock.h"
#include "base/jsonio.h"
#include "parser/config.h"
#include "parser/plan.h"
#include "parser/step.h"

static json_t *
list_write(const struct text *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, jsonio_string(items[i]));
	return list;
}

/* {"80/tcp": {}, …} */
static json_t *
set_write(const struct text *items, size_t n)
{
	json_t *set = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_setn_new(set, items[i].p, items[i].n, json_object());
	return set;
}

static json_t *
env_write(const struct config *config)
{
	json_t *list = json_array();

	for (size_t i = 0; i < config->env.n; i++) {
		const struct variable *v = &config->env.at[i];
		auto_buf struct buf b = BUF_INIT;

		buf_add_text(&b, v->name);
		buf_add_char(&b, '=');
		buf_add_text(&b, v->value);
		json_array_append_new(list, jsonio_string(buf_text(&b)));
	}
	return list;
}

static void
set_number(json_t *object, const char *name, int64_t value)
{
	if (value != 0)
		jsonio_set(object, name, json_integer(value));
}

static json_t *
health_write(const struct health *h)
{
	json_t *object = json_object();

	if (h->none)
		jsonio_set(object, "Test", list_write(&TEXT("NONE"), 1));
	else if (h->test.n > 0)
		jsonio_set(object, "Test", list_write(h->test.at, h->test.n));
	set_number(object, "Interval", h->interval);
	set_number(object, "Timeout", h->timeout);
	set_number(object, "StartPeriod", h->start_period);
	set_number(object, "StartInterval", h->start_interval);
	set_number(object, "Retries", h->retries);
	return object;
}

/* Sets NAME if WANTED, else removes what the base had. */
static void
put(json_t *object, const char *name, bool wanted, json_t *value)
{
	if (wanted) {
		jsonio_set(object, name, value);
	} else {
		json_decref(value);
		json_object_del(object, name);
	}
}

static void
put_text(json_t *object, const char *name, struct text t)
{
	put(object, name, t.n > 0, t.n > 0 ? jsonio_string(t) : NULL);
}

/* Members of the base's config that are not ours stay as they are. */
static json_t *
execution_write(const struct config *c, const json_t *base)
{
	json_t *out = json_is_object(base) ? json_copy((json_t *)base) : json_object();
	json_t *labels = json_object();

	for (size_t i = 0; i < c->labels.n; i++)
		json_object_setn_new(labels, c->labels.at[i].name.p,
		                     c->labels.at[i].name.n,
		                     jsonio_string(c->labels.at[i].value));
	put_text(out, "User", c->user);
	put(out, "ExposedPorts", c->ports.n > 0, set_write(c->ports.at, c->ports.n));
	put(out, "Env", c->env.n > 0, env_write(c));
	put(out, "Entrypoint", c->entrypoint.n > 0,
	    list_write(c->entrypoint.at, c->entrypoint.n));
	put(out, "Cmd", c->cmd.n > 0, list_write(c->cmd.at, c->cmd.n));
	put(out, "Volumes", c->volumes.n > 0, set_write(c->volumes.at, c->volumes.n));
	put_text(out, "WorkingDir", c->workdir);
	put(out, "Labels", c->labels.n > 0, labels);
	put_text(out, "StopSignal", c->stop_signal);
	put(out, "ArgsEscaped", c->args_escaped, json_true());
	put(out, "Healthcheck", c->has_health, health_write(&c->health));
	put(out, "OnBuild", c->onbuild.n > 0, list_write(c->onbuild.at, c->onbuild.n));
	put(out, "Shell", c->shell.n > 0, list_write(c->shell.at, c->shell.n));
	return out;
}

/* EPOCH in nanoseconds, or NS if EPOCH is negative. */
static json_t *
time_write(int64_t ns, int64_t epoch)
{
	char text[CLOCK_TEXT_MAX];

	return json_string(epoch >= 0 ? clock_print_s(epoch, text)
	                              : clock_print(ns, text));
}

static int64_t
nanoseconds(int64_t epoch)
{
	return epoch > INT64_MAX / 1000000000 ? INT64_MAX : epoch * 1000000000;
}

static const struct added_layer *
added_find(const struct added_layer *added, size_t n, step_id step)
{
	for (size_t i = 0; i < n; i++)
		if (added[i].step == step)
			return &added[i];
	return NULL;
}

static bool
is_empty_layer(const json_t *entry)
{
	return json_is_true(json_object_get(entry, "empty_layer"));
}

/* The base's history, made to agree with its N layers: missing entries are
 * added, surplus ones marked empty (from the end). */
static json_t *
base_history(const struct source_image *base, bool keeps_base)
{
	json_t *list = json_array();
	json_t *entry = NULL;
	size_t i = 0, layers = 0, n = base == NULL || !keeps_base ? 0 : base->layers.n;

	if (base == NULL)
		return list;
	json_array_foreach(json_object_get(base->config, "history"), i, entry)
	{
		json_t *copy = json_copy(entry);

		if (!is_empty_layer(copy) && layers == n)
			jsonio_set(copy, "empty_layer", json_true());
		else if (!is_empty_layer(copy))
			layers++;
		json_array_append_new(list, copy);
	}
	for (; layers < n; layers++) {
		entry = json_object();
		jsonio_set(entry, "comment", json_string("buildkit.exporter.image.v0"));
		json_array_append_new(list, entry);
	}
	return list;
}

/* Time of the base's last layer, for builds that add none. */
static int64_t
base_time(const json_t *history, const struct source_image *base)
{
	size_t n = json_array_size(history);
	int64_t ns = 0;

	while (n-- > 0) {
		const json_t *entry = json_array_get(history, n);
		const char *created =
		        json_string_value(json_object_get(entry, "created"));

		if (!is_empty_layer(entry) && created != NULL &&
		    clock_parse(text_of(created), &ns))
			return ns;
	}
	return base == NULL ? 0 : base->base.created_ns;
}

/* Appends the plan's own entries; the time of the last of them is returned, or
 * that of the base if there are none. 0 = no time known. */
static int64_t
own_history(json_t *list, const struct plan_image *image, const struct added_layer *added,
            size_t n_added, int64_t before, int64_t epoch)
{
	int64_t time = n_added > 0 ? added[0].created_ns : before, written = 0;
	/* Shared by the entries: they are many, and most have the same time. */
	auto_json json_t *comment = json_string("buildkit.dockerfile.v0"),
	                 *created = NULL;

	for (size_t i = 0; i < image->history.n; i++) {
		const struct history *h = &image->history.at[i];
		const struct added_layer *layer =
		        h->step == STEP_NONE ? NULL : added_find(added, n_added, h->step);
		json_t *entry = json_object();

		if (layer != NULL)
			time = layer->created_ns;
		if (epoch >= 0)
			time = nanoseconds(epoch);
		if (created == NULL || time != written) {
			json_decref(created);
			created = time_write(time, epoch);
			written = time;
		}
		if (time != 0 || epoch >= 0)
			jsonio_set(entry, "created", json_incref(created));
		jsonio_set(entry, "created_by", jsonio_string(h->created_by));
		jsonio_set(entry, "comment", json_incref(comment));
		if (layer == NULL)
			jsonio_set(entry, "empty_layer", json_true());
		json_array_append_new(list, entry);
	}
	return time;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Top-level members in byte order, so that equal documents have equal bytes
 * whatever order the base had. */
static char *
print_sorted(json_t *document)
{
	ARRAY(const char *) names = { 0 };
	auto_json json_t *sorted = json_object();
	const char *name = NULL;
	json_t *value = NULL;

	json_object_foreach(document, name, value) array_push(&names, name);
	array_sort(&names, compare_names);
	for (size_t i = 0; i < names.n; i++)
		json_object_set(sorted, names.at[i],
		                json_object_get(document, names.at[i]));
	array_clear(&names);
	return jsonio_print(sorted);
}

static json_t *
rootfs_write(const struct digest *diffids, size_t n)
{
	json_t *rootfs = json_object();
	json_t *list = json_array();
	char text[DIGEST_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(digest_text(&diffids[i], text)));
	jsonio_set(rootfs, "type", json_string("layers"));
	jsonio_set(rootfs, "diff_ids", list);
	return rootfs;
}

static void
platform_write(json_t *document, const struct platform *p)
{
	put_text(document, "architecture", text_of(p->arch));
	put_text(document, "os", text_of(p->os));
	put_text(document, "variant", text_of(p->variant));
	put_text(document, "os.version", text_of(p->os_version));
}

char *
image_assemble(const struct plan_image *image, const struct source_image *base,
               const struct added_layer *added, size_t n_added,
               const struct digest *diffids, size_t n_diffids, int64_t epoch,
               bool wants_history, bool keeps_base, int64_t *created_ns)
{
	auto_json json_t *document = base == NULL ? json_object()
	                                          : json_copy(base->config);
	json_t *history = base_history(base, keeps_base);
	json_t *execution = json_object_get(document, "config");
	int64_t time = own_history(history, image, added, n_added,
	                           base_time(history, base), epoch);

	*created_ns = time;
	platform_write(document, &image->platform);
	put_text(document, "author", image->config.author);
	jsonio_set(document, "config", execution_write(&image->config, execution));
	put(document, "created", time != 0 || epoch >= 0, time_write(time, epoch));
	put(document, "history", wants_history, history);
	jsonio_set(document, "rootfs", rootfs_write(diffids, n_diffids));
	return print_sorted(document);
}
