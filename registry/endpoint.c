#include "registry/endpoint.h"

#include "base/base.h"
#include "base/event.h"
#include "base/http/curl_lazy.h"

/* Few tries and little time for a mirror: another endpoint always follows. */
#define MIRROR_RETRIES   1
#define MIRROR_TIMEOUT_S 15

/* Whether another endpoint may do better. */
static bool
is_its_fault(const struct error *err)
{
	return err->code == ERR_NETWORK || err->code == ERR_SOURCE ||
	       err->code == ERR_AUTH || err->code == ERR_DAMAGED;
}

/* A mirror need not have everything; one that cannot be reached is not tried again. */
static void
pass_over(struct host *host, struct error *err)
{
	if (err->code == ERR_SOURCE) {
		event_debug("http", "mirror %s: %s", host->name, err->text);
		error_clear(err);
		return;
	}
	host->down = true;
	event_warn_error(0, err, "mirror %s is left out", host->name);
}

static void
hurry(struct call *call)
{
	if (call->retries > MIRROR_RETRIES)
		call->retries = MIRROR_RETRIES;
	if (call->timeout_s > MIRROR_TIMEOUT_S)
		call->timeout_s = MIRROR_TIMEOUT_S;
}

int
endpoint_each(struct registry *reg, const struct reference *ref, const char *actions,
              endpoint_fn *fn, void *arg, struct error *err)
{
	auto_endpoints struct endpoints all = { 0 };
	bool to_pull = strcmp(actions, "pull") == 0;

	if (curl_lazy_load(err) < 0)
		return -1;
	if (mirrors_find(reg->mirrors, ref->host, ref->repo, to_pull, ref->digest != NULL,
	                 &all, err) < 0)
		return -1;
	for (size_t i = 0;; i++) {
		const struct endpoint *e = &all.list.at[i];
		struct call call;

		if (call_init(&call, reg, e->host, e->repo, actions, err) < 0)
			return -1;
		if (e->is_mirror && call.host->down)
			continue;
		if (e->is_mirror)
			hurry(&call);
		if (fn(arg, &call, err) == 0)
			return 0;
		if (!e->is_mirror || !is_its_fault(err))
			return -1;
		pass_over(call.host, err);
	}
}
