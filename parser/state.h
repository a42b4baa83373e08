/*
 * state: the image as it would be after the instructions so far; see planner.h.
 */
#ifndef PARSER_STATE_H
#define PARSER_STATE_H

#include "parser/config.h"
#include "parser/planner.h"
#include "parser/step.h"

void state_init(struct state *s);
void state_clear(struct state *s);

/* Starts from a base image's configuration, or from nothing (NULL). */
void state_from_image(struct state *s, struct arena *arena, const struct config *config);

/* Starts with the final state of another stage. TAKES: no other stage needs FROM's
 * variables, so they are moved, not copied. */
void state_from_stage(struct state *s, struct state *from, bool takes);

/* Adds PATH if it is missing, and makes the environment of the configuration visible. */
void state_begin(struct state *s);

/* The environment as an array that steps share until it changes. */
void
state_env_list(struct state *s, struct arena *arena, struct variable **list, size_t *n);

/* Sets a variable; it is part of the image only if IN_IMAGE. Both texts are
 * NUL-terminated and live as long as the plan. */
void state_set_env(struct state *s, struct text name, struct text value, bool in_image);

/* Adds a history entry; STEP made its layer, or STEP_NONE. */
void state_add_history(struct state *s, struct arena *arena, struct text created_by,
                       step_id step);

/* The working directory; "/" if the image names none. */
struct text state_workdir(const struct state *s);

/* The configuration with all its lists, in ARENA. */
void state_config(const struct state *s, struct arena *arena, struct config *out);

#endif
