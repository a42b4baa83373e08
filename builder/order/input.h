/*
 * input: what a build reads before planning: the Dockerfile, the context
 * directory and the ignore file. Internal to order.
 */
#ifndef BUILDER_ORDER_INPUT_H
#define BUILDER_ORDER_INPUT_H

#include "base/array.h"
#include "builder/order/order.h"
#include "builder/order/remote.h"
#include "builder/steps/steps.h"
#include "parser/ignore.h"

struct build_input {
	struct buf dockerfile; /* its bytes */
	char *name;            /* as shown: "Dockerfile" */
	ARRAY(struct local_context)
	contexts;                       /* main first (if there is one), then named */
	ARRAY(struct ignore *) ignores; /* owned */
	ARRAY(char *) texts;            /* owned */
	const struct ignore *main_ignore;
	int64_t context_time; /* of a remote main context, seconds; else -1 */
};

/* Reads everything that REQUEST names; uses REMOTE for remote contexts. Unpacks contexts
 * from archives into the store's tmp. */
int build_input_read(const struct build_request *request, const struct remote *remote,
                     struct build_input *out, struct error *err);
/* The value of a build argument; p NULL: not given. */
struct text build_input_arg(const struct build_request *request, const char *name);

/* The store and the directory LOG_DIR_FD (0: none) can be left out of a context, but not be
 * one. */
int build_input_check(const struct build_input *in, const struct store *store,
                      int log_dir_fd, struct error *err);

void build_input_clear(struct build_input *in);
#define auto_build_input __attribute__((cleanup(build_input_clear)))

#endif
