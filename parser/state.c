#include "parser/state.h"

#include "base/base.h"
#include "parser/plan.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Copies the elements of FROM to TO, an array of a config, in ARENA. */
#define KEEP(arena, to, from)                                                            \
	do {                                                                             \
		(to)->n = (to)->cap = (from)->n;                                         \
		(to)->at = NULL;                                                         \
		if ((from)->n > 0)                                                       \
			(to)->at = memcpy(                                               \
			        arena_alloc_n(arena, (from)->n, sizeof *(to)->at),       \
			        (from)->at, (from)->n * sizeof *(to)->at);               \
	} while (0)

void
state_init(struct state *s)
{
	*s = (struct state){ .step = STEP_NONE, .origin = STEP_NONE };
}

void
state_clear(struct state *s)
{
	variables_clear(&s->env);
	variables_clear(&s->args);
	variables_clear(&s->config_env);
	variables_clear(&s->labels);
	variables_clear(&s->ports);
	variables_clear(&s->volumes);
}

static void
put_all(struct variables *to, const struct variable *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		variables_put(to, list[i].name, list[i].value);
}

/* The planner handles triggers: they are run, not kept. */
void
state_from_image(struct state *s, struct arena *arena, const struct config *config)
{
	static const struct config nothing = { .workdir = { "/", 1 } };
	const struct config *from = config == NULL ? &nothing : config;

	s->config = *from;
	s->config.env.n = s->config.labels.n = 0;
	s->config.ports.n = s->config.volumes.n = 0;
	KEEP(arena, &s->config.entrypoint, &from->entrypoint);
	KEEP(arena, &s->config.cmd, &from->cmd);
	KEEP(arena, &s->config.shell, &from->shell);
	KEEP(arena, &s->config.health.test, &from->health.test);
	s->config.onbuild.at = NULL;
	s->config.onbuild.n = s->config.onbuild.cap = 0;
	put_all(&s->config_env, from->env.at, from->env.n);
	put_all(&s->labels, from->labels.at, from->labels.n);
	for (size_t i = 0; i < from->ports.n; i++)
		variables_put(&s->ports, from->ports.at[i], TEXT(""));
	for (size_t i = 0; i < from->volumes.n; i++)
		variables_put(&s->volumes, from->volumes.at[i], TEXT(""));
}

/* Each of thousands of stages may inherit everything from those before it, so the last
 * heir (TAKES) moves the variables instead of copying them. */
static void
pass_on(struct variables *to, struct variables *from, bool takes)
{
	if (takes) {
		*to = *from;
		*from = (struct variables){ 0 };
	} else {
		variables_copy(to, from);
	}
}

/* ONBUILD triggers of FROM run in the new stage; it does not inherit them. */
void
state_from_stage(struct state *s, struct state *from, bool takes)
{
	s->step = from->step;
	s->origin = from->origin;
	s->config = from->config;
	s->config.onbuild.at = NULL;
	s->config.onbuild.n = s->config.onbuild.cap = 0;
	s->history = from->history;
	s->workdir_set = from->workdir_set;
	s->env_list = from->env_list;
	s->n_env_list = from->n_env_list;
	pass_on(&s->env, &from->env, takes);
	pass_on(&s->args, &from->args, takes);
	pass_on(&s->config_env, &from->config_env, takes);
	pass_on(&s->labels, &from->labels, takes);
	pass_on(&s->ports, &from->ports, takes);
	pass_on(&s->volumes, &from->volumes, takes);
}

void
state_begin(struct state *s)
{
	struct text path;

	if (!variables_find(&s->config_env, TEXT("PATH"), &path))
		variables_put(&s->config_env, TEXT("PATH"), TEXT(DEFAULT_PATH));
	/* In a stage built on another one, they win over values that ARG set there. */
	for (size_t i = 0; i < s->config_env.list.n; i++)
		variables_append(&s->env, s->config_env.list.at[i].name,
		                 s->config_env.list.at[i].value);
	s->env_list = NULL;
}

void
state_env_list(struct state *s, struct arena *arena, struct variable **list, size_t *n)
{
	if (s->env_list == NULL)
		s->env_list = variables_list(&s->env, arena, &s->n_env_list);
	*list = s->env_list;
	*n = s->n_env_list;
}

void
state_set_env(struct state *s, struct text name, struct text value, bool in_image)
{
	variables_append(&s->env, name, value);
	if (in_image)
		variables_put(&s->config_env, name, value);
	s->env_list = NULL;
}

void
state_add_history(struct state *s, struct arena *arena, struct text created_by,
                  step_id step)
{
	struct history_chain *entry = arena_alloc(arena, sizeof *entry);

	entry->entry = (struct history){ created_by, step };
	entry->before = s->history;
	entry->n = s->history == NULL ? 1 : s->history->n + 1;
	s->history = entry;
}

struct text
state_workdir(const struct state *s)
{
	return s->config.workdir.n == 0 ? TEXT("/") : s->config.workdir;
}

void
state_config(const struct state *s, struct arena *arena, struct config *out)
{
	*out = s->config;
	out->env.at = variables_list(&s->config_env, arena, &out->env.n);
	out->labels.at = variables_list(&s->labels, arena, &out->labels.n);
	out->ports.at = variables_names(&s->ports, arena, &out->ports.n);
	out->volumes.at = variables_names(&s->volumes, arena, &out->volumes.n);
	out->env.cap = out->env.n;
	out->labels.cap = out->labels.n;
	out->ports.cap = out->ports.n;
	out->volumes.cap = out->volumes.n;
}
