/*
 * config: an image's configuration for running it.
 */
#ifndef PARSER_CONFIG_H
#define PARSER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"
#include "base/mem.h"
#include "base/text.h"

/* An environment variable, label, argument …: NAME=value. */
struct variable {
	struct text name, value;
};

/* HEALTHCHECK: durations in nanoseconds, 0 = not given. */
struct health {
	bool none;
	bool json; /* CMD ["…"]: test is a list, else one text */
	ARRAY(struct text)
	test; /* in an image's config CMD, CMD-SHELL or NONE comes first */
	int64_t interval, timeout, start_period, start_interval;
	int64_t retries;
};

/* The execution part of an image config, OCI image-spec config.md plus
 * Docker's Healthcheck, OnBuild, Shell. Text is NUL-terminated. */
struct config {
	ARRAY(struct variable) env; /* order kept */
	ARRAY(struct text) entrypoint, cmd, shell, onbuild;
	bool has_entrypoint, has_cmd, has_shell; /* false: key absent */
	bool args_escaped;
	ARRAY(struct variable) labels;                  /* set order */
	ARRAY(struct text) ports, volumes;              /* "80/tcp", "/data" */
	struct text user, workdir, stop_signal, author; /* p NULL: absent */
	struct health health;
	bool has_health;
};

void config_copy(struct arena *arena, struct config *to, const struct config *from);
void config_clear(struct config *c); /* the arrays; texts belong to arenas */

#endif
