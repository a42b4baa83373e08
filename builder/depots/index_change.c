#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/jsonio.h"
#include "builder/depots/depot.h"
#include "builder/depots/index_edit.h"

#define MS 1000000LL

/* So often a change is tried, and so long one may wait for others of this machine. */
#define TRIES_MAX   60
#define LOCK_MAX_NS (30000 * MS)

/* The pause before the last look: so long at least, and so many times the time that our
 * own reading and storing took. */
#define SETTLE_NS     (400 * MS)
#define SETTLE_FACTOR 4
#define SETTLE_MAX_NS (5000 * MS)

/* A tag that is just being written may seem to be missing. */
#define LOOKS 4

static int64_t
random_ns(int64_t below)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) < 0)
		r = (uint32_t)clock_monotonic_ns();
	return (int64_t)(r % (uint64_t)(below / 1000 + 1)) * 1000;
}

/* ------------------------------------------------------------ lock */

/* A name of the kernel's, which needs no file and ends with its process. */
int
index_lock(const char *name, const struct cancel *cancel)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct digest d = digest_of(name, strlen(name));
	int64_t end = clock_monotonic_ns() + LOCK_MAX_NS;
	char hex[DIGEST_HEX_MAX];
	auto_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int n = snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "cooper-index-%.40s",
	                 digest_hex(&d, hex));
	socklen_t size =
	        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);

	while (fd >= 0) {
		if (bind(fd, (struct sockaddr *)&at, size) == 0)
			return take_fd(&fd);
		if (errno != EADDRINUSE || clock_monotonic_ns() > end ||
		    !cancel_pause(cancel, 5 * MS + random_ns(20 * MS)))
			return -1;
	}
	return -1;
}

static int
lock_depot(const struct depot *to)
{
	auto_free char *name = to->ops == &depot_ops_registry ? reference_print(&to->ref)
	                                                      : mem_copy(to->shown);

	return index_lock(name, to->options->cancel);
}

/* ------------------------------------------------------------ reading */

/* The index of TO as it is now: 1, and 0: there is none. An image that is no index becomes
 * one with it as its entry. */
static int
read_now(struct depot *to, bool existed, json_t **out, char **etag, struct error *err)
{
	auto_registry_document struct registry_document d = { 0 };
	auto_json json_t *json = NULL;
	bool is_index = false;
	int found = 0;

	for (int i = 0; i < LOOKS && found == 0; i++) {
		if (i > 0 && !cancel_pause(to->options->cancel, 50 * MS * i))
			return cancel_check(to->options->cancel, err);
		found = to->ops->find(
		        to, to->ops == &depot_ops_tree ? NULL : depot_name(to), &d, err);
		/* A layout's own error says what it has instead. */
		if (found < 0 && err->code == ERR_SOURCE &&
		    to->ops != &depot_ops_registry) {
			error_clear(err);
			found = 0;
		}
	}
	if (found < 0)
		return -1;
	if (found == 0 && existed)
		return depot_lacks(to, NULL, err);
	*out = found == 0 ? index_new() : NULL;
	if (found == 0)
		return 0;
	json = depot_json(buf_text(&d.bytes), to->shown, err);
	if (json == NULL || depot_is_index(json, to->shown, &is_index, err) < 0)
		return -1;
	if (is_index) {
		*etag = take(d.etag);
		*out = take(json);
		return 1;
	}
	return 2;
}

/* The same for TO whose name is an image: an index of that image alone. */
static int
read_as_index(struct depot *to, const struct index_options *o, json_t **out,
              struct error *err)
{
	const struct index_options plain = { .dry_run = true, .referrers = o->referrers };
	auto_json json_t *entries = json_array();

	if (index_collect(to, to, &plain, entries, NULL, err) < 0)
		return -1;
	*out = index_new();
	index_add(*out, entries, false);
	return 1;
}

/* ------------------------------------------------------------ storing */

struct change {
	struct depot *to;
	const struct index_options *options;
	index_edit_fn *edit;
	void *arg;
	bool may_be_new, existed;
	int64_t took_ns; /* the longest from reading to storing */
};

enum outcome { CHANGE_FAILED = -1, CHANGE_STORED, CHANGE_LOST, CHANGE_NONE };

static int
store(struct change *c, const struct registry_document *d, const char *etag,
      struct error *err)
{
	struct registry_put put = { .media_type = d->descriptor.media_type,
		                    .bytes = buf_text(&d->bytes),
		                    .digest = &d->descriptor.digest,
		                    .if_match = etag };

	if (c->to->ops->begin != NULL && c->to->ops->begin(c->to, err) < 0)
		return -1;
	return c->to->ops->put_document(c->to, "", &put, err);
}

/* Reads, edits and compares: CHANGE_NONE if the edit is in it already. */
static enum outcome
edit_once(struct change *c, struct registry_document *out, char **etag, struct error *err)
{
	auto_json json_t *index = NULL, *before = NULL;
	int found = read_now(c->to, c->existed, &index, etag, err);

	if (found == 2)
		found = read_as_index(c->to, c->options, &index, err) < 0 ? -1 : 2;
	if (found < 0)
		return CHANGE_FAILED;
	if (found == 0 && !c->may_be_new) {
		depot_lacks(c->to, NULL, err);
		return CHANGE_FAILED;
	}
	c->existed = found > 0;
	before = json_deep_copy(index);
	if (!json_is_array(json_object_get(index, "manifests")) ||
	    c->edit(c->arg, index, err) < 0)
		return err->code != ERR_NONE
		               ? CHANGE_FAILED
		               : error_set(err, ERR_DAMAGED, "%s: no list of manifests",
		                           c->to->shown);
	if (found == 1 && json_equal(index, before)) {
		index_print(index, out);
		return CHANGE_NONE;
	}
	if (found != 1 || *jsonio_text(before, "mediaType") == '\0' ||
	    strcmp(jsonio_text(before, "mediaType"), MEDIA_DOCKER_LIST) == 0)
		index_set_type(index);
	index_print(index, out);
	return CHANGE_STORED;
}

static enum outcome
change_once(struct change *c, struct registry_document *out, struct error *err)
{
	auto_fd int lock = c->options->dry_run ? -1 : lock_depot(c->to);
	auto_free char *etag = NULL;
	int64_t start = clock_monotonic_ns();
	enum outcome outcome = edit_once(c, out, &etag, err);
	int rc = 0;

	(void)lock;
	if (outcome != CHANGE_STORED || c->options->dry_run)
		return outcome;
	rc = store(c, out, etag, err);
	if (clock_monotonic_ns() - start > c->took_ns)
		c->took_ns = clock_monotonic_ns() - start;
	if (rc == REGISTRY_CHANGED) {
		error_clear(err);
		return CHANGE_LOST;
	}
	if (rc < 0)
		return CHANGE_FAILED;
	c->existed = true;
	return CHANGE_STORED;
}

static bool
settle(const struct change *c)
{
	int64_t ns = c->took_ns * SETTLE_FACTOR;

	if (c->to->ops != &depot_ops_registry)
		return true;
	ns = ns < SETTLE_NS ? SETTLE_NS : ns;
	ns = ns > SETTLE_MAX_NS ? SETTLE_MAX_NS : ns;
	return cancel_pause(c->to->options->cancel, ns + random_ns(ns / 2));
}

int
index_change(struct depot *to, const struct index_options *o, index_edit_fn *edit,
             void *arg, bool may_be_new, struct index_result *out, struct error *err)
{
	struct change c = {
		.to = to, .options = o, .edit = edit, .arg = arg, .may_be_new = may_be_new
	};
	bool stored = false;

	to->is_made_here = true;
	for (out->tries = 1; out->tries <= TRIES_MAX; out->tries++) {
		enum outcome outcome = change_once(&c, &out->document, err);

		if (outcome == CHANGE_FAILED)
			return -1;
		if (outcome == CHANGE_NONE || o->dry_run) {
			out->unchanged = !stored && outcome == CHANGE_NONE;
			if (to->ops->finish != NULL && !o->dry_run)
				return to->ops->finish(to, err);
			return 0;
		}
		if (outcome == CHANGE_STORED) {
			if (stored)
				event_warn(0, "%s was overwritten; it is changed again",
				           to->shown);
			stored = true;
			if (!settle(&c))
				return cancel_check(to->options->cancel, err);
		} else if (!cancel_pause(to->options->cancel, random_ns(200 * MS))) {
			return cancel_check(to->options->cancel, err);
		}
	}
	error_set(err, ERR_NETWORK, "%s: others change it again and again", to->shown);
	return error_hint(err, "try again later");
}
