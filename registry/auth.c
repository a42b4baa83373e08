#include "registry/auth.h"

#include <pthread.h>

#include "base/base.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/map.h"
#include "registry/challenge.h"
#include "registry/token.h"

/* How often a waiting thread looks whether all was cancelled. */
#define LOOK_NS (100 * NS_PER_MS)

/* The header of one scope at one host. */
struct grant {
	char *value;      /* "Bearer …", "Basic …", or NULL */
	int64_t renew_ns; /* monotonic; 0: lasts for the session */
	char *source;     /* of the credentials, or NULL: anonymous */
	bool busy;        /* a thread is fetching it */
};

struct auth {
	pthread_mutex_t lock;   /* guards the maps and what is in them */
	pthread_cond_t changed; /* some grant is no longer busy */
	struct map challenges;  /* host → struct challenge, replaced as a whole */
	struct map grants;      /* host, scope → struct grant, never removed */
	struct credentials *credentials;
	struct http *http;
	int retries, timeout_s;
	const struct cancel *cancel;
};

struct auth *
auth_new(struct http *http, const char *authfile, int retries, int timeout_s,
         const struct cancel *cancel)
{
	struct auth *auth = mem_new(sizeof *auth);

	pthread_cond_init(&auth->changed, NULL);
	pthread_mutex_init(&auth->lock, NULL);
	auth->credentials = credentials_new(authfile, cancel);
	auth->http = http;
	auth->retries = retries;
	auth->timeout_s = timeout_s;
	auth->cancel = cancel;
	return auth;
}

void
auth_give(struct auth *auth, const char *host, const struct credential *given)
{
	credentials_give(auth->credentials, host, given);
}

static void
wipe(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	for (size_t i = 0; i < auth->challenges.n; i++) {
		challenge_clear(auth->challenges.items[i].value);
		free(auth->challenges.items[i].value);
	}
	for (size_t i = 0; i < auth->grants.n; i++) {
		struct grant *g = auth->grants.items[i].value;

		wipe(&g->value);
		free(g->source);
		free(g);
	}
	map_clear(&auth->challenges);
	map_clear(&auth->grants);
	credentials_free(auth->credentials);
	pthread_cond_destroy(&auth->changed);
	pthread_mutex_destroy(&auth->lock);
	free(auth);
}

/* Under the lock; made on first use. */
static struct grant *
find_grant(struct auth *auth, const struct host *host, const struct scope *scope)
{
	auto_free char *key =
	        mem_print("%s\n%s\n%s\n%s", host->name, scope->repo, scope->actions,
	                  scope->mount_repo != NULL ? scope->mount_repo : "");
	struct grant *g = map_find(&auth->grants, text_of(key));

	if (g == NULL) {
		g = mem_new(sizeof *g);
		map_set(&auth->grants, text_of(key), g);
	}
	return g;
}

static void
copy_challenge(struct challenge *to, const struct challenge *from)
{
	*to = (struct challenge){
		.kind = from->kind,
		.realm = mem_copy(from->realm),
		.service = mem_copy(from->service),
		.scope = mem_copy(from->scope),
	};
}

static int
make_basic(const struct credential *c, struct grant *out, struct error *err)
{
	auto_free char *basic = NULL;

	if (c->user == NULL)
		return error_set(err, ERR_AUTH, "authentication is required");
	basic = basic_text(c);
	out->value = mem_print("Basic %s", basic);
	explicit_bzero(basic, strlen(basic));
	return 0;
}

/* The scopes of SCOPE, and what the challenge asks for beyond them. */
static int
make_bearer(struct auth *auth, const struct host *host, const struct scope *scope,
            const struct challenge *challenge, const struct credential *c,
            struct grant *out, struct error *err)
{
	auto_free char *own = mem_print("repository:%s:%s", scope->repo, scope->actions);
	auto_free char *mount = NULL;
	struct token_request request = {
		.challenge = challenge,
		.credential = c,
		.scopes = { own },
		.plain_allowed = host->scheme == HOST_HTTP,
		.retries = auth->retries,
		.timeout_s = auth->timeout_s,
		.cancel = auth->cancel,
	};
	struct token token = { 0 };
	size_t n = 1;
	const bool any_scope = strcmp(scope->actions, "login") != 0;

	if (c->registry_token != NULL) {
		out->value = mem_print("Bearer %s", c->registry_token);
		return 0;
	}
	if (!any_scope)
		request.scopes[n = 0] = NULL;
	if (scope->mount_repo != NULL && strcmp(scope->mount_repo, scope->repo) != 0) {
		mount = mem_print("repository:%s:pull", scope->mount_repo);
		request.scopes[n++] = mount;
	}
	if (any_scope && challenge->scope != NULL && *challenge->scope != '\0' &&
	    strncmp(challenge->scope, "repository:", 11) != 0)
		request.scopes[n++] = challenge->scope;
	if (token_fetch(auth->http, &request, &token, err) < 0)
		return -1;
	out->value = mem_print("Bearer %s", token.text);
	out->renew_ns = token.renew_ns;
	wipe(&token.text);
	return 0;
}

static int
make_with(struct auth *auth, const struct host *host, const struct scope *scope,
          const struct challenge *challenge, const struct credential *c,
          struct grant *out, struct error *err)
{
	return challenge->kind == CHALLENGE_BASIC
	               ? make_basic(c, out, err)
	               : make_bearer(auth, host, scope, challenge, c, out, err);
}

/* Public content needs no credentials: if they are unavailable or refused, try without.
 * If that fails too, ERR keeps the first error. */
static int
make_without(struct auth *auth, const struct host *host, const struct scope *scope,
             const struct challenge *challenge, struct grant *out, struct error *err)
{
	const struct credential nobody = CREDENTIAL_INIT;
	auto_error struct error ignored = ERROR_INIT;

	if (err->code != ERR_AUTH || strcmp(scope->actions, "pull") != 0 ||
	    challenge->kind != CHALLENGE_BEARER ||
	    make_with(auth, host, scope, challenge, &nobody, out, &ignored) < 0)
		return -1;
	event_warn_error(0, err, "%s/%s is accessed without credentials", host->name,
	                 scope->repo);
	return 0;
}

/* Without the lock: may ask a helper program and a token server. */
static int
make_grant(struct auth *auth, const struct host *host, const struct scope *scope,
           const struct challenge *challenge, struct grant *out, struct error *err)
{
	auto_credential struct credential c = CREDENTIAL_INIT;

	if (credentials_find(auth->credentials, host->name, scope->repo, &c, err) < 0)
		return make_without(auth, host, scope, challenge, out, err);
	out->source = mem_copy(c.source);
	if (make_with(auth, host, scope, challenge, &c, out, err) == 0)
		return 0;
	if (c.user == NULL && c.identity_token == NULL)
		return -1;
	return make_without(auth, host, scope, challenge, out, err);
}

/* Under the lock, which is given up while waiting. */
static int
wait_while_busy(struct auth *auth, const struct grant *g, struct error *err)
{
	while (g->busy) {
		clock_wait(&auth->changed, &auth->lock, LOOK_NS);
		if (cancel_check(auth->cancel, err) < 0)
			return -1;
	}
	return 0;
}

static bool
is_fresh(const struct grant *g)
{
	return g->value != NULL &&
	       (g->renew_ns == 0 || clock_monotonic_ns() < g->renew_ns);
}

/* Under the lock, which is given up while the grant is made. */
static int
renew(struct auth *auth, const struct host *host, const struct scope *scope,
      const struct challenge *known, struct grant *g, struct error *err)
{
	auto_challenge struct challenge challenge = CHALLENGE_INIT;
	struct grant made = { 0 };
	int rc;

	copy_challenge(&challenge, known);
	g->busy = true;
	pthread_mutex_unlock(&auth->lock);
	rc = make_grant(auth, host, scope, &challenge, &made, err);
	pthread_mutex_lock(&auth->lock);
	wipe(&g->value);
	free(g->source);
	*g = made;
	pthread_cond_broadcast(&auth->changed);
	return rc;
}

int
auth_get(struct auth *auth, const struct host *host, const struct scope *scope,
         char **out, struct error *err)
{
	const struct challenge *challenge;
	struct grant *g;
	int rc = 0;

	*out = NULL;
	pthread_mutex_lock(&auth->lock);
	challenge = map_find(&auth->challenges, text_of(host->name));
	if (challenge != NULL) {
		g = find_grant(auth, host, scope);
		rc = wait_while_busy(auth, g, err);
		/* A thread that waited looks again, because the grant may have changed
		 * meanwhile. */
		challenge = map_find(&auth->challenges, text_of(host->name));
		if (rc == 0 && !is_fresh(g))
			rc = renew(auth, host, scope, challenge, g, err);
		if (rc == 0)
			*out = mem_copy(g->value);
	}
	pthread_mutex_unlock(&auth->lock);
	return rc;
}

/* Under the lock. */
static void
learn(struct auth *auth, const struct host *host, struct challenge *seen)
{
	struct challenge *known = map_find(&auth->challenges, text_of(host->name));

	if (known == NULL) {
		known = mem_new(sizeof *known);
		map_set(&auth->challenges, text_of(host->name), known);
	}
	challenge_clear(known);
	*known = *seen;
	*seen = (struct challenge)CHALLENGE_INIT;
}

int
auth_refused(struct auth *auth, const struct host *host, const struct scope *scope,
             const char *used, const struct http_response *response)
{
	auto_challenge struct challenge seen = CHALLENGE_INIT;
	struct grant *g;
	bool lasting;

	challenge_of(&seen, response);
	if (seen.kind == CHALLENGE_NONE)
		return 0;
	/* A password that was refused once is refused again, and a new token would
	 * have no more rights than the one that had too few. */
	lasting = used != NULL &&
	          ((strncmp(used, "Basic ", 6) == 0 && seen.kind == CHALLENGE_BASIC) ||
	           (seen.error != NULL && strcmp(seen.error, "insufficient_scope") == 0));
	pthread_mutex_lock(&auth->lock);
	learn(auth, host, &seen);
	g = find_grant(auth, host, scope);
	if (!lasting && !g->busy && g->value != NULL && used != NULL &&
	    strcmp(g->value, used) == 0)
		wipe(&g->value);
	pthread_mutex_unlock(&auth->lock);
	return lasting ? 0 : 1;
}

char *
auth_source(struct auth *auth, const struct host *host, const struct scope *scope)
{
	char *source;

	pthread_mutex_lock(&auth->lock);
	source = mem_copy(find_grant(auth, host, scope)->source);
	pthread_mutex_unlock(&auth->lock);
	return source;
}
