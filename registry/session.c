#include "registry/session.h"

#include "base/base.h"
#include "base/http/retry.h"

#define DEFAULT_RETRIES   5
#define DEFAULT_TIMEOUT_S 60

#define HASTY_RETRIES     2
#define HASTY_TIMEOUT_S   15

static struct host *
host_of(void *arg, const char *name, struct error *err)
{
	return hosts_get(arg, name, err);
}

struct registry *
registry_new(const struct registry_options *options)
{
	struct registry *reg = mem_new(sizeof *reg);

	reg->cancel = options->cancel;
	reg->retries = options->retries == 0  ? DEFAULT_RETRIES
	               : options->retries < 0 ? 0
	                                      : options->retries;
	reg->timeout_s = options->timeout_s > 0 ? options->timeout_s : DEFAULT_TIMEOUT_S;
	if (options->retry_delay_ns > 0)
		retry_set_wait(options->retry_delay_ns);
	reg->mirrors = mirrors_new();
	for (size_t i = 0; i < options->n_mirrors; i++)
		mirrors_add(reg->mirrors, options->mirrors[i].prefix,
		            options->mirrors[i].location, options->mirrors_only);
	reg->hosts = hosts_new(options, reg->mirrors);
	reg->http = http_new(host_of, reg->hosts, reg->timeout_s, options->offline,
	                     reg->cancel);
	reg->auth = auth_new(reg->http, options->authfile, reg->retries, reg->timeout_s,
	                     reg->cancel);
	return reg;
}

void
registry_free(struct registry *reg)
{
	if (reg == NULL)
		return;
	auth_free(reg->auth);
	http_free(reg->http);
	hosts_free(reg->hosts);
	mirrors_free(reg->mirrors);
	free(reg);
}

void
registry_give(struct registry *reg, const char *host, const char *user,
              const char *password, const char *source)
{
	auto_credential struct credential given = CREDENTIAL_INIT;

	credential_set(&given, user, password, source);
	auth_give(reg->auth, host, &given);
}

struct registry *
registry_new_hasty(const struct registry *reg)
{
	struct registry *hasty = mem_new(sizeof *hasty);

	*hasty = *reg;
	if (hasty->retries > HASTY_RETRIES)
		hasty->retries = HASTY_RETRIES;
	if (hasty->timeout_s > HASTY_TIMEOUT_S)
		hasty->timeout_s = HASTY_TIMEOUT_S;
	return hasty;
}

void
registry_free_hasty(struct registry *hasty)
{
	free(hasty);
}
