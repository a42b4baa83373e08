#include "parser/config.h"

#include "base/base.h"

#define COPY_TEXTS(arena, to, from)                                                      \
	do {                                                                             \
		for (size_t i_ = 0; i_ < (from)->n; i_++)                                \
			array_push(to, arena_text(arena, (from)->at[i_]));               \
	} while (0)

#define COPY_VARIABLES(arena, to, from)                                                  \
	do {                                                                             \
		for (size_t i_ = 0; i_ < (from)->n; i_++)                                \
			array_push(to, ((struct variable){                               \
			                       arena_text(arena, (from)->at[i_].name),   \
			                       arena_text(arena, (from)->at[i_].value),  \
			               }));                                              \
	} while (0)

static struct text
copy_text(struct arena *arena, struct text t)
{
	return t.p == NULL ? t : arena_text(arena, t);
}

void
config_copy(struct arena *arena, struct config *to, const struct config *from)
{
	*to = (struct config){
		.has_entrypoint = from->has_entrypoint,
		.has_cmd = from->has_cmd,
		.has_shell = from->has_shell,
		.args_escaped = from->args_escaped,
		.user = copy_text(arena, from->user),
		.workdir = copy_text(arena, from->workdir),
		.stop_signal = copy_text(arena, from->stop_signal),
		.author = copy_text(arena, from->author),
		.has_health = from->has_health,
		.health = {
			.none = from->health.none,
			.json = from->health.json,
			.interval = from->health.interval,
			.timeout = from->health.timeout,
			.start_period = from->health.start_period,
			.start_interval = from->health.start_interval,
			.retries = from->health.retries,
		},
	};
	COPY_VARIABLES(arena, &to->env, &from->env);
	COPY_VARIABLES(arena, &to->labels, &from->labels);
	COPY_TEXTS(arena, &to->entrypoint, &from->entrypoint);
	COPY_TEXTS(arena, &to->cmd, &from->cmd);
	COPY_TEXTS(arena, &to->shell, &from->shell);
	COPY_TEXTS(arena, &to->onbuild, &from->onbuild);
	COPY_TEXTS(arena, &to->ports, &from->ports);
	COPY_TEXTS(arena, &to->volumes, &from->volumes);
	COPY_TEXTS(arena, &to->health.test, &from->health.test);
}

void
config_clear(struct config *c)
{
	array_clear(&c->env);
	array_clear(&c->labels);
	array_clear(&c->entrypoint);
	array_clear(&c->cmd);
	array_clear(&c->shell);
	array_clear(&c->onbuild);
	array_clear(&c->ports);
	array_clear(&c->volumes);
	array_clear(&c->health.test);
	*c = (struct config){ 0 };
}
