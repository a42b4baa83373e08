#include "builder/cache/cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/file.h"
#include "base/jsonio.h"
#include "base/listing.h"
#include "layers/layer.h"
#include "layers/store.h"

/* A record holds a readable preimage; heredocs of megabytes are possible. */
#define RECORD_SIZE_MAX ((size_t)64 << 20)

#define LOCK_PAUSE_NS   (20 * NS_PER_MS)

static char *
record_name(const struct digest *key)
{
	char hex[DIGEST_HEX_MAX];

	return mem_print("steps/%s", digest_hex(key, hex));
}

/* 1 if OUT is filled in, 0 if the record is not usable any more. */
static int
record_parse(struct store *st, const json_t *json, struct record *out, struct error *err)
{
	const char *created = json_string_value(json_object_get(json, "created"));
	const json_t *layers = json_object_get(json, "layers");
	const char *id = NULL;

	*out = (struct record){ 0 };
	if (created == NULL || !json_is_array(layers) ||
	    !clock_parse(text_of(created), &out->created_ns))
		return 0;
	if (json_array_size(layers) == 0)
		return 1;
	id = json_string_value(json_object_get(json_array_get(layers, 0), "id"));
	if (id == NULL || strchr(id, '/') != NULL)
		return 0;
	return layer_find(st, id, &out->layer, err);
}

int
record_find(struct store *st, const struct digest *key, struct record *out)
{
	auto_free char *name = record_name(key);
	auto_json json_t *json = NULL;
	auto_error struct error err = ERROR_INIT;
	auto_fd int lock = store_lock(st, false, &err);
	int found = 0;

	if (lock < 0) {
		event_warn_error(0, &err, "step cache");
		return 0;
	}
	found = jsonio_read(store_fd(st), name, RECORD_SIZE_MAX, &json, &err);
	if (found > 0)
		found = record_parse(st, json, out, &err);
	if (found > 0)
		utimensat(store_fd(st), name, NULL, 0);
	if (found < 0)
		event_warn_error(0, &err, "step cache: counts as a miss");
	return found > 0 ? 1 : 0;
}

enum record_trace
record_trace(struct store *st, const struct digest *key)
{
	auto_free char *name = record_name(key);
	auto_json json_t *json = NULL;
	auto_error struct error ignored = ERROR_INIT;
	struct record record;

	if (jsonio_read(store_fd(st), name, RECORD_SIZE_MAX, &json, &ignored) <= 0)
		return RECORD_NONE;
	return record_parse(st, json, &record, &ignored) > 0 ? RECORD_WHOLE
	                                                     : RECORD_WITHOUT_LAYER;
}

void
record_write(struct store *st, const struct digest *key, const struct record *r,
             struct text step, const struct preimage *preimage)
{
	auto_free char *name = record_name(key);
	auto_free char *text = NULL;
	auto_json json_t *json = json_object();
	json_t *layers = json_array();
	char created[CLOCK_TEXT_MAX];
	auto_error struct error err = ERROR_INIT;

	jsonio_set(json, "step", jsonio_string(step));
	jsonio_set(json, "created", json_string(clock_print(r->created_ns, created)));
	if (r->layer != NULL) {
		json_t *layer = json_object();

		jsonio_set(layer, "id", json_string(layer_id(r->layer)));
		json_array_append_new(layers, layer);
	}
	jsonio_set(json, "layers", layers);
	jsonio_set(json, "preimage", preimage_write(preimage));
	text = jsonio_print(json);
	if (file_replace(store_fd(st), name, text, strlen(text), 0644, &err) < 0)
		event_warn_error(0, &err, "step cache: not stored");
}

static bool
is_of_step(struct store *st, const char *name, struct text step)
{
	auto_free char *path = mem_print("steps/%s", name);
	auto_error struct error ignored = ERROR_INIT;
	auto_json json_t *json = NULL;
	const char *words = NULL;

	if (jsonio_read(store_fd(st), path, RECORD_SIZE_MAX, &json, &ignored) <= 0)
		return false;
	words = json_string_value(json_object_get(json, "step"));
	return words != NULL && text_is(step, words);
}

bool
record_is_any(struct store *st, struct text step)
{
	auto_listing struct listing list = listing_open(store_fd(st), "steps");
	const char *name = NULL;

	while ((name = listing_next(&list)) != NULL)
		if (strchr(name, '.') == NULL &&
		    (step.p == NULL || is_of_step(st, name, step)))
			return true;
	return false;
}

/* Whoever held the lock removes its file. A file that lost its name while we waited is no
 * longer the lock. */
static bool
lock_is_current(struct store *st, const char *name, int fd)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && fstatat(store_fd(st), name, &named, 0) == 0 &&
	       ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static char *
lock_name(const struct digest *key)
{
	char hex[DIGEST_HEX_MAX];

	return mem_print("steps/%s.lock", digest_hex(key, hex));
}

int
record_lock(struct store *st, const struct digest *key, const struct cancel *cancel,
            void (*waits)(void *arg), void *arg)
{
	auto_free char *name = lock_name(key);
	bool is_told = false;

	for (;;) {
		auto_fd int fd = openat(store_fd(st), name, O_RDWR | O_CREAT | O_CLOEXEC,
		                        0644);

		if (fd < 0)
			return -1;
		while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno != EWOULDBLOCK && errno != EINTR)
				return -1;
			if (!is_told)
				waits(arg);
			is_told = true;
			if (!cancel_pause(cancel, LOCK_PAUSE_NS))
				return -1;
		}
		if (lock_is_current(st, name, fd))
			return take_fd(&fd);
	}
}

void
record_unlock(struct store *st, const struct digest *key, int fd)
{
	auto_free char *name = lock_name(key);

	if (fd < 0)
		return;
	unlinkat(store_fd(st), name, 0);
	close(fd);
}
