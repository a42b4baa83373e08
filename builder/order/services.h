/*
 * services: the store, registry session, lazily made sandbox and secrets that
 * the steps of one build share. Internal to order.
 */
#ifndef BUILDER_ORDER_SERVICES_H
#define BUILDER_ORDER_SERVICES_H

#include <pthread.h>

#include "builder/order/order.h"
#include "builder/steps/steps.h"

struct services {
	const struct build_request *request;
	struct build_env env;
	struct store *store;
	struct registry *registry;
	struct sandbox *sandbox;
	struct failed_run *failed; /* the first one, with --on-error=shell */
	pthread_mutex_t sandbox_lock;
	bool engine_told;
	int lease_fd;
	struct left_out_list left_out;
	ARRAY(struct secret) secrets;
	ARRAY(char *) secret_texts; /* owned; wiped */
	ARRAY(struct ssh_agent) agents;
};

int
services_open(const struct build_request *request, struct services *s, struct error *err);

/* Runs a shell in the root of the failed run, in a sandbox that outlives the build. */
int services_shell(struct services *s, int terminal_fd, struct error *err);
void services_close(struct services *s);
#define auto_services __attribute__((cleanup(services_close)))

#endif
